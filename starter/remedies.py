"""What helps where a message does not arrive: by its cause, whose job it is, and the commands for it.

The causes are the words of `doorstep.mail.outcomes` and `doorstep.text.outcomes`, and two of our own; a test holds
the two tables here to all of them. `{id}` and `{office}` stand for those of the invitation, `{template}` for the name
of the message's, `{setting}` for the setting that names the server.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from doorstep.domain.messages import Channel

DOCTOR = "doorstep doctor"
PREVIEW = "doorstep template preview {office} {template}"
LINK = "doorstep link {id}"
RESEND = "doorstep resend {id}"
READDRESS = "doorstep readdress {id} NEW_ADDRESS"

SERVER: Mapping[Channel, str] = {Channel.MAIL: "the mail server", Channel.TEXT: "the text service"}
SETTING: Mapping[Channel, str] = {Channel.MAIL: "DOORSTEP_SMTP_URL", Channel.TEXT: "DOORSTEP_TEXT_URL"}


@dataclass(frozen=True)
class Waiting:
    """Of a message that is tried again: what is the matter, who does what about it, and the commands for that."""

    matter: str
    remedy: str
    commands: tuple[str, ...] = (DOCTOR,)


_CHECK = "whoever runs Doorstep has to check {setting} and what stands behind it"
_BY_ITSELF = "that usually passes by itself"
WAITING: Mapping[str, Waiting] = {
    "unreachable": Waiting("it cannot be reached", _CHECK),
    "connection_lost": Waiting("it hangs up", _CHECK),
    "timed_out": Waiting("it does not answer in time", _CHECK),
    "bad_reply": Waiting("what answers there is another kind of server", _CHECK),
    "server_error": Waiting("it has a fault of its own", _BY_ITSELF),
    "try_later": Waiting("it asks for patience", _BY_ITSELF),
    "greeting_refused": Waiting(
        "it refuses us before anybody is named", "whoever runs Doorstep has to ask those who run it"
    ),
    "tls_failed": Waiting("no encrypted connection comes about", _CHECK),
    "sign_in_refused": Waiting(
        "it refuses our sign-in", "whoever runs Doorstep has to correct the credentials in {setting}"
    ),
    "sender_refused": Waiting(
        "it refuses our sender",
        "whoever runs Doorstep has to name one that it takes",
        ("doorstep office set {office} --sender ADDRESS", DOCTOR),
    ),
    "no_text_service": Waiting(
        "none is set up",
        "whoever runs Doorstep has to set {setting}, or send it to an e-mail address instead",
        (DOCTOR, READDRESS),
    ),
    "account_inactive": Waiting(
        "our account there is closed or out of funds", "whoever runs Doorstep has to see to it"
    ),
    "account_on_trial": Waiting(
        "our account there is on trial and reaches verified numbers alone", "whoever runs Doorstep has to upgrade it"
    ),
    "region_not_allowed": Waiting(
        "our account there may not send to this country", "whoever runs Doorstep has to allow the country there"
    ),
    "request_refused": Waiting("it refuses the request for a reason that we do not know", _CHECK),
    "link_key_missing": Waiting(
        "the key of its link is gone from DOORSTEP_LINK_KEYS",
        "whoever runs Doorstep puts it back and restarts the worker, or a new link is made",
        (DOCTOR, RESEND),
    ),
    "template_broken": Waiting(
        "its template cannot be filled in",
        "it goes out by itself once its text is mended, by the office if it wrote it, else by a deploy",
        (PREVIEW,),
    ),
}
NOT_TRIED = Waiting("it was not tried yet", "whoever runs Doorstep has to see that a worker runs")
UNKNOWN_END = Waiting("nobody knows how the last try ended", "it is tried again, with an identical copy")
OTHERWISE = Waiting("it does not take it", _CHECK)


class At(Enum):
    """What is at fault where a message was refused for good."""

    ADDRESS = auto()
    MESSAGE = auto()
    OPERATION = auto()


@dataclass(frozen=True)
class Refused:
    """Of a message that is not tried again: what the server did, and what is at fault."""

    deed: str
    at: At


REFUSED: Mapping[str, Refused] = {
    "address_refused": Refused("refused the address", At.ADDRESS),
    "number_refused": Refused("refused the number", At.ADDRESS),
    "opted_out": Refused("may not write to the number, whose owner answered STOP", At.ADDRESS),
    "utf8_not_supported": Refused("cannot carry an address with such letters", At.ADDRESS),
    "mailbox_full": Refused("found the mailbox full", At.ADDRESS),
    "not_reached": Refused("did not reach the phone", At.ADDRESS),
    "given_up": Refused("tried for days and gave up", At.ADDRESS),
    "message_refused": Refused("refused the message and not the address", At.MESSAGE),
    "too_large": Refused("found the message too large", At.MESSAGE),
}
REFUSED_OTHERWISE = Refused("refused it", At.ADDRESS)


def refused_by(cause: str) -> Refused:
    """What is behind a message that did not arrive; what the operator can mend is no fault of the address."""
    if cause in REFUSED:
        return REFUSED[cause]
    return Refused("took it and then lost it", At.OPERATION) if cause in WAITING else REFUSED_OTHERWISE
