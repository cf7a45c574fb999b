"""From the audit to the receivers: every worker looks once a second, and a lock lets one at a time hand on."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from itertools import groupby

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from doorstep.domain.errors import Unavailable
from doorstep.store import webhook_events, webhook_starts
from doorstep.store.engine import transact
from doorstep.store.webhook_starts import Due
from starter.pausing import pause
from starter.temporal import Starter

log = structlog.get_logger()
LOOK_BACK_SECONDS = 60.0


async def hand_on_once(engine: AsyncEngine, starter: Starter) -> int:
    """Note what happened for every webhook, and start what is due; the number of deliveries started."""
    await transact(engine, webhook_events.hand_on)
    return await transact(engine, lambda tx: _start(tx, starter, webhook_starts.due))


async def look_back_once(engine: AsyncEngine, starter: Starter) -> int:
    """Start again what was started and lost on the way, and delete what happened weeks ago; the number started."""
    purged = await transact(engine, webhook_starts.purge)
    if purged:
        log.info("webhook_deliveries_purged", deliveries=purged)
    return await transact(engine, lambda tx: _start(tx, starter, webhook_starts.lost))


async def _start(
    tx: AsyncConnection, starter: Starter, find: Callable[[AsyncConnection], Awaitable[Sequence[Due]]]
) -> int:
    """Start the workflows: those of one webhook in their order, those of several side by side."""
    parts = [list(each) for _, each in groupby(await find(tx), key=lambda one: one.webhook_id)]
    begun = await asyncio.gather(*(_start_in_order(starter, part) for part in parts))
    started = [each for part in begun for each in part]
    await webhook_starts.started(tx, started)
    return len(started)


async def _start_in_order(starter: Starter, part: Sequence[Due]) -> list[Due]:
    """Start one after the other, up to the first that Temporal does not take; the rest is due again next time."""
    started: list[Due] = []
    for each in part:
        if not await starter.webhook(each.id, each.office, is_again=each.is_again):
            break
        started.append(each)
    return started


async def hand_on_until(stop: asyncio.Event, engine: AsyncEngine, starter: Starter, *, every: float) -> None:
    """Hand on until `stop`, at once again while there is more; an outage is noted and waited out."""
    look_back_at = time.monotonic()
    while not stop.is_set():
        seconds = every
        try:
            if await hand_on_once(engine, starter):
                seconds = 0.0
            if time.monotonic() >= look_back_at:
                look_back_at = time.monotonic() + LOOK_BACK_SECONDS
                await look_back_once(engine, starter)
        except Unavailable:
            log.warning("webhooks_wait", reason="database unavailable")
        await pause(stop, seconds)
