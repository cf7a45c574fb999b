"""The sweep: starts or wakes whatever moved on without its workflow hearing of it.

A lost start and a lost wake are the same case: the row's `rev` is ahead of the `seen_rev` that the workflow acted on. A
restored backup is another one: the time of a row has come, and no workflow moves it on. Every worker runs it; an
advisory lock lets one at a time through. Nothing else repairs.
"""

import asyncio
import time
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from doorstep.domain.errors import Unavailable
from doorstep.domain.invitation import Invitation
from doorstep.store import batch_forgetting, kept_answers, rates, retaining, sweeping
from doorstep.store.engine import transact
from doorstep.store.loading import load
from starter import schedules
from starter.batch_sweep import sweep_batches
from starter.pausing import pause
from starter.temporal import Starter

log = structlog.get_logger()
PURGE_SECONDS = 300.0
A_MOMENT = timedelta(seconds=5)
"""Longer than an activity usually takes to act on a change, so that the sweep does not shout into a conversation."""


async def sweep_once(engine: AsyncEngine, starter: Starter, *, older_than: timedelta = A_MOMENT) -> int:
    """Wake everything that is behind; the number of workflows woken."""

    async def work(tx: AsyncConnection) -> int:
        if not await sweeping.try_lock(tx):
            return 0
        await rates.sweep(tx)
        wanted = [
            *await sweeping.unseen_invitations(tx, older_than=older_than),
            *await sweeping.overdue_invitations(tx),
        ]
        found = {each: await _readable(tx, each) for each in wanted}
        behind = [each for each in found.values() if each is not None]
        heard = await asyncio.gather(*(starter.wake(each) for each in behind))
        woken = [each.id for each, has_heard in zip(behind, heard, strict=True) if has_heard]
        poisoned = [each for each, invitation in found.items() if invitation is None]
        links = await sweeping.unseen_password_links(tx, older_than=older_than)
        heard = await asyncio.gather(*(starter.password_link(each, is_new=False) for each in links))
        woken_links = [each for each, has_heard in zip(links, heard, strict=True) if has_heard]
        await sweeping.woke(tx, woken + poisoned, woken_links)
        return len(woken) + len(woken_links) + await sweep_batches(tx, starter, older_than=older_than)

    return await transact(engine, work)


async def purge(engine: AsyncEngine) -> int:
    """Erase unanswered invitations that their offices do not want to keep any longer, the oldest first; how many."""
    await transact(engine, kept_answers.purge)
    await transact(engine, batch_forgetting.purge)
    erased = await transact(engine, retaining.purge)
    if erased:
        log.info("purged", invitations=erased)
    return erased


async def _readable(tx: AsyncConnection, identifier: UUID) -> Invitation | None:
    """The invitation; None for a row that this code cannot read, so that it stands in no other row's way (F20)."""
    try:
        return await load(tx, identifier)
    except ValueError:
        log.error("row_unreadable", invitation_id=str(identifier))
        return None


async def sweep_until(stop: asyncio.Event, engine: AsyncEngine, starter: Starter, *, every: float) -> None:
    """Sweep every few seconds until `stop`; an outage is noted and waited out."""
    purge_due = time.monotonic()
    while not stop.is_set():
        try:
            woken = await sweep_once(engine, starter)
            if woken:
                log.info("swept", woken=woken)
            is_due = time.monotonic() >= purge_due
            await schedules.mend(engine, starter.client, older_than=A_MOMENT, looks_at_all=is_due)
            if is_due:
                has_more = await purge(engine) == retaining.AT_ONCE
                purge_due = time.monotonic() + (0 if has_more else PURGE_SECONDS)
        except Unavailable:
            log.warning("sweep_skipped", reason="database unavailable")
        await pause(stop, every)
