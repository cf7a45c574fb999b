"""Sources of the ERP's export: pulled on a timetable, looked at, and pulled by hand."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict, Field

from doorstep.domain.erp_sources import LONGEST_NAME, Source
from doorstep.domain.keys import Scope
from doorstep.store.erp_runs import Run
from starter.erp import SourceStanding
from web.api.callers import Called
from web.api.operations import Operation, operation
from web.api.texts import NO_NUL, Answer, Line, Request

router = APIRouter(prefix="/v1", tags=["erp"], route_class=Operation)
LONGEST_LOCATION = 2000
MOST_RUNS = 100
AT = "2026-11-22T08:00:00Z"
RUN: dict[str, Any] = {
    "id": "0199a7c2-5a80-7000-8000-000000000000",
    "outcome": "done",
    "file": "customers.csv",
    "counts": {"rows": 120, "new_accounts": 2},
    "problems": [],
    "message": "",
    "started_at": AT,
    "ended_at": AT,
}
SOURCE: dict[str, Any] = {
    "id": "0199a7c2-5a80-7000-8000-000000000000",
    "name": "nightly",
    "location": "https://erp.example/exports/customers.csv",
    "timetable": "cron 0 2 * * * in Pacific/Auckland",
    "state": "active",
    "created_by": "key erp",
    "created_at": AT,
    "changed_at": AT,
}
STANDING = SOURCE | {"last_run": RUN, "next_at": AT, "is_under_way": False}
Name = Annotated[
    str, Path(min_length=1, max_length=LONGEST_NAME, pattern=NO_NUL, description="The name of the source.")
]


class SourcePut(Request):
    """Where to pull from, and when: either every so often or by a cron expression."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"location": SOURCE["location"], "cron": "0 2 * * *"}]})

    location: Annotated[
        str,
        Field(max_length=LONGEST_LOCATION, pattern=NO_NUL, description="An https address, or a folder of the server."),
    ]
    every_seconds: Annotated[
        int | None, Field(ge=300, le=31 * 86_400, description="How often: every 5 minutes to every 31 days.")
    ] = None
    cron: Annotated[Line, Field(description="Or when: minute, hour, day, month, weekday.")] = ""
    time_zone: Annotated[Line, Field(description="Whose clock that is on; the office's where empty.")] = ""


class RunAnswer(Answer):
    """One pull; `problems` are rows to look at, without what stood in them."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [RUN]})

    id: Annotated[UUID, Field(description="Its id.")]
    outcome: Annotated[str, Field(description="running, done, unchanged or failed.")]
    file: Annotated[str, Field(description="The name of the file.")]
    counts: Annotated[Mapping[str, int], Field(description="How many rows came to what.")]
    problems: Annotated[list[Mapping[str, Any]], Field(description="Rows to look at, by line and column.")]
    message: Annotated[str, Field(description="Why it failed.")]
    started_at: Annotated[datetime, Field(description="When it began.")]
    ended_at: Annotated[datetime | None, Field(description="When it ended.")]


class RunsAnswer(Answer):
    """The newest runs, newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"data": [RUN]}]})

    data: Annotated[list[RunAnswer], Field(description="The runs.")]

    @classmethod
    def of(cls, runs: list[Run]) -> Self:
        """What is told of runs."""
        return cls(data=[RunAnswer.model_validate(each) for each in runs])


