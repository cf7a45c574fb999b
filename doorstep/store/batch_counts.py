"""How far a batch is, counted from its rows: there is no second place that could say something else."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Boolean, ColumnElement, and_, func, literal_column, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.batches import Counts, RowResult
from doorstep.domain.messages import Message
from doorstep.store import tables as t

r = t.batch_rows.c


def _number(*holds: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count().filter(and_(*holds))


_COUNTED = select(
    r.batch_id,
    func.count(),
    *(_number(r.checked == result) for result in RowResult),
    _number(r.checked.is_(None), r.attempts > 0),
    *(_number(r.result == result) for result in RowResult),
    _number(r.checked.is_not(None), r.result.is_(None), r.attempts > 0),
).group_by(r.batch_id)


async def counts_of(tx: AsyncConnection, batch_ids: Sequence[UUID]) -> dict[UUID, tuple[Counts, Counts]]:
    """What the rehearsal said of the rows of each batch, and what became of them."""
    found: dict[UUID, tuple[Counts, Counts]] = dict.fromkeys(batch_ids, (Counts(), Counts()))
    for row in await tx.execute(_COUNTED.where(r.batch_id.in_(batch_ids))):
        identifier, rows, *numbers = row
        found[identifier] = (Counts(rows, *numbers[:4]), Counts(rows, *numbers[4:]))
    return found


# Both states spelled as the partial index has them: parameters in their place would leave the index aside.
_UNSENT = literal_column("deliveries.status IN ('queued', 'deferred')", Boolean)
PUT_OFF = timedelta(hours=1)


async def unsent(tx: AsyncConnection, batch_id: UUID) -> int:
    """Invitations of the batch whose first message is not handed over yet; one put off for an hour counts no more.

    A mail server that takes nothing stops the batch; one that puts some addresses off for hours does not.
    """
    d, i = t.deliveries.c, t.invitations.c
    is_fresh = or_(d.status == "queued", d.created_at > func.now() - PUT_OFF)
    joined = t.deliveries.join(t.invitations, i.id == d.subject_id)
    query = select(func.count()).select_from(joined)
    query = query.where(i.batch_id == batch_id, d.message == Message.INVITATION, _UNSENT, is_fresh)
    count: int = (await tx.execute(query)).scalar_one()
    return count


async def fewest_attempts(tx: AsyncConnection, batch_id: UUID, *, is_checking: bool) -> int:
    """How often the row that was tried least was tried, of those that nobody could look at or invite; 0 without any."""
    is_open = r.checked.is_(None) if is_checking else r.result.is_(None)
    query = select(func.coalesce(func.min(r.attempts), 0)).where(r.batch_id == batch_id, is_open)
    fewest: int = (await tx.execute(query)).scalar_one()
    return fewest
