"""Rows and workflows beside each other: what runs without a row, and what should run and does not (F29).

Compared in slices of ids, so that a hundred thousand of them are never held at once, and nothing is asked one by one.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from doorstep.store import reading
from doorstep.store.engine import transact
from starter import visibility
from starter.visibility import TemporalAway

SLICE = 1000
FIRST = UUID(int=0)
Progress = Callable[[int, int], None]
"""Told how many open invitations were compared so far, and how many there are."""


@dataclass
class Differences:
    """Where the two do not fit together, as far as they were compared; `is_complete` only if Temporal answered."""

    missing: list[UUID] = field(default_factory=list)
    failing: list[str] = field(default_factory=list)
    rowless: list[UUID] = field(default_factory=list)
    is_complete: bool = False

    @property
    def suspects(self) -> list[UUID]:
        """The invitations to look at."""
        found = map(visibility.identifier_of, self.failing)
        return [*self.missing, *(each for each in found if each is not None)]

    @property
    def others(self) -> tuple[str, ...]:
        """The failing workflows that belong to no invitation."""
        return tuple(each for each in self.failing if visibility.identifier_of(each) is None)


async def compare(
    engine: AsyncEngine, client: Client, *, office: str | None, limit: int, progress: Progress
) -> Differences:
    """The differences; stops at more than `limit` missing workflows, since then it is not about single ones."""
    seen = Differences()
    try:
        seen.failing = await visibility.failing(client, office=office, limit=limit)
        await _compare_all(seen, engine, client, office, limit, progress)
        seen.is_complete = True
    except TemporalAway:
        pass
    return seen


async def _compare_all(
    seen: Differences, engine: AsyncEngine, client: Client, office: str | None, limit: int, progress: Progress
) -> None:
    after, done = FIRST, 0
    of = await transact(engine, lambda tx: reading.count_open(tx, office))
    while len(seen.missing) <= limit:
        ids = await _next_ids(engine, after, office)
        upto = ids[-1] if len(ids) == SLICE else None
        # The rows first: whatever was begun since has both by now.
        at_work = await visibility.running(client, after=after, upto=upto, office=office)
        seen.missing += [each for each in ids if each not in at_work]
        seen.rowless += await _without_rows(engine, at_work.difference(ids))
        done += len(ids)
        progress(done, max(of, done))
        if upto is None:
            return
        after = upto


async def _next_ids(engine: AsyncEngine, after: UUID, office: str | None) -> list[UUID]:
    return await transact(engine, lambda tx: reading.open_ids(tx, after=after, office=office, limit=SLICE))


async def _without_rows(engine: AsyncEngine, ids: Iterable[UUID]) -> list[UUID]:
    """Those of `ids` that the database does not know; most are about to end, or have only just begun."""
    found: list[UUID] = []
    waiting = iter(ids)
    while part := list(islice(waiting, SLICE)):
        known = {row.id for row in await _rows(engine, part)}
        found += [each for each in part if each not in known]
    return found


async def _rows(engine: AsyncEngine, ids: list[UUID]) -> list[reading.Row]:
    return await transact(engine, lambda tx: reading.rows(tx, ids))
