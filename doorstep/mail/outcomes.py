"""What an attempt to hand a mail over came to: the errors of a mail server, sorted by who can do something about them.

The words of the server stay behind here: they often repeat the address.
"""

import ssl
from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from aiosmtplib import SMTPConnectError, SMTPNotSupported, SMTPResponseException, SMTPServerDisconnected

from doorstep.domain.messages import Handover, HandoverResult


class Cause(StrEnum):
    """The stable words of `HandoverResult.cause`, and of `Report.cause` with the last two beside them."""

    UNREACHABLE = "unreachable"
    CONNECTION_LOST = "connection_lost"
    TIMED_OUT = "timed_out"
    TRY_LATER = "try_later"
    BAD_REPLY = "bad_reply"
    GREETING_REFUSED = "greeting_refused"
    TLS_FAILED = "tls_failed"
    SIGN_IN_REFUSED = "sign_in_refused"
    SENDER_REFUSED = "sender_refused"
    ADDRESS_REFUSED = "address_refused"
    MESSAGE_REFUSED = "message_refused"
    TOO_LARGE = "too_large"
    UTF8_NOT_SUPPORTED = "utf8_not_supported"
    MAILBOX_FULL = "mailbox_full"
    GIVEN_UP = "given_up"


OPERATOR_FAULTS = frozenset({Cause.GREETING_REFUSED, Cause.TLS_FAILED, Cause.SIGN_IN_REFUSED, Cause.SENDER_REFUSED})
"""Causes that no invitee can do anything about; whoever runs Doorstep has to (F13)."""


class Step(Enum):
    """How far an attempt has come."""

    CONNECT = auto()
    TLS = auto()
    SIGN_IN = auto()
    SENDER = auto()
    RECIPIENT = auto()
    CONTENT = auto()
    ANSWER = auto()  # the end of the content is sent: from here on the server may have taken the mail


@dataclass
class Attempt:
    """One attempt on its way; the step is what an error is judged by."""

    step: Step = Step.CONNECT


SIGN_IN_CODES = frozenset({530, 534, 535, 538})
TOO_LARGE_CODE = 552
_REFUSED_AT = {
    Step.CONNECT: Cause.GREETING_REFUSED,
    Step.TLS: Cause.TLS_FAILED,
    Step.SIGN_IN: Cause.SIGN_IN_REFUSED,
    Step.SENDER: Cause.SENDER_REFUSED,
    Step.RECIPIENT: Cause.ADDRESS_REFUSED,
    Step.CONTENT: Cause.MESSAGE_REFUSED,
    Step.ANSWER: Cause.MESSAGE_REFUSED,
}
_BEFORE_THE_RECIPIENT = frozenset({Step.CONNECT, Step.TLS, Step.SIGN_IN, Step.SENDER})


def outcome(error: Exception, step: Step) -> HandoverResult:
    """The result that an error at a step stands for."""
    if isinstance(error, SMTPResponseException) and error.code > 0:
        return _by_reply(error.code, step)
    if isinstance(error, SMTPNotSupported):
        return HandoverResult(Handover.REFUSED, Cause.UTF8_NOT_SUPPORTED)
    # Lost after the end of the content: the mail may be with the server, and RFC 1047 knows no way to find out (F15).
    kind = Handover.UNKNOWN if step is Step.ANSWER else Handover.DEFERRED
    return HandoverResult(kind, _cause(error, step))


def _by_reply(code: int, step: Step) -> HandoverResult:
    if code in SIGN_IN_CODES:
        return HandoverResult(Handover.DEFERRED, Cause.SIGN_IN_REFUSED, code)
    if step is Step.TLS:
        return HandoverResult(Handover.DEFERRED, Cause.TLS_FAILED, code)
    match code // 100:
        case 4:
            return HandoverResult(Handover.DEFERRED, Cause.TRY_LATER, code)
        case 5:
            # At the recipient 552 says that their mailbox is full; everywhere else that the mail is too big.
            is_too_large = code == TOO_LARGE_CODE and step is not Step.RECIPIENT
            # What is refused before anybody is named is no fault of theirs: a wrong sender bounces nobody (F13).
            kind = Handover.DEFERRED if step in _BEFORE_THE_RECIPIENT and not is_too_large else Handover.REFUSED
            return HandoverResult(kind, Cause.TOO_LARGE if is_too_large else _REFUSED_AT[step], code)
    kind = Handover.UNKNOWN if step is Step.ANSWER else Handover.DEFERRED
    return HandoverResult(kind, Cause.BAD_REPLY, code)


def _cause(error: Exception, step: Step) -> Cause:
    if isinstance(error, TimeoutError):
        return Cause.TIMED_OUT
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
        return Cause.TLS_FAILED
    if isinstance(error, SMTPConnectError):
        return Cause.UNREACHABLE
    if isinstance(error, (SMTPServerDisconnected, OSError)):
        return Cause.CONNECTION_LOST
    if isinstance(error, SMTPResponseException):  # no code: what came was no answer of a mail server
        return Cause.BAD_REPLY
    return _REFUSED_AT[step]
