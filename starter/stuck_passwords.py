"""Mail about passwords that waits, as `stuck` tells of it: which message, since when, and whose job it is."""

from doorstep.domain.messages import Channel, Message
from doorstep.store.stuck_passwords import WaitingMail
from starter import remedies
from starter.moments import on_the_clock
from starter.remedies import DOCTOR
from starter.troubles import Explanation, Kind, Trouble

NAMES = {
    Message.SET_PASSWORD: "the link to set a password",
    Message.PASSWORD_RESET: "the link to a new password",
    Message.PASSWORD_CHANGED: "the news of a changed password",
    Message.WELCOME: "the welcome of a new user",
    Message.STAFF_CODE_OFF: "the news of a one-time code that was turned off",
}
PREFIX = "password-link-"


def told(waiting: WaitingMail) -> Explanation:
    """Why it waits; it is the operator's business alone, so the moments are in UTC."""
    since = on_the_clock(waiting.since, "UTC")
    return Explanation(
        waiting.id,
        waiting.state,
        f"A request for a password waits since {since}.",
        troubles=(_trouble(waiting, since),),
        prefix=PREFIX,
    )


def _trouble(waiting: WaitingMail, since: str) -> Trouble:
    if not waiting.message:
        sentence = f"Nobody has looked at a request for a password of {since}; see that a worker runs."
        return Trouble(Kind.CHANGE_UNSEEN, sentence, (DOCTOR,))
    channel = Channel.MAIL if waiting.is_mail else Channel.TEXT
    found = _matter(waiting)
    what = NAMES.get(Message(waiting.message), "a mail that was asked for with a username")
    server = remedies.SERVER[channel]
    tried = f"tried {waiting.attempts} times" if waiting.attempts != 1 else "tried once"
    evidence = f" ({', '.join(filter(None, (waiting.cause, tried)))})" if waiting.attempts else ""
    remedy = found.remedy.format(setting=remedies.SETTING[channel])
    sentence = f"{server} has not taken {what} since {since}: {found.matter}{evidence}; {remedy}."
    return Trouble(Kind.MAIL_WAITING, sentence[0].upper() + sentence[1:], (DOCTOR,))


def _matter(waiting: WaitingMail) -> remedies.Waiting:
    if not waiting.attempts:
        return remedies.NOT_TRIED
    return remedies.WAITING.get(waiting.cause, remedies.OTHERWISE) if waiting.cause else remedies.UNKNOWN_END
