"""Staying with a batch while it works, with a bar for whoever sits at a terminal."""

import asyncio
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from doorstep.domain.batches import Batch, BatchState
from starter.commands.printing import console

if TYPE_CHECKING:
    from starter.client import Doorstep

LOOKING = {BatchState.CHECKING: "Looking at every row", BatchState.RUNNING: "Inviting"}
EVERY = 0.3
"""Seconds between two looks."""


async def watched(doorstep: "Doorstep", batch: Batch) -> Batch:
    """The batch once it rests: checked, paused, cancelled or done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    terminal = console(stderr=True)
    with Progress(*columns, console=terminal, disable=not terminal.is_terminal) as bar:
        tasks = {state: bar.add_task(words, total=None, visible=False) for state, words in LOOKING.items()}
        while batch.state in LOOKING:
            counts = batch.checked if batch.state is BatchState.CHECKING else batch.sent
            bar.update(tasks[batch.state], completed=counts.done, total=counts.rows, visible=True)
            await asyncio.sleep(EVERY)
            batch = await doorstep.batch(batch.id)
        bar.update(tasks[BatchState.RUNNING], completed=batch.sent.done, total=batch.sent.rows)
    return batch
