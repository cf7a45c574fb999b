"""Figures: a handful of statements, however many invitations there are; whatever is out of sight counts nowhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CTE, ColumnElement, Row, and_, case, column, desc, exists, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.errors import Invalid
from doorstep.domain.figures import MOST_GROUPS, Age, By, Figures, Reached, Step, Stretch, Took, Waiting, Ways
from doorstep.domain.states import OPEN, State
from doorstep.store import figures_direct, offices, sight
from doorstep.store import tables as t
from doorstep.store.audit import Actor
from doorstep.store.figures_cohort import FLAGS, apart, cohort, in_all

i = t.invitations.c
m = t.memberships.c
HOUR = timedelta(hours=1)
AGES = ((Age.HOUR, HOUR), (Age.DAY, 24 * HOUR), (Age.THREE_DAYS, 72 * HOUR), (Age.WEEK, 168 * HOUR))
Moment = datetime | timedelta | None


@dataclass(frozen=True)
class Wanted:
    """Which figures: of one office or of all in sight, of the invitations created in a window, taken apart or not.

    An end of the window is a moment, or how long ago; without `since` it begins with the first, without `until` it
    ends now.
    """

    office: str | None = None
    since: Moment = None
    until: Moment = None
    by: By | None = None


async def figures(tx: AsyncConnection, actor: Actor, wanted: Wanted) -> Figures:
    """The figures, as far as `actor` sees what they are about.

    Raises:
        NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`; Invalid: `window_invalid`.
    """
    now = await _now(tx, wanted.office)
    since, until = window(now, wanted.since, wanted.until)
    seen, added = await _in_sight(tx, actor, wanted.office)
    lines = cohort(*seen, *_within(since, until))
    total, *groups = await _counted(tx, lines, wanted)
    return Figures(
        office=wanted.office,
        since=since,
        until=until,
        at=now,
        total=_ways(total),
        by=wanted.by,
        groups=tuple(_ways(row) for row in groups),
        groups_left_out=groups[0].lines - len(groups) if groups else 0,
        open=await _open(tx, seen),
        direct=await figures_direct.direct(tx, added, since, until),
    )


async def _now(tx: AsyncConnection, office: str | None) -> datetime:
    """The hour of asking; the sorting of this transaction may stay in memory, which halves its time.

    Raises:
        NotFound: `no_such_office`.
    """
    is_there = exists().where(t.offices.c.code == (office or ""))
    query = select(func.now(), func.set_config("work_mem", "64MB", True), is_there)
    now, _, found = (await tx.execute(query)).one()
    if office is not None and not found:
        await offices.get(tx, office)
    return cast("datetime", now)


async def _in_sight(
    tx: AsyncConnection, actor: Actor, office: str | None
) -> tuple[list[ColumnElement[bool]], list[ColumnElement[bool]]]:
    """What narrows invitations, and memberships, to those that `actor` sees of one office or of all.

    Raises:
        Forbidden: `not_staff`, `not_allowed`.
    """
    if office is not None:
        who = await sight.require_some(tx, actor, office)
        return sight.invitations_of(who, office), [m.office == office, *sight.of_accounts(who, m.account_id)]
    seen = await sight.everywhere(tx, actor)
    return seen.narrowed(i.office, sight.in_sight), seen.narrowed(m.office, figures_direct.in_sight)


async def _counted(tx: AsyncConnection, lines: CTE, wanted: Wanted) -> Sequence[Row[*tuple[Any, ...]]]:
    """The sums of all, then of each group; in one statement, which reads the invitations once."""
    if wanted.by is None:
        return (await tx.execute(in_all(lines))).all()
    groups = apart(lines, wanted.by, is_one_office=wanted.office is not None)
    most = groups.order_by(column(Step.INVITED).desc(), column("name")).limit(MOST_GROUPS).subquery()
    query = union_all(in_all(lines), select(most))
    return (await tx.execute(query.order_by(desc("is_total"), desc(Step.INVITED), "name"))).all()


def window(now: datetime, since: Moment, until: Moment) -> tuple[datetime | None, datetime]:
    """Both ends as moments.

    Raises:
        Invalid: `window_invalid`.
    """
    begins, ends = (now - each if isinstance(each, timedelta) else each for each in (since, until))
    for name, moment in (("since", begins), ("until", ends)):
        if moment is not None and moment.tzinfo is None:
            raise Invalid("window_invalid", f"The moment in {name} has no time zone. Say which, as in Z.", field=name)
    ends = now if ends is None else ends
    if begins is not None and begins >= ends:
        raise Invalid("window_invalid", "The window ends before it begins. Choose an earlier since.", field="since")
    return begins, ends


def _within(since: datetime | None, until: datetime) -> list[ColumnElement[bool]]:
    return [i.created_at < until, *([] if since is None else [i.created_at >= since])]


def _ways(row: Row[*tuple[Any, ...]]) -> Ways:
    found = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name
    invited = found[Step.INVITED]
    undeliverable, existing, departed = (found[flag] for flag in FLAGS)
    return Ways(
        name=found["name"],
        funnel=tuple(Reached(step, found[step], found[step] / invited if invited else None) for step in Step),
        times=tuple(_took(stretch, found[f"timed_{stretch}"], found[f"took_{stretch}"]) for stretch in Stretch),
        states={state.value: found[f"state_{state}"] for state in State if state is not State.DRAFT},
        undeliverable=undeliverable,
        existing=existing,
        departed=departed,
    )


def _took(stretch: Stretch, count: int, percentiles: list[float] | None) -> Took:
    median, p95 = percentiles or (None, None)
    return Took(stretch, count, median, p95)


async def _open(tx: AsyncConnection, seen: list[ColumnElement[bool]]) -> tuple[Waiting, ...]:
    """Everything open, by state and by how long it has been in it; an expired one is open until it is closed."""
    waited = func.now() - i.since
    age = case(*((waited < end, literal(each.value)) for each, end in AGES), else_=literal(Age.OLDER.value))
    is_open = and_(i.state.in_(OPEN), i.closed_at.is_(None), ~i.is_test)
    query = select(i.state, age, func.count()).where(is_open, *seen).group_by(i.state, age)
    counts = {(state, each): count for state, each, count in await tx.execute(query)}
    states = [state.value for state in State if any(state == found for found, _ in counts)]
    return tuple(
        Waiting(state, each, counts[state, each.value]) for state in states for each in Age if (state, each) in counts
    )
