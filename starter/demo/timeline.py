"""The timeline of an invitation: who did what, when; read from the audit and the deliveries, not from the script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.events import Event
from doorstep.domain.invitation import Delivery, Invitation
from doorstep.store import audit
from doorstep.store.audit import AuditEntry
from doorstep.store.engine import transact
from starter.commands.printing import iso, plain, table
from starter.demo.stage import Stage

WORDS: Mapping[str, str] = {
    Event.CREATED: "invites",
    Event.RELEASED: "sends the draft",
    Event.REMINDED: "reminds of the link",
    Event.SET_UP: "sets up a user",
    Event.EXPIRED: "lets the link expire",
    Event.RESENT: "sends a new link",
    Event.APPROVED: "approves",
    Event.REJECTED: "rejects",
    Event.ACTIVATED: "activates the account",
    Event.SIGNED_IN: "signs in",
    Event.SIGN_IN_REFUSED: "tries to sign in, too early",
}
THROUGH = {
    "page": "a page",
    "temporal": "the Temporal CLI",
    "clock": "a timer",
    "api": "the API",
    "cli": "the command line",
}
TOLD_BY_DELIVERIES = frozenset({Event.SENT})


@dataclass(frozen=True)
class Moment:
    """One line: when by the invitation's own clock, who, what, and through which door."""

    at: datetime
    who: str
    what: str
    through: str


async def moments(stage: Stage, invitation: Invitation) -> list[Moment]:
    """Everything that happened to an invitation and its user, in order."""
    entries = [*await stage.doorstep.audit(invitation.id), *await _of_user(stage, invitation.user_id)]
    skips = stage.skips.get(invitation.id, [])
    found = [_event(each, invitation, skips) for each in entries if each.event not in TOLD_BY_DELIVERIES]
    found += [_mail(each) for each in invitation.deliveries if each.sent_at is not None]
    return sorted(found, key=lambda moment: moment.at)


async def _of_user(stage: Stage, user_id: UUID | None) -> Sequence[AuditEntry]:
    if user_id is None:
        return ()
    subject = user_id

    async def work(tx: AsyncConnection) -> Sequence[AuditEntry]:
        return await audit.entries(tx, subject)

    return await transact(stage.doorstep.engine, work)


def _event(entry: AuditEntry, invitation: Invitation, skips: Sequence[tuple[datetime, timedelta]]) -> Moment:
    # The rows of an invitation move back when its time is skipped; the audit never changes, so its lines move here.
    at = entry.at - sum((by for skipped_at, by in skips if entry.at < skipped_at), timedelta(0))
    what = f"is refused: {entry.code}" if entry.event == Event.REFUSED else WORDS.get(entry.event, entry.event)
    return Moment(at, _who(entry, invitation), f"{what}{_reason(entry, invitation)}", THROUGH.get(entry.via, entry.via))


def _who(entry: AuditEntry, invitation: Invitation) -> str:
    if entry.via == "clock":
        return "Doorstep"
    return invitation.name if entry.via == "page" else entry.actor


def _reason(entry: AuditEntry, invitation: Invitation) -> str:
    if entry.event == Event.CREATED:
        return f" {invitation.name} to account {', '.join(each.code for each in invitation.accounts)}"
    is_decision = entry.event in (Event.APPROVED, Event.REJECTED)
    return f": {invitation.decision_note}" if is_decision and invitation.decision_note else ""


def _mail(delivery: Delivery) -> Moment:
    at = delivery.sent_at or delivery.created_at
    return Moment(at, "Doorstep", f"mails {delivery.message} to {delivery.recipient}", "the mail server")


def drawn(invitation: Invitation, lines: Sequence[Moment]) -> Table:
    """The timeline of one invitation as a table."""
    begin = lines[0].at
    rows = [(elapsed(each.at - begin), each.who, each.what, each.through) for each in lines]
    title = f"\n{invitation.name}: {invitation.state} ({invitation.workflow_id})"
    return table(("after", "who", "does what", "through"), rows, title=plain(title))


def as_data(invitation: Invitation, lines: Sequence[Moment]) -> dict[str, object]:
    """The same for a script."""
    events = [{"at": iso(each.at), "who": each.who, "what": each.what, "through": each.through} for each in lines]
    return {"id": str(invitation.id), "name": invitation.name, "state": invitation.state.value, "timeline": events}


def elapsed(span: timedelta) -> str:
    """`0.4 s`, `12 h`, `24 h 01 min`: as exact as anybody cares for."""
    seconds = span.total_seconds()
    minutes = int(seconds // 60)
    if minutes == 0:
        return f"{seconds:.1f} s"
    hours, rest = divmod(minutes, 60)
    return " ".join([*([f"{hours} h"] if hours else []), *([f"{rest:02} min"] if rest else [])])
