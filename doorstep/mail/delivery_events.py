"""What a mail provider tells of our messages, in the one form that is documented (`docs/delivery-events.md`).

Pure, and never an error: each event is something to note, something that we have no use for, or not understood.
"""

import re
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from doorstep.domain.reports import Action, Complaint, Report, Taken
from doorstep.mail.report_status import verdict_of
from doorstep.mail.reports import delivery_in

LONGEST = 1000
_REPLY = re.compile(r"[245]\d\d")
_SOFT = "4"
_UNSAID = {Action.FAILED: "550", Action.DELAYED: "", Action.DELIVERED: ""}
"""What a provider means that names no code: of a bounce, that nobody has the address."""


class MailEvent(BaseModel):
    """One event as it was sent; fields that providers add are passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    message_id: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    event: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    type: Literal["hard", "soft"] | None = None
    code: Annotated[str, Field(max_length=LONGEST)] = ""
    at: AwareDatetime | None = None


def meaning_of(event: object) -> Report | Complaint | Taken:
    """What an event tells; or why it tells nothing: `malformed`, `ignored`, `unknown` (no message of ours)."""
    try:
        said = MailEvent.model_validate(event)
    except ValidationError:
        return Taken.MALFORMED
    kind = said.event.strip().lower()
    delivery = delivery_in(said.message_id.strip())
    if kind not in ("delivered", "deferred", "bounced", "complained"):
        return Taken.IGNORED
    if delivery is None:
        return Taken.UNKNOWN
    if kind == "complained":
        return Complaint(delivery, said.at)
    action = _action(kind, said)
    code = said.code.strip() or _UNSAID[action]
    verdict = verdict_of(action, code, f"smtp; {code}" if _REPLY.fullmatch(code) else "")
    cause = "" if verdict.cause is None else str(verdict.cause)
    return Report(delivery, action, verdict.status, verdict.is_permanent, cause, said.at)


def _action(kind: str, said: MailEvent) -> Action:
    """A bounce is final unless it is called soft; where it is not called anything, its code tells."""
    if kind == "delivered":
        return Action.DELIVERED
    is_soft = said.type == "soft" or (said.type is None and said.code.strip().startswith(_SOFT))
    return Action.DELAYED if kind == "deferred" or is_soft else Action.FAILED
