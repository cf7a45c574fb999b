"""What a mail server reports later about a mail that it had taken: noted once, with what follows from it."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.events import Event
from doorstep.domain.invitation import Delivery, Invitation
from doorstep.domain.messages import LINK_MESSAGES, Channel, DeliveryStatus
from doorstep.domain.reports import Action, Report
from doorstep.domain.states import State
from doorstep.store import audit, handovers
from doorstep.store import tables as t
from doorstep.store.audit import CLOCK
from doorstep.store.loading import load
from doorstep.store.orders import change

d = t.deliveries.c
_OVER = (State.REVOKED, State.DECLINED, State.ERASED)


@dataclass(frozen=True)
class Noted:
    """Whether a report told something new, and the invitation whose workflow has something to do now."""

    is_new: bool
    to_wake: Invitation | None = None


async def note(tx: AsyncConnection, report: Report) -> Noted:
    """Note what became of the delivery; of an unknown one, and a second time, nothing is changed.

    A failure of the present generation has the effects of a refusal at the handing over (F12, S3.7). The end of the
    link does not move, because its 24 hours began when the mail left.
    """
    subject = (await tx.execute(select(d.subject_id).where(d.id == report.delivery_id))).scalar_one_or_none()
    if subject is None:
        return Noted(is_new=False)
    invitation = await load(tx, subject, for_update=True)  # first, so that locks are taken in one order everywhere
    if not await _change(tx, report):
        return Noted(is_new=False)
    if invitation is None or report.action is not Action.FAILED:
        return Noted(is_new=True)
    delivery = next(each for each in invitation.deliveries if each.id == report.delivery_id)
    return Noted(is_new=True, to_wake=invitation if await fail(tx, invitation, delivery, report) else None)


async def _change(tx: AsyncConnection, report: Report) -> bool:
    """The guarded statement: change the row of a mail that was handed over, unless it says so already."""
    was_taken = or_(d.status == DeliveryStatus.SENT, d.is_attempt_open)
    guard: ColumnElement[bool]
    values: dict[str, object]
    match report.action:
        case Action.FAILED:
            # A server that passed the mail on, and said so, may hear later that the next one refused it.
            guard = or_(was_taken, d.status == DeliveryStatus.DELIVERED)
            values = {"status": DeliveryStatus.BOUNCED, "cause": report.cause, "reply_code": None}
        case Action.DELIVERED:
            guard = was_taken
            values = {"status": DeliveryStatus.DELIVERED, "cause": "", "sent_at": func.coalesce(d.sent_at, func.now())}
        case Action.DELAYED:
            guard = and_(d.status == DeliveryStatus.SENT, d.cause != report.cause)
            values = {"cause": report.cause}
    statement = update(t.deliveries).where(d.id == report.delivery_id, d.channel == Channel.MAIL, guard)
    # An attempt that nobody closed is closed by its report: no second copy goes out.
    return (await tx.execute(statement.values(is_attempt_open=False, **values))).rowcount == 1


async def fail(tx: AsyncConnection, invitation: Invitation, delivery: Delivery, report: Report) -> bool:
    """Record the failure; True where it still matters, so that the workflow has to tell the inviter."""
    codes = {"status": report.status, "is_permanent": report.is_permanent}
    if not _matters(invitation, delivery):
        detail = {"message": delivery.message, **codes}
        await audit.record(tx, Event.BOUNCED, CLOCK, subject_id=invitation.id, code=report.cause, detail=detail)
        return False
    await handovers.note_bounce(tx, invitation, delivery, report.cause, **codes)
    return await change(tx, invitation.id, frozenset(State))


def _matters(invitation: Invitation, delivery: Delivery) -> bool:
    """False for an old link, and once nobody waits for the message any more."""
    if delivery.generation != invitation.generation:
        return False
    if delivery.message in LINK_MESSAGES:
        is_waiting = invitation.state in (State.PENDING, State.EXPIRED)
        return is_waiting and invitation.closed_at is None
    return invitation.state not in _OVER
