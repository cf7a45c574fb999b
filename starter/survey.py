"""Everything that is stuck, from both sides: what the database knows, and what Temporal does not run or cannot."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.invitation import Invitation
from doorstep.domain.standing import Step
from doorstep.store import offices, reading, sight, stuck, stuck_passwords
from doorstep.store.audit import Actor
from doorstep.store.loading import standing_of
from doorstep.store.reading import Row
from starter import visibility
from starter.comparing import Progress, compare
from starter.explaining import explain, rowless, unreadable
from starter.runs import Run
from starter.sight import PAGE, Sight
from starter.stuck_passwords import told
from starter.troubles import Explanation, urgency
from starter.visibility import TemporalAway

AT_ONCE = 10


@dataclass(frozen=True)
class Survey:
    """What is stuck, the most urgent first.

    `other_workflows` are those of another kind that fail their tasks. `is_temporal_asked`: it answered to the end.
    `has_more`: there is more than was asked for.
    """

    found: tuple[Explanation, ...]
    other_workflows: tuple[str, ...]
    is_temporal_asked: bool
    has_more: bool


class Surveyor(Sight):
    """Finding what needs a human."""

    async def stuck(
        self,
        *,
        older_than: timedelta | None = None,
        office: str | None = None,
        limit: int = PAGE,
        actor: str | None = None,
    ) -> AsyncIterator[Explanation]:
        """What needs a human, each with the reason and the command that helps; the most urgent first."""
        for each in (await self.survey(older_than=older_than, office=office, limit=limit, actor=actor)).found:
            yield each

    async def survey(
        self,
        *,
        older_than: timedelta | None = None,
        office: str | None = None,
        limit: int = PAGE,
        progress: Progress = lambda _done, _of: None,
        actor: str | None = None,
    ) -> Survey:
        """The same at once, and how far it could be found out; all offices, or one.

        A member of staff sees what is theirs; what belongs to no invitation is for the operator.

        Raises:
            NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`.
        """
        who = self._as(actor)
        rows = await self._run(lambda tx: _candidates(tx, who, office, older_than, limit + 1))
        client = self.starter.client
        seen = await compare(self.engine, client, office=office, limit=limit, progress=progress)
        rows += await self._run(lambda tx: _in_sight(tx, who, seen.suspects))
        distinct = list({row.id: row for row in rows}.values())
        explained = await self._explained(who, distinct, waited=older_than, is_asking=seen.is_complete)
        without_rows = [rowless(each, visibility.options(client)) for each in seen.rowless if who.is_trusted]
        about_passwords = await self._about_passwords(office, limit + 1) if who.is_trusted else []
        found = sorted([*(e for e in explained if e.troubles), *without_rows, *about_passwords], key=_first)
        is_asked = seen.is_complete and all(each.is_temporal_asked for each in explained)
        others = seen.others if who.is_trusted else ()
        return Survey(tuple(found[:limit]), others, is_asked, len(found) > limit)

    async def _about_passwords(self, office: str | None, limit: int) -> list[Explanation]:
        waiting = await self._run(lambda tx: stuck_passwords.waiting(tx, office=office, limit=limit))
        return [told(each) for each in waiting]

    async def _explained(
        self, who: Actor, rows: Sequence[Row], *, waited: timedelta | None = None, is_asking: bool = True
    ) -> list[Explanation]:
        """Each row in sight, with a look at its workflow where Temporal answers."""
        read, at_home = await self._run(lambda tx: self._read(tx, who, [row.id for row in rows if row.is_known]))
        runs = await self._runs(read) if is_asking else None
        over = [identifier for identifier, run in (runs or {}).items() if run.is_over]
        again, _ = await self._run(lambda tx: self._read(tx, who, over))  # it may have ended between the looks
        newest = {each.id: each for each in (*read, *again)}
        told = [
            explain(
                each,
                None if runs is None or not _needs_workflow(each) else runs.get(each.id),
                has_signed_in=each.id in at_home,
                temporal=visibility.options(self.starter.client),
                waited=waited,
            )
            for each in newest.values()
        ]
        poisoned = [row for row in rows if row.id not in newest and await self._is_poisoned(row)]
        return [
            *(replace(each, is_temporal_asked=runs is not None) for each in told),
            *(unreadable(row.id, row.state) for row in poisoned),
        ]

    async def _read(self, tx: AsyncConnection, who: Actor, ids: Sequence[UUID]) -> tuple[list[Invitation], set[UUID]]:
        """The invitations, and those of them whose person has signed in."""
        if not ids:
            return [], set()
        return await self._load(tx, who, ids=ids, limit=len(ids)), await reading.at_home(tx, ids)

    async def _is_poisoned(self, row: Row) -> bool:
        return not row.is_known or await self._run(lambda tx: reading.is_unreadable(tx, row.id))

    async def _runs(self, invitations: Sequence[Invitation]) -> dict[UUID, Run] | None:
        """How the workflows stand of those that need one; None where Temporal does not answer."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def look(invitation: Invitation) -> Run:
            async with gate:
                return await visibility.look(self.starter.client, invitation.workflow_id)

        needy = [each for each in invitations if _needs_workflow(each)]
        try:
            runs = await asyncio.gather(*map(look, needy))
        except TemporalAway:
            return None
        return {each.id: run for each, run in zip(needy, runs, strict=True)}


async def _candidates(
    tx: AsyncConnection, who: Actor, office: str | None, older_than: timedelta | None, limit: int
) -> list[Row]:
    if office is not None:
        await offices.get(tx, office)
        await sight.require_some(tx, who, office)
    seen = await sight.of_invitations(tx, who)
    return await stuck.candidates(tx, office=office, older_than=older_than, seen=seen, limit=limit)


async def _in_sight(tx: AsyncConnection, who: Actor, ids: Sequence[UUID]) -> list[Row]:
    return await reading.rows(tx, ids, seen=await sight.of_invitations(tx, who))


def _first(found: Explanation) -> tuple[int, UUID]:
    """The most urgent first, and of those the oldest."""
    return urgency(found), found.id


def _needs_workflow(invitation: Invitation) -> bool:
    """True where something is still to be done."""
    return standing_of(invitation).step != Step.DONE