class SourceAnswer(Answer):
    """One source of the ERP's export."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [SOURCE]})

    id: Annotated[UUID, Field(description="Its id.")]
    name: Annotated[str, Field(description="Its name.")]
    location: Annotated[str, Field(description="Where it pulls from.")]
    timetable: Annotated[str, Field(description="When.")]
    state: Annotated[str, Field(description="active or paused.")]
    created_by: Annotated[str, Field(description="Who made it.")]
    created_at: Annotated[datetime, Field(description="When it was made.")]
    changed_at: Annotated[datetime, Field(description="When it was set last.")]

    @classmethod
    def of(cls, source: Source) -> Self:
        """What is told of a source."""
        return cls.model_validate(source)


class SourceStandingAnswer(SourceAnswer):
    """One source, its newest run, and when the next one is due."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [STANDING]})

    last_run: Annotated[RunAnswer | None, Field(description="The newest run.")]
    next_at: Annotated[datetime | None, Field(description="The next one; null while paused or not known.")]
    is_under_way: Annotated[bool, Field(description="It is being pulled now.")]

    @classmethod
    def standing(cls, found: SourceStanding) -> Self:
        """What is told of how a source stands."""
        own = SourceAnswer.of(found.source).model_dump()
        last = None if found.last is None else RunAnswer.model_validate(found.last)
        more = {"last_run": last, "next_at": found.next_at, "is_under_way": found.is_under_way}
        return cls.model_validate(own | more)


class SourcesAnswer(Answer):
    """The sources of the office, by name."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"data": [STANDING]}]})

    data: Annotated[list[SourceStandingAnswer], Field(description="The sources.")]


@router.get("/erp-sources", **operation(Scope.IMPORT))
async def list_sources(caller: Called) -> SourcesAnswer:
    """List the sources of the ERP's export, with their newest runs."""
    found = await caller.doorstep.erp_sources(caller.office)
    return SourcesAnswer(data=[SourceStandingAnswer.standing(each) for each in found])


@router.get("/erp-sources/{source}", **operation(Scope.IMPORT, 404))
async def show_source(source: Name, caller: Called) -> SourceStandingAnswer:
    """Look at one source, its newest run and when the next one is due."""
    return SourceStandingAnswer.standing(await caller.doorstep.erp_source(caller.office, source))


@router.put("/erp-sources/{source}", **operation(Scope.SETTINGS, 404, 413))
async def put_source(source: Name, said: SourcePut, caller: Called) -> SourceAnswer:
    """Make or change a source.

    What is set again is imported again, even where the export has not changed.
    """
    every = None if said.every_seconds is None else timedelta(seconds=said.every_seconds)
    put = await caller.doorstep.erp_set(
        caller.office, source, location=said.location, every=every, cron=said.cron, time_zone=said.time_zone
    )
    return SourceAnswer.of(put)


@router.delete("/erp-sources/{source}", status_code=204, **operation(Scope.SETTINGS, 404))
async def remove_source(source: Name, caller: Called) -> None:
    """Take a source away.

    What was imported stays.
    """
    await caller.doorstep.erp_remove(caller.office, source)


@router.get("/erp-sources/{source}/runs", **operation(Scope.IMPORT, 404))
async def list_runs(
    source: Name,
    caller: Called,
    limit: Annotated[int, Query(ge=1, le=MOST_RUNS, description="How many at most.")] = 20,
) -> RunsAnswer:
    """List the newest runs of a source, newest first."""
    return RunsAnswer.of(await caller.doorstep.erp_runs(caller.office, source, limit=limit))


@router.post("/erp-sources/{source}/run", **operation(Scope.IMPORT, 404, 409))
async def run_source(source: Name, caller: Called) -> SourceAnswer:
    """Pull from a source now; never twice at once."""
    return SourceAnswer.of(await caller.doorstep.erp_run(caller.office, source))


@router.post("/erp-sources/{source}/pause", **operation(Scope.SETTINGS, 404))
async def pause_source(source: Name, caller: Called) -> SourceAnswer:
    """Pull no more from a source until it is resumed."""
    return SourceAnswer.of(await caller.doorstep.erp_pause(caller.office, source))


@router.post("/erp-sources/{source}/resume", **operation(Scope.SETTINGS, 404))
async def resume_source(source: Name, caller: Called) -> SourceAnswer:
    """Pull from a source by its timetable again."""
    return SourceAnswer.of(await caller.doorstep.erp_resume(caller.office, source))
