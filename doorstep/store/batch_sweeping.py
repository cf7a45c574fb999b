"""What the sweep asks of batches: which of them no workflow works on, or has not heard what was said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.batches import KEPT_UNSTARTED, BatchState
from doorstep.store import tables as t

b = t.batches.c
AT_ONCE = 50
SILENT = timedelta(minutes=2)
"""Whoever works on a batch says so every few seconds; after this its workflow is taken for lost."""

PAUSE = timedelta(minutes=1)
"""Between two wakes of a workflow that does not hear, so that they do not fill its history."""


@dataclass(frozen=True)
class Behind:
    """A batch to start, or to wake where its workflow has not heard of the last change."""

    id: UUID
    office: str
    is_unheard: bool


async def behind(tx: AsyncConnection, *, older_than: timedelta) -> list[Behind]:
    """Batches that nobody works on; to start a workflow that runs already does nothing."""
    since = func.now() - b.changed_at
    is_unheard = b.seen_rev < b.rev
    is_lost = or_(
        and_(b.state.in_((BatchState.CHECKING, BatchState.RUNNING)), since > SILENT),
        and_(b.state == BatchState.CHECKED, since > KEPT_UNSTARTED + SILENT),
    )
    is_due = or_(and_(is_unheard, since >= older_than), is_lost)
    is_quiet = or_(b.woken_at.is_(None), b.woken_at < b.changed_at, b.woken_at < func.now() - PAUSE)
    query = select(b.id, b.office, is_unheard).where(is_due, is_quiet).order_by(b.changed_at)
    return [Behind(*row) for row in await tx.execute(query.limit(AT_ONCE))]


async def woke(tx: AsyncConnection, woken: Sequence[UUID]) -> None:
    """Note which of them were started or woken just now."""
    if woken:
        await tx.execute(update(t.batches).where(b.id.in_(woken)).values(woken_at=func.now()))
