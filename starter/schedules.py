"""Schedules of Temporal that agree with the sources of the ERP: the row decides, and what differs is made anew.

A schedule never starts a pull while one is under way, by the clock or by hand.
"""

from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleDescription,
    ScheduleHandle,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleState,
    ScheduleUpdate,
)
from temporalio.service import RPCError, RPCStatusCode

from activities.contracts import ErpSourceRef
from doorstep.domain.erp_sources import Source
from doorstep.store import erp_sources
from doorstep.store.engine import transact
from starter.temporal import PATIENCE, priority_of
from starter.visibility import TemporalAway
from workflows.attributes import TASK_QUEUE
from workflows.erp_pull import ErpPullWorkflow

log = structlog.get_logger()
CATCH_UP = timedelta(minutes=10)
"""What was missed longer ago, because Temporal was down, is left to the next time."""
MOST_JITTER = timedelta(minutes=1)
"""So that sources with one timetable do not all begin in the same second."""


def schedule_of(source: Source) -> Schedule:
    """The schedule as the row has it."""
    when = source.when
    spread = MOST_JITTER if when.every is None else min(MOST_JITTER, when.every / 10)
    return Schedule(
        ScheduleActionStartWorkflow(
            ErpPullWorkflow.run,
            ErpSourceRef(str(source.id)),
            id=f"erp-pull-{source.id}",
            task_queue=TASK_QUEUE,
            static_summary=f"Pull of office {source.office}",
            priority=priority_of(source.office, is_bulk=True),
        ),
        ScheduleSpec(
            intervals=[] if when.every is None else [ScheduleIntervalSpec(when.every)],
            cron_expressions=[when.cron] if when.cron else [],
            time_zone_name=when.time_zone or None,
            jitter=spread,
        ),
        SchedulePolicy(ScheduleOverlapPolicy.SKIP, catchup_window=CATCH_UP),
        ScheduleState(paused=source.state == "paused"),
    )


def handle_of(client: Client, source: Source) -> ScheduleHandle:
    """The schedule of a source, whether it is there or not."""
    return client.get_schedule_handle(f"erp-{source.id}")


async def agree(client: Client, source: Source) -> None:
    """Make the schedule what the row says: made, changed, paused or deleted.

    Raises:
        TemporalAway: it does not answer.
    """
    handle = handle_of(client, source)
    try:
        if source.state == "removed":
            await handle.delete(rpc_timeout=PATIENCE)
            return
        try:
            await client.create_schedule(handle.id, schedule_of(source), rpc_timeout=PATIENCE)
        except ScheduleAlreadyRunningError:
            await handle.update(lambda _: ScheduleUpdate(schedule_of(source)), rpc_timeout=PATIENCE)
    except (RPCError, RuntimeError, OSError) as error:
        if source.state == "removed" and _is_missing(error):
            return
        raise TemporalAway from None


async def settle(engine: AsyncEngine, client: Client, source: Source) -> None:
    """Make the schedule agree with the row as it is now, and note that it does.

    Whoever writes the schedule looks at the row once more: of two who do so at once, the later one writes what is true.

    Raises:
        TemporalAway: it does not answer; nothing is noted, so that the sweep tries again.
    """
    while True:
        await agree(client, source)
        now = await transact(engine, partial(erp_sources.see, source=source))
        if now is None or now.rev == source.rev:
            return
        source = now


async def described(client: Client, source: Source) -> ScheduleDescription | None:
    """The schedule as it is; None where it is missing.

    Raises:
        TemporalAway: it does not answer.
    """
    try:
        return await handle_of(client, source).describe(rpc_timeout=PATIENCE)
    except (RPCError, RuntimeError, OSError) as error:
        if _is_missing(error):
            return None
        raise TemporalAway from None


def next_time(found: ScheduleDescription | None) -> datetime | None:
    """When the next pull is due; None for a paused or missing schedule."""
    if found is None or found.schedule.state.paused or not found.info.next_action_times:
        return None
    return found.info.next_action_times[0]


async def mend(engine: AsyncEngine, client: Client, *, older_than: timedelta, looks_at_all: bool = False) -> int:
    """Make up for what was lost on the way; with `looks_at_all` also what Temporal itself has lost. How many."""
    wanted = list(await transact(engine, lambda tx: erp_sources.behind(tx, older_than=older_than)))
    try:
        if looks_at_all:
            there = await transact(engine, erp_sources.there)
            wanted += [each for each in there if await described(client, each) is None]
        for source in wanted:
            await settle(engine, client, source)
    except TemporalAway:
        log.warning("temporal_unreachable", schedules=len(wanted))
        return 0
    return len(wanted)


def _is_missing(error: Exception) -> bool:
    return isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND
