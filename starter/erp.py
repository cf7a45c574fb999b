"""Pulling the ERP's export on a timetable: sources set, looked at, run by hand, paused and removed (S0.3)."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio.client import ScheduleOverlapPolicy
from temporalio.service import RPCError

from doorstep.domain.erp_sources import (
    Source,
    checked_folder,
    checked_name,
    checked_timetable,
    checked_web,
    is_web,
)
from doorstep.domain.errors import Conflict, Invalid
from doorstep.store import erp_runs, erp_sources, offices
from doorstep.store.audit import Actor
from doorstep.store.erp_runs import Run
from starter import schedules
from starter.desk import Connected
from starter.temporal import PATIENCE
from starter.visibility import TemporalAway

log = structlog.get_logger()
PAGE = 20


@dataclass(frozen=True)
class SourceStanding:
    """A source, its newest run, and when the next one is due.

    `next_at` is None while it is paused, or its schedule is about to be made; `is_known`: Temporal answered.
    """

    source: Source
    last: Run | None
    next_at: datetime | None = None
    is_known: bool = True
    is_under_way: bool = False


class Erp(Connected):
    """Sources of the ERP's export: to have one takes the right to the settings, to run one the right to import."""

    async def erp_set(
        self,
        office: str,
        name: str,
        *,
        location: str,
        every: timedelta | None = None,
        cron: str = "",
        time_zone: str = "",
        actor: str | None = None,
    ) -> Source:
        """Make or change a source: a folder below `DOORSTEP_ERP_FOLDER`, or an `https://` address; and when to pull.

        A cron expression is read on the clock of the office, unless a time zone is named. What is set again is
        imported again, even where the export has not changed.

        Raises:
            Refused: unknown office; not allowed; `erp_name`, `erp_location`, `erp_timetable`.
        """
        zone = time_zone or (await self._run(lambda tx: offices.get(tx, office))).time_zone
        when = checked_timetable(every, cron, zone)
        where, called = self._location(location), checked_name(name)
        who, detail = self._as(actor), {"command": "erp.set", "office": office}
        source = await self._recorded(who, detail, lambda tx: erp_sources.put(tx, who, office, called, where, when))
        await self._agree(source)
        return source

    async def erp_sources(self, office: str, *, actor: str | None = None) -> list[SourceStanding]:
        """The sources of an office with their newest runs.

        Raises:
            NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`.
        """
        who = self._as(actor)

        async def work(tx: AsyncConnection) -> list[tuple[Source, Run | None]]:
            found = await erp_sources.listed(tx, who, office)
            runs = await erp_runs.newest_of(tx, [each.id for each in found])
            return [(each, runs.get(each.id)) for each in found]

        return list(await asyncio.gather(*(self._standing(*each) for each in await self._run(work))))

    async def erp_source(self, office: str, name: str, *, actor: str | None = None) -> SourceStanding:
        """One source, its newest run and when the next one is due.

        Raises:
            NotFound: `no_such_office`, `no_such_erp_source`; Forbidden: `not_staff`, `not_allowed`.
        """
        return (await self.erp_story(office, name, limit=1, actor=actor))[0]

    async def erp_story(
        self, office: str, name: str, *, limit: int = PAGE, actor: str | None = None
    ) -> tuple[SourceStanding, list[Run]]:
        """The same with its newest runs, newest first.

        Raises:
            NotFound: `no_such_office`, `no_such_erp_source`; Forbidden: `not_staff`, `not_allowed`.
        """
        who = self._as(actor)

        async def work(tx: AsyncConnection) -> tuple[Source, list[Run]]:
            source = await erp_sources.get(tx, who, office, name)
            return source, await erp_runs.newest(tx, source.id, limit=limit)

        source, runs = await self._run(work)
        return await self._standing(source, runs[0] if runs else None), runs

    async def erp_runs(self, office: str, name: str, *, limit: int = PAGE, actor: str | None = None) -> list[Run]:
        """The newest runs of a source, newest first.

        Raises:
            NotFound: `no_such_office`, `no_such_erp_source`; Forbidden: `not_staff`, `not_allowed`.
        """
        who = self._as(actor)

        async def work(tx: AsyncConnection) -> list[Run]:
            source = await erp_sources.get(tx, who, office, name)
            return await erp_runs.newest(tx, source.id, limit=limit)

        return await self._run(work)

    async def erp_run(self, office: str, name: str, *, actor: str | None = None) -> Source:
        """Pull now, through the schedule, so that it never runs twice at once; a paused one is pulled once.

        Raises:
            NotFound: `no_such_office`, `no_such_erp_source`; Forbidden: `not_staff`, `not_allowed`; Conflict:
                `erp_running`; TemporalAway: nothing was begun.
        """
        who, detail = self._as(actor), {"command": "erp.run", "office": office}
        source = await self._recorded(who, detail, lambda tx: erp_sources.get(tx, who, office, name))
        client = self.starter.client
        found = await schedules.described(client, source)
        if found is None or source.seen_rev < source.rev:
            await schedules.settle(self.engine, client, source)
        elif found.info.running_actions:
            raise Conflict("erp_running", "It is being pulled just now. See how far it is: doorstep erp show")
        try:
            handle = schedules.handle_of(client, source)
            await handle.trigger(overlap=ScheduleOverlapPolicy.SKIP, rpc_timeout=PATIENCE)
        except (RPCError, RuntimeError, OSError):
            raise TemporalAway from None
        return source

    async def erp_pause(self, office: str, name: str, *, actor: str | None = None) -> Source:
        """Pull no more until it is resumed; what is under way ends by itself.

        Raises:
            NotFound: `no_such_office`, `no_such_erp_source`; Forbidden: `not_staff`, `not_allowed`.
        """
        return await self._move(self._as(actor), office, name, "paused")

    async def erp_resume(self, office: str, name: str, *, actor: str | None = None) -> Source:
        """Pull again by the timetable.

        Raises:
            NotFound: `no_such_office`, `no_such_erp_source`; Forbidden: `not_staff`, `not_allowed`.
        """
        return await self._move(self._as(actor), office, name, "active")

    async def erp_remove(self, office: str, name: str, *, actor: str | None = None) -> Source:
        """Take it away with its schedule; what was imported stays, and so do its runs.

        Raises:
            NotFound: `no_such_office`, `no_such_erp_source`; Forbidden: `not_staff`, `not_allowed`.
        """
        return await self._move(self._as(actor), office, name, "removed")

    async def _move(self, who: Actor, office: str, name: str, state: str) -> Source:
        detail = {"command": "erp.set", "office": office}
        source = await self._recorded(who, detail, lambda tx: erp_sources.move(tx, who, office, name, state))
        await self._agree(source)
        return source

    async def _agree(self, source: Source) -> None:
        """Have the schedule agree; where Temporal is away, the sweep makes up for it."""
        try:
            await schedules.settle(self.engine, self.starter.client, source)
        except TemporalAway:
            log.warning("temporal_unreachable", source_id=str(source.id))

    async def _standing(self, source: Source, last: Run | None) -> SourceStanding:
        try:
            found = await schedules.described(self.starter.client, source)
        except TemporalAway:
            return SourceStanding(source, last, is_known=False)
        is_under_way = found is not None and bool(found.info.running_actions)
        return SourceStanding(source, last, schedules.next_time(found), is_under_way=is_under_way)

    def _location(self, text: str) -> str:
        """Where to pull from, as it is kept: a folder by its path below the one of the setting."""
        if is_web(text.strip()) or "://" in text:
            return checked_web(text, may_be_loopback=self.settings.webhook_loopback).url
        base = self.settings.erp_folder
        if base is None:
            sentence = (
                "No folder is read until DOORSTEP_ERP_FOLDER names one. Set it, or pull from an https:// address."
            )
            raise Invalid("erp_location", sentence, field="location")
        path = Path(text.strip() or ".")
        is_below = path.is_absolute() and path.is_relative_to(base.absolute())
        return checked_folder(str(path.relative_to(base.absolute())) if is_below else str(path))
