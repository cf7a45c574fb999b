"""Runs of a pull: one at a time for a source, each with its result and the rows that a person should look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.erp_sources import Source
from doorstep.domain.events import Event
from doorstep.store import audit, erp_sources
from doorstep.store import tables as t
from doorstep.store.audit import CLOCK

r = t.erp_runs.c
LOST_AFTER = timedelta(hours=6)
"""Longer than any pull takes; whatever says that it runs for so long runs no more."""
KEPT = 100
MOST_PROBLEMS = 100


@dataclass(frozen=True)
class Run:
    """One run; `problems` are rows by line and column, without what stood in them."""

    id: UUID
    outcome: str
    file: str
    digest: bytes | None
    etag: str
    last_modified: str
    counts: Mapping[str, int]
    problems: Sequence[Mapping[str, object]]
    message: str
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class Result:
    """How a run ended."""

    outcome: str
    message: str = ""
    file: str = ""
    digest: bytes | None = None
    etag: str = ""
    last_modified: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    problems: Sequence[Mapping[str, object]] = ()


COLUMNS = [r[name] for name in Run.__dataclass_fields__]


async def begin(tx: AsyncConnection, source_id: UUID, run_id: UUID) -> tuple[Source, Run | None] | None:
    """Begin a run, or go on with it after a worker died: the source, and what was taken last since it was set.

    None where there is nothing to do: the source is removed, or another run of it is under way.
    """
    source = await erp_sources.by_id(tx, source_id, for_update=True)
    if source is None:
        return None
    others = (r.source_id == source_id, r.outcome == "running", r.id != run_id)
    lost = t.erp_runs.update().where(*others, r.started_at < func.now() - LOST_AFTER)
    await tx.execute(lost.values(outcome="failed", message="The run was lost on its way.", ended_at=func.now()))
    if (await tx.execute(select(r.id).where(*others))).first() is not None:
        return None
    await tx.execute(insert(t.erp_runs).values(id=run_id, source_id=source_id).on_conflict_do_nothing())
    taken = select(*COLUMNS).where(r.source_id == source_id, r.outcome == "done", r.started_at > source.changed_at)
    row = (await tx.execute(taken.order_by(r.started_at.desc()).limit(1))).one_or_none()
    return source, None if row is None else Run(*row)


async def end(tx: AsyncConnection, source: Source, run_id: UUID, result: Result) -> None:
    """Note how a run ended, once; only the newest runs are kept."""
    values = {name: getattr(result, name) for name in Result.__dataclass_fields__}
    values |= {"problems": list(result.problems)[:MOST_PROBLEMS], "ended_at": func.now()}
    ended = t.erp_runs.update().where(r.id == run_id, r.outcome == "running").values(**values)
    if (await tx.execute(ended)).rowcount != 1:
        return
    kept = select(r.id).where(r.source_id == source.id).order_by(r.started_at.desc()).limit(KEPT)
    await tx.execute(delete(t.erp_runs).where(r.source_id == source.id, r.id.not_in(kept)))
    detail = {"office": source.office, "name": source.name, "outcome": result.outcome}
    await audit.record(tx, Event.ERP_PULLED, CLOCK, subject_id=source.id, detail=detail)


async def newest(tx: AsyncConnection, source_id: UUID, *, limit: int) -> list[Run]:
    """The newest runs of a source, newest first."""
    query = select(*COLUMNS).where(r.source_id == source_id).order_by(r.started_at.desc(), r.id).limit(limit)
    return [Run(*row) for row in await tx.execute(query)]


async def newest_of(tx: AsyncConnection, source_ids: Sequence[UUID]) -> dict[UUID, Run]:
    """The newest run of each of these sources that has one."""
    ordered = (r.source_id, r.started_at.desc(), r.id)
    query = select(r.source_id, *COLUMNS).where(r.source_id.in_(source_ids)).order_by(*ordered)
    return {row[0]: Run(*row[1:]) for row in await tx.execute(query.ext(distinct_on(r.source_id)))}
