"""The mail that tells the owner of a webhook that it was disabled."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.invitation import Delivery, Office
from doorstep.domain.messages import HandoverResult
from doorstep.store import deliveries, offices
from doorstep.store import tables as t

d = t.webhook_deliveries.c
w = t.webhooks.c


@dataclass(frozen=True)
class Notice:
    """An open attempt to tell the owner, and what there is to tell; `is_repeated`: a copy may be out already."""

    webhook_id: UUID
    office: Office
    url: str
    delivery: Delivery
    is_repeated: bool


async def open_notice(tx: AsyncConnection, delivery_id: UUID) -> Notice | None:
    """Open an attempt for the unsent mail that this delivery caused; None where there is none any more."""
    query = select(w.id, w.office, w.url).join(t.webhook_deliveries, d.webhook_id == w.id)
    # Locked, so that two runs of one workflow do not write the same mail at once.
    row = (await tx.execute(query.where(d.id == delivery_id).with_for_update(of=t.webhooks))).one_or_none()
    if row is None:
        return None
    found = await deliveries.of_subject(tx, row.id)
    unsent = [each for each in found if each.is_unsent and each.facts.get("delivery_id") == str(delivery_id)]
    opened = await deliveries.open_attempts(tx, unsent)
    if not opened:
        return None
    office = await offices.get(tx, row.office)
    return Notice(row.id, office, row.url, opened[0], unsent[0].is_attempt_open)


async def close_notice(tx: AsyncConnection, notice: Notice, result: HandoverResult) -> None:
    """Note how the attempt ended."""
    repeated = {notice.delivery.id} if notice.is_repeated else set()
    await deliveries.close_attempts(tx, {notice.delivery.id: result}, repeated=repeated)
