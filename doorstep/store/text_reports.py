"""What the text gateway reports later about a text that it had taken: noted once, with what follows from it (S0.17)."""

from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.messages import Channel, DeliveryStatus
from doorstep.domain.reports import Action, Report
from doorstep.store import returns
from doorstep.store import tables as t
from doorstep.store.failing_over import Means
from doorstep.store.loading import load
from doorstep.store.returns import Noted

d = t.deliveries.c
LOST = (DeliveryStatus.BOUNCED, DeliveryStatus.FAILED)


async def note(
    tx: AsyncConnection, means: Means, delivery_id: UUID, status: DeliveryStatus, cause: str, reply_code: int | None
) -> Noted:
    """Note how far a text got: `sent`, `delivered`, or lost with a cause; old news and unknown texts change nothing.

    Reports come in any order, and before the attempt itself is closed. One that was lost has the effects of a mail that
    came back (F12, S3.7), whoever lost it: nobody sends it a second time.
    """
    found = select(d.subject_id).where(d.id == delivery_id, d.channel == Channel.TEXT)
    subject = (await tx.execute(found)).scalar_one_or_none()
    if subject is None:
        return Noted(is_new=False)
    invitation = await load(tx, subject, for_update=True)  # first, so that locks are taken in one order everywhere
    if not await _change(tx, delivery_id, status, cause, reply_code):
        return Noted(is_new=False)
    if invitation is None or status is DeliveryStatus.SENT:
        return Noted(is_new=True)
    delivery = next(each for each in invitation.deliveries if each.id == delivery_id)
    if status not in LOST:
        await returns.arrived(tx, invitation.id, delivery.message)
        return Noted(is_new=True)
    code = "" if reply_code is None else str(reply_code)
    report = Report(delivery_id, Action.FAILED, code, status is DeliveryStatus.BOUNCED, cause)
    is_news = await returns.fail(tx, means, invitation, delivery, report)
    return Noted(is_new=True, to_wake=invitation if is_news else None)


async def _change(
    tx: AsyncConnection, delivery_id: UUID, status: DeliveryStatus, cause: str, reply_code: int | None
) -> bool:
    """The guarded statement: of a text on its way; the last word about it stays, so nothing goes back to sent."""
    is_sent = d.status == DeliveryStatus.SENT
    guard = d.is_attempt_open if status is DeliveryStatus.SENT else or_(is_sent, d.is_attempt_open)
    values: dict[str, object] = {"status": status, "cause": cause, "is_attempt_open": False}
    if status is DeliveryStatus.DELIVERED:
        values |= returns.has_arrived(None)
    else:
        values |= {"reply_code": reply_code} if status in LOST else {"sent_at": func.coalesce(d.sent_at, func.now())}
    # An attempt that nobody closed is closed by its report: no second copy goes out.
    statement = update(t.deliveries).where(d.id == delivery_id, guard)
    return (await tx.execute(statement.values(**values))).rowcount == 1
