"""The sweep of batches: a lost start, a lost wake and a lost workflow are one case."""

import asyncio
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.store import batch_sweeping
from starter.temporal import Starter


async def sweep_batches(tx: AsyncConnection, starter: Starter, *, older_than: timedelta) -> int:
    """Start or wake every batch that nobody works on; how many."""
    found = await batch_sweeping.behind(tx, older_than=older_than)
    heard = await asyncio.gather(*(starter.batch(each.id, each.office, is_new=not each.is_unheard) for each in found))
    woken = [each.id for each, has_heard in zip(found, heard, strict=True) if has_heard]
    await batch_sweeping.woke(tx, woken)
    return len(woken)
