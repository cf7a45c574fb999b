"""Deliveries to webhooks whose workflow has to be started, and those that are over and deleted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import cast
from uuid import UUID

from sqlalchemy import CursorResult, and_, delete, func, or_, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.webhooks import SendingStatus, WebhookState
from doorstep.store import tables as t

d = t.webhook_deliveries.c
w = t.webhooks.c
IS_QUEUED = d.status == SendingStatus.QUEUED

START_LOCK = 0x73746172
AT_ONCE = 50
"""Deliveries under way to one webhook: one with thousands to send takes turns with the others."""

IN_TROUBLE = 5
"""The same while it takes nothing."""

LOST_AFTER = timedelta(minutes=10)
KEPT_FOR = timedelta(days=30)
PURGED_AT_ONCE = 5000


@dataclass(frozen=True)
class Due:
    """A delivery whose workflow has to be started; in a later round, that of an earlier one may wait for its try."""

    id: UUID
    webhook_id: UUID
    office: str
    round: int
    is_lost: bool = False

    @property
    def is_again(self) -> bool:
        """True where a workflow that waits has to give way."""
        return self.round > 1 and not self.is_lost


_DUE = text(
    """
    SELECT f.id, w.id, w.office, f.round
    FROM (SELECT pg_try_advisory_xact_lock(:lock) AS is_mine OFFSET 0) turn
    JOIN webhooks w ON turn.is_mine AND w.state = 'active'
    CROSS JOIN LATERAL (
        SELECT count(*) AS number, max(d.tried_at) AS tried_at FROM webhook_deliveries d
        WHERE d.webhook_id = w.id AND d.status = 'queued' AND d.started_at IS NOT NULL
    ) under_way
    CROSS JOIN LATERAL (
        SELECT d.id, d.round, d.sequence FROM webhook_deliveries d
        WHERE d.webhook_id = w.id AND d.status = 'queued' AND d.started_at IS NULL
        ORDER BY d.sequence
        LIMIT greatest(
            CASE WHEN w.failing_since IS NULL THEN :at_once ELSE :in_trouble END - under_way.number,
            CASE WHEN under_way.tried_at < now() - interval '1 minute' THEN 1 ELSE 0 END)
    ) f
    ORDER BY w.id, f.sequence
    """
).bindparams(lock=START_LOCK, at_once=AT_ONCE, in_trouble=IN_TROUBLE)


async def due(tx: AsyncConnection) -> list[Due]:
    """Deliveries that are to be started now, each webhook's in their order.

    Nothing where another worker is at it, whose turn ends with its transaction. A webhook that fails gets a few, and
    another each minute to see whether it is well again; the rest waits in its rows.
    """
    return [Due(*row) for row in await tx.execute(_DUE)]


async def lost(tx: AsyncConnection) -> list[Due]:
    """Deliveries whose time came minutes ago and that no workflow tried, as after a backup was restored (F29)."""
    then = func.now() - LOST_AFTER
    # Whoever is started again is left alone for as long: `started_at` moves.
    is_late = and_(IS_QUEUED, d.started_at < then, or_(d.due_at.is_(None), d.due_at < then))
    query = select(d.id, w.id, w.office, d.round).join(t.webhooks, w.id == d.webhook_id)
    rows = await tx.execute(query.where(is_late, w.state == WebhookState.ACTIVE).order_by(d.started_at).limit(AT_ONCE))
    return [Due(*row, is_lost=True) for row in rows]


async def started(tx: AsyncConnection, begun: Sequence[Due]) -> None:
    """Note which have been started just now, unless they are to go out once more by now."""
    if begun:
        rows = update(t.webhook_deliveries).where(tuple_(d.id, d.round).in_([(one.id, one.round) for one in begun]))
        await tx.execute(rows.where(IS_QUEUED).values(started_at=func.now()))


async def purge(tx: AsyncConnection) -> int:
    """Delete what happened weeks ago; replay reaches back as far as there are rows."""
    old = select(d.id).where(d.created_at < func.now() - KEPT_FOR).limit(PURGED_AT_ONCE)
    gone = await tx.execute(delete(t.webhook_deliveries).where(d.id.in_(old)))
    return cast("CursorResult[object]", gone).rowcount
