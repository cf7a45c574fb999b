"""What a mail server reports later about a mail that it had taken: noted once, with what follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.events import Event
from doorstep.domain.invitation import Delivery, Invitation
from doorstep.domain.messages import LINK_MESSAGES, Channel, DeliveryStatus, Message
from doorstep.domain.reports import COMPLAINED, Action, Complaint, Report
from doorstep.domain.states import State
from doorstep.store import audit, handovers
from doorstep.store import tables as t
from doorstep.store.audit import CLOCK
from doorstep.store.failing_over import Means
from doorstep.store.loading import load
from doorstep.store.orders import change

d = t.deliveries.c
i = t.invitations.c
WAS_TAKEN = or_(d.status == DeliveryStatus.SENT, d.is_attempt_open)
_OVER = (State.REVOKED, State.DECLINED, State.ERASED)


@dataclass(frozen=True)
class Noted:
    """Whether a report told something new, and the invitation whose workflow has something to do now."""

    is_new: bool
    to_wake: Invitation | None = None


async def note(tx: AsyncConnection, means: Means, report: Report) -> Noted:
    """Note what became of the delivery; of an unknown one, and a second time, nothing is changed.

    A failure of the present generation has the effects of a refusal at the handing over (F12, S3.7). The end of the
    link does not move, because its 24 hours began when the mail left.
    """
    subject = await _subject_of(tx, report.delivery_id)
    if subject is None:
        return Noted(is_new=False)
    invitation = await load(tx, subject, for_update=True)  # first, so that locks are taken in one order everywhere
    if not await _change(tx, report):
        return Noted(is_new=False)
    if invitation is None or report.action is Action.DELAYED:
        return Noted(is_new=True)
    delivery = next(each for each in invitation.deliveries if each.id == report.delivery_id)
    if report.action is Action.DELIVERED:
        await arrived(tx, invitation.id, delivery.message)
        return Noted(is_new=True)
    return Noted(is_new=True, to_wake=invitation if await fail(tx, means, invitation, delivery, report) else None)


async def _subject_of(tx: AsyncConnection, delivery_id: UUID) -> UUID | None:
    subject: UUID | None = (await tx.execute(select(d.subject_id).where(d.id == delivery_id))).scalar_one_or_none()
    return subject


async def _change(tx: AsyncConnection, report: Report) -> bool:
    """The guarded statement: change the row of a mail that was handed over, unless it says so already."""
    guard: ColumnElement[bool]
    values: dict[str, object]
    match report.action:
        case Action.FAILED:
            # A server that passed the mail on, and said so, may hear later that the next one refused it.
            guard = or_(WAS_TAKEN, d.status == DeliveryStatus.DELIVERED)
            values = {"status": DeliveryStatus.BOUNCED, "cause": report.cause, "reply_code": None}
        case Action.DELIVERED:
            guard, values = WAS_TAKEN, {"cause": ""} | has_arrived(report.at)
        case Action.DELAYED:
            guard = and_(d.status == DeliveryStatus.SENT, d.cause != report.cause)
            values = {"cause": report.cause}
    return await _changed(tx, report.delivery_id, guard, values)


def has_arrived(at: datetime | ColumnElement[datetime] | None) -> dict[str, object]:
    """What the row of a delivery says that arrived; a moment before the handing over, or to come, is not believed."""
    since = func.coalesce(d.sent_at, d.handed_over_at)
    told = func.least(func.now(), func.greatest(since, func.coalesce(at, func.now())))
    return {
        "status": DeliveryStatus.DELIVERED,
        "sent_at": func.coalesce(d.sent_at, told),
        "delivered_at": func.coalesce(d.delivered_at, told),
    }


async def _changed(
    tx: AsyncConnection, delivery_id: UUID, guard: ColumnElement[bool], values: Mapping[str, object]
) -> bool:
    statement = update(t.deliveries).where(d.id == delivery_id, d.channel == Channel.MAIL, guard)
    # An attempt that nobody closed is closed by its report: no second copy goes out.
    return (await tx.execute(statement.values(is_attempt_open=False, **values))).rowcount == 1


async def arrived(tx: AsyncConnection, invitation_id: UUID, message: Message, code: str = "") -> None:
    """Record that a message of an invitation reached the person."""
    await audit.record(tx, Event.DELIVERED, CLOCK, subject_id=invitation_id, code=code, detail={"message": message})


async def note_complaint(tx: AsyncConnection, complaint: Complaint) -> Noted:
    """Note that somebody called a message unwanted: it arrived, its cause says what they said, nobody reminds them.

    The link stays: whoever said it may have meant something else, and "not me" is a button on its page.
    """
    subject = await _subject_of(tx, complaint.delivery_id)
    invitation = None if subject is None else await load(tx, subject, for_update=True)
    guard = or_(WAS_TAKEN, and_(d.status == DeliveryStatus.DELIVERED, d.cause != COMPLAINED))
    values = {"cause": COMPLAINED} | has_arrived(complaint.at)
    if not await _changed(tx, complaint.delivery_id, guard, values):
        return Noted(is_new=False)
    if invitation is None:
        return Noted(is_new=True)
    delivery = next(each for each in invitation.deliveries if each.id == complaint.delivery_id)
    await arrived(tx, invitation.id, delivery.message, COMPLAINED)
    is_quiet = await change(tx, invitation.id, frozenset({State.PENDING}), ~i.is_reminded, is_reminded=True)
    return Noted(is_new=True, to_wake=invitation if is_quiet else None)


async def fail(tx: AsyncConnection, means: Means, invitation: Invitation, delivery: Delivery, report: Report) -> bool:
    """Record the failure; True where it still matters, so that the workflow has to tell the inviter."""
    codes = {"status": report.status, "is_permanent": report.is_permanent}
    if not _matters(invitation, delivery):
        detail = {"message": delivery.message, **codes}
        await audit.record(tx, Event.BOUNCED, CLOCK, subject_id=invitation.id, code=report.cause, detail=detail)
        return False
    await handovers.note_bounce(tx, means, invitation, delivery, report.cause, **codes)
    return await change(tx, invitation.id, frozenset(State))


def _matters(invitation: Invitation, delivery: Delivery) -> bool:
    """False for an old link, and once nobody waits for the message any more."""
    if delivery.generation != invitation.generation:
        return False
    if delivery.message in LINK_MESSAGES:
        is_waiting = invitation.state in (State.PENDING, State.EXPIRED)
        return is_waiting and invitation.closed_at is None
    return invitation.state not in _OVER
