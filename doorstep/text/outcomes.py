"""What an attempt to hand a text over came to: the answers of the gateway, sorted by who can do something about them.

The words of the gateway stay behind here: they often repeat the number. Its numbers are Twilio's error codes. Twilio
adds codes without notice, so one that is not listed bounces nobody: it is the operator's until somebody has read it up.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from doorstep.domain.messages import Handover, HandoverResult


class Cause(StrEnum):
    """The stable words of `HandoverResult.cause`."""

    NO_TEXT_SERVICE = "no_text_service"
    UNREACHABLE = "unreachable"
    TLS_FAILED = "tls_failed"
    CONNECTION_LOST = "connection_lost"
    TIMED_OUT = "timed_out"
    TRY_LATER = "try_later"
    SERVER_ERROR = "server_error"
    BAD_REPLY = "bad_reply"
    SIGN_IN_REFUSED = "sign_in_refused"
    ACCOUNT_INACTIVE = "account_inactive"
    ACCOUNT_ON_TRIAL = "account_on_trial"
    SENDER_REFUSED = "sender_refused"
    REGION_NOT_ALLOWED = "region_not_allowed"
    REQUEST_REFUSED = "request_refused"
    NUMBER_REFUSED = "number_refused"
    OPTED_OUT = "opted_out"
    MESSAGE_REFUSED = "message_refused"
    NOT_REACHED = "not_reached"


OPERATOR_FAULTS = frozenset(
    {
        Cause.NO_TEXT_SERVICE,
        Cause.TLS_FAILED,
        Cause.SIGN_IN_REFUSED,
        Cause.ACCOUNT_INACTIVE,
        Cause.ACCOUNT_ON_TRIAL,
        Cause.SENDER_REFUSED,
        Cause.REGION_NOT_ALLOWED,
        Cause.REQUEST_REFUSED,
    }
)
"""Causes that no invitee can do anything about; whoever runs Doorstep has to (F13)."""

FINAL = frozenset({Cause.NUMBER_REFUSED, Cause.OPTED_OUT, Cause.MESSAGE_REFUSED})
"""Causes that no later attempt with the same number and words can mend (F12)."""

CODES: dict[int, Cause] = {
    # The number: no such one, none that takes texts, or ours.
    **dict.fromkeys((21211, 21214, 21217, 21265, 21266, 21407, 21604, 21614, 21635, 14101), Cause.NUMBER_REFUSED),
    **dict.fromkeys((30005, 30006, 30014), Cause.NUMBER_REFUSED),
    # Its owner answered STOP.
    21610: Cause.OPTED_OUT,
    # The words: empty, too long, or stopped by a filter. The copy would be the same.
    **dict.fromkeys((21602, 21605, 21617, 21618, 14103, 30007, 30019), Cause.MESSAGE_REFUSED),
    # Too many at once, here or at the carrier; or Twilio itself is in trouble.
    **dict.fromkeys((14107, 20429, 21611, 63017, 63018, 20503), Cause.TRY_LATER),
    **dict.fromkeys((30001, 30017, 30020, 30021, 30022, 30036, 30410), Cause.TRY_LATER),
    **dict.fromkeys((20003, 20006, 20008, 20403, 20404, 70051), Cause.SIGN_IN_REFUSED),
    **dict.fromkeys((10001, 20005, 30002, 63038, 90010), Cause.ACCOUNT_INACTIVE),
    # A trial account reaches nobody but the numbers it has verified.
    **dict.fromkeys((14111, 21219, 21608, 572005), Cause.ACCOUNT_ON_TRIAL),
    # The number or the service that we send from; for 21612 another sender reaches the same number.
    **dict.fromkeys(
        (14102, 14108, 21212, 21601, 21603, 21606, 21607, 21612, 21616, 21657, 21659), Cause.SENDER_REFUSED
    ),
    **dict.fromkeys((21660, 21701, 21702, 21703, 21704, 21705, 21708, 21709, 21711), Cause.SENDER_REFUSED),
    **dict.fromkeys((30018, 30023, 30024, 30027, 30032, 30033, 30034, 30035), Cause.SENDER_REFUSED),
    # Countries that the account is not allowed to send to, or that its guard against fraud has closed.
    **dict.fromkeys((21215, 21408, 30450), Cause.REGION_NOT_ALLOWED),
    # Switched off, out of reach, a full memory, a blocked sender: the carrier does not tell them apart.
    **dict.fromkeys((30003, 30004, 30008), Cause.NOT_REACHED),
}
"""What each of Twilio's error codes means to us, from the answers to a request and from the reports about a text."""

LATER = frozenset({429, 503})
"""The HTTP statuses that say no for now; the gateway has not taken the text."""

_BY_STATUS = {301: Cause.BAD_REPLY, 302: Cause.BAD_REPLY, 401: Cause.SIGN_IN_REFUSED, 403: Cause.SIGN_IN_REFUSED}


class Step(Enum):
    """How far an attempt has come."""

    CONNECT = auto()
    ANSWER = auto()  # the request is on its way: from here on the gateway may have taken the text


@dataclass
class Attempt:
    """One attempt on its way; the step is what an error is judged by."""

    step: Step = Step.CONNECT
    retry_after: float = 0.0


def by_answer(status: int, code: int | None) -> HandoverResult:
    """The result that a refusal stands for: the HTTP status, and Twilio's own code where it gave one."""
    if status in LATER:
        return HandoverResult(Handover.DEFERRED, Cause.TRY_LATER, code or status)
    if status >= 500:  # noqa: PLR2004 - HTTP: a fault of the server
        # It broke after it had the text in hand; whether the text went out before or after that, nobody can say.
        return HandoverResult(Handover.UNKNOWN, Cause.SERVER_ERROR, code or status)
    cause = CODES.get(code or 0, _BY_STATUS.get(status, Cause.REQUEST_REFUSED))
    return HandoverResult(Handover.REFUSED if cause in FINAL else Handover.DEFERRED, cause, code or status)


def by_loss(cause: Cause, step: Step) -> HandoverResult:
    """The result where no answer came: lost after the request, the text may be on its way (F15)."""
    kind = Handover.UNKNOWN if step is Step.ANSWER else Handover.DEFERRED
    return HandoverResult(kind, cause)
