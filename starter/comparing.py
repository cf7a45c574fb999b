"""Rows and workflows beside each other: what runs without a row, and what should run and does not (F29).

The newest are compared one with one, since a restored backup lacks the newest. Of the older ones both sides are
counted, which costs little however many they are; only where the numbers differ is the span halved, until a slice is
left that can be compared one with one. One too many and one too few in the same span would hide each other; either
shows in `doorstep why`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import islice
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio.client import Client

from doorstep.store import reading
from doorstep.store.engine import transact
from starter import visibility
from starter.visibility import TemporalAway

SLICE = 1000
NEWEST = 200
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
        await Comparison(seen, engine, client, office, limit).compare(progress)
        seen.is_complete = True
    except TemporalAway:
        pass
    return seen


@dataclass(frozen=True)
class Span:
    """The open invitations with ids from `after` (without it) up to `upto`; without an end where that is None."""

    after: UUID
    upto: UUID | None
    rows: int


@dataclass(frozen=True)
class Comparison:
    """One comparison under way: what is asked, and what was found so far."""

    seen: Differences
    engine: AsyncEngine
    client: Client
    office: str | None
    limit: int

    @property
    def is_enough(self) -> bool:
        """True with more missing workflows than anybody wants to see."""
        return len(self.seen.missing) > self.limit

    async def compare(self, progress: Progress) -> None:
        """Compare everything."""
        spans = await transact(self.engine, self._spans)
        done, of = 0, sum(span.rows for span in spans)

        def advance(rows: int) -> None:
            nonlocal done
            done += rows
            progress(done, max(of, done))

        for span in spans:
            await self._look(span, advance)

    async def _spans(self, tx: AsyncConnection) -> list[Span]:
        """The newest by themselves, and all the others."""
        of = await reading.count_open(tx, self.office)
        edge = await reading.open_id_before(tx, self.office, upto=None, count=NEWEST)
        if edge is None:
            return [Span(FIRST, None, of)]
        return [Span(edge, None, NEWEST), Span(FIRST, edge, of - NEWEST)]

    async def _look(self, span: Span, progress: Callable[[int], None]) -> None:
        """Compare one span, by the numbers if it is a long one."""
        if self.is_enough:
            return
        if span.upto is None or span.rows <= SLICE:
            await self._one_with_one(span, progress)
        elif span.rows != await self._running_in(span, span.upto):
            for half in await transact(self.engine, lambda tx: self._halves(tx, span)):
                await self._look(half, progress)
        else:
            progress(span.rows)

    async def _running_in(self, span: Span, upto: UUID) -> int:
        return await visibility.count_running(self.client, after=span.after, upto=upto, office=self.office)

    async def _halves(self, tx: AsyncConnection, span: Span) -> tuple[Span, ...]:
        """The newer half first."""
        middle = await reading.open_id_before(tx, self.office, upto=span.upto, count=span.rows // 2)
        if middle is None or middle <= span.after:
            return (replace(span, rows=0),)  # most of them have come to an end meanwhile
        newer = await reading.count_open(tx, self.office, after=middle, upto=span.upto)
        older = await reading.count_open(tx, self.office, after=span.after, upto=middle)
        return Span(middle, span.upto, newer), Span(span.after, middle, older)

    async def _one_with_one(self, span: Span, progress: Callable[[int], None]) -> None:
        """Compare in slices, which are many only where nothing bounds the span."""
        after = span.after
        while not self.is_enough:
            ids = await self._next_ids(after, span.upto)
            upto = ids[-1] if len(ids) == SLICE else span.upto
            # The rows first: whatever was begun since has both by now.
            at_work = await visibility.running(self.client, after=after, upto=upto, office=self.office)
            self.seen.missing += [each for each in ids if each not in at_work]
            self.seen.rowless += await _without_rows(self.engine, at_work.difference(ids))
            progress(len(ids))
            if upto == span.upto:
                return
            after = ids[-1]

    async def _next_ids(self, after: UUID, upto: UUID | None) -> list[UUID]:
        return await transact(
            self.engine,
            lambda tx: reading.open_ids(tx, after=after, upto=upto, office=self.office, limit=SLICE),
        )


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
