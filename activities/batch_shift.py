"""One shift of work on a batch: as many rows as some seconds allow, several beside each other."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Protocol, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity

from activities.contracts import BatchStanding
from doorstep.domain.batches import WINDOW, Batch, BatchRow, BatchState
from doorstep.domain.invitation import Invitation
from doorstep.security.links import KeyRing
from doorstep.store import batch_checking, batch_commands, batch_counts, batch_inviting
from doorstep.store.batch_requests import Errand, errand_of
from doorstep.store.engine import transact

T = TypeVar("T")
SECONDS = 10.0
"""A shift is short against the time-outs of its activity and long against the events that it costs."""

BEAT = 3.0
CHECKED_AT_ONCE = 90
HANDS = 2
"""Parts of a rehearsal beside each other, each with a connection; the rest of the pool is for whoever else comes."""

FULL = 0.1
"""Seconds before another look at a window that is full."""

REST = 0.3
"""Of the time that some rows took: for so long the worker is left to everybody else, however fast the machine is."""

LONGEST_PAUSE = 300.0
OUT_OF_REACH = 5.0


class Starts(Protocol):
    """What starts the workflow of a new invitation; False where Temporal is out of reach, which the sweep mends."""

    async def start(self, invitation: Invitation) -> bool:
        """Start it."""
        ...


@asynccontextmanager
async def beating() -> AsyncIterator[None]:
    """Say every few seconds that this worker is alive, however long a row takes."""

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(BEAT)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class Shift:
    """A shift on one batch."""

    def __init__(self, engine: AsyncEngine, ring: KeyRing, starts: Starts, batch_id: UUID) -> None:
        self._engine, self._ring, self._starts, self._id = engine, ring, starts, batch_id
        self._ends = time.monotonic() + SECONDS
        self._failing: set[int] = set()
        self._is_through = False
        self._is_out_of_reach = False

    async def check(self) -> None:
        """Rehearse rows that nobody has looked at; after the last one the batch is checked, or starts by itself."""
        errand = await self._look()
        while await self._goes_on(BatchState.CHECKING):
            rows = await transact(
                self._engine,
                lambda tx: batch_checking.unchecked(tx, self._id, besides=self._failing, limit=CHECKED_AT_ONCE),
            )
            if not rows:
                self._is_through = True
                await transact(self._engine, lambda tx: batch_commands.after_check(tx, errand.batch))
                return
            parts = _parts(rows)
            found = await _together(
                [batch_checking.check(self._engine, self._ring, errand, part) for part in parts if part]
            )
            self._failing.update(*found)

    async def invite(self) -> None:
        """Invite from rows without a result as far as the window allows; after the last one the batch is done."""
        errand = await self._look()
        while await self._goes_on(BatchState.RUNNING):
            began = time.monotonic()
            free = WINDOW - await transact(self._engine, lambda tx: batch_counts.unsent(tx, self._id))
            if free <= 0:
                await asyncio.sleep(FULL)
                continue
            numbers = await self._open_rows(free)
            if not numbers:
                self._is_through = True
                await transact(self._engine, lambda tx: batch_commands.finish(tx, errand.batch))
                return
            await self._invite(numbers, errand)
            await asyncio.sleep(REST * (time.monotonic() - began))

    async def standing(self) -> BatchStanding:
        """Where the batch stands now, and what comes next."""
        batch = await transact(self._engine, lambda tx: batch_commands.look(tx, self._id))
        step, wait = await self._next(batch)
        sent = batch.sent
        return BatchStanding(
            state=batch.state.value,
            step=step,
            wait_seconds=wait,
            rows=sent.rows,
            checked=batch.checked.done,
            ok=sent.ok,
            skipped=sent.skipped,
            refused=sent.refused,
            failing=batch.checked.failing + sent.failing,
        )

    async def _next(self, batch: Batch) -> tuple[str, float | None]:
        match batch.state:
            case BatchState.CHECKING | BatchState.RUNNING:
                return ("check" if batch.state is BatchState.CHECKING else "invite"), await self._pause(batch)
            case BatchState.CHECKED:
                return "wait", await transact(self._engine, lambda tx: batch_commands.kept_for(tx, self._id))
            case BatchState.PAUSED:
                return "wait", None
        return "done", None

    async def _pause(self, batch: Batch) -> float:
        """0 where there is more to do at once; what failed is tried again after a while that doubles each time."""
        if self._is_out_of_reach:
            return OUT_OF_REACH
        if not (self._is_through and self._failing):
            return 0.0
        is_checking = batch.state is BatchState.CHECKING
        fewest = await transact(
            self._engine, lambda tx: batch_counts.fewest_attempts(tx, self._id, is_checking=is_checking)
        )
        return float(min(LONGEST_PAUSE, 2 ** max(0, min(fewest, 10) - 1)))

    async def _look(self) -> Errand:
        batch = await transact(self._engine, lambda tx: batch_commands.look(tx, self._id))
        return await transact(self._engine, lambda tx: errand_of(tx, batch))

    async def _goes_on(self, state: BatchState) -> bool:
        is_over = self._is_out_of_reach or time.monotonic() >= self._ends or activity.is_worker_shutdown()
        return not is_over and await transact(self._engine, lambda tx: batch_commands.is_in(tx, self._id, state))

    async def _open_rows(self, limit: int) -> list[int]:
        return await transact(
            self._engine, lambda tx: batch_inviting.open_rows(tx, self._id, besides=self._failing, limit=limit)
        )

    async def _invite(self, numbers: Sequence[int], errand: Errand) -> None:
        for number in numbers:
            invited = await batch_inviting.invite(self._engine, self._ring, errand, number)
            if not invited.has_result:
                self._failing.add(number)
            if invited.invitation is not None and not await self._starts.start(invited.invitation):
                self._is_out_of_reach = True
            if self._is_out_of_reach:
                return


def _parts(rows: Sequence[BatchRow]) -> list[list[BatchRow]]:
    """The rows dealt out to as many transactions as there are hands, those of one job to the same."""
    parts: list[list[BatchRow]] = [[] for _ in range(HANDS)]
    of_job: dict[str, list[BatchRow]] = {}
    for at, row in enumerate(rows):
        part = parts[at % HANDS]
        (of_job.setdefault(row.job, part) if row.job else part).append(row)
    return parts


async def _together(work: Sequence[Awaitable[T]]) -> list[T]:
    """What each answers, once all of them are through; then the first error, if there was one."""
    found = await asyncio.gather(*work, return_exceptions=True)
    for each in found:
        if isinstance(each, BaseException):
            raise each
    return [each for each in found if not isinstance(each, BaseException)]
