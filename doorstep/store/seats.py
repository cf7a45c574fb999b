"""Seats in use, counted and listed: the same usernames that `people.seats` counts, as far as they are in sight."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, BigInteger, Date, Row, Select, cast, func, literal, null, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import Authority
from doorstep.domain.pages import Page, cursor_invalid, page_of
from doorstep.domain.seats import MOST_ACCOUNTS, Reason, Seat, SeatCount, SeatReport, Taken
from doorstep.domain.states import State
from doorstep.store import offices, sight
from doorstep.store import tables as t
from doorstep.store.audit import Actor
from doorstep.store.users import username_key

u = t.users.c
m = t.memberships.c
i = t.invitations.c
ia = t.invitation_accounts.c
ac = t.accounts.c


NO_DAY, NO_LINES = cast(null(), Date), cast(null(), BigInteger)
Belongs = Select[UUID, UUID | None, datetime]


async def report(tx: AsyncConnection, actor: Actor, office: str) -> SeatReport:
    """How many seats an office uses, and what for; whoever takes one is read once, however it is counted.

    Raises:
        NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`.
    """
    at = await offices.hour(tx, office)
    who = await sight.require_some(tx, actor, office)
    taken = _taken(who, office)
    rows = (await tx.execute(union_all(_by_day(taken), select(_by_account(taken).subquery())))).all()
    seats = [row for row in rows if row.day is not None and not row.is_test]
    accounts = sorted((row for row in rows if row.day is None), key=lambda row: (-row.number, row.name))
    counts, days = _summed(seats, "name"), _summed(seats, "day")
    return SeatReport(
        office=office,
        at=at,
        total=sum(counts.values()),
        states=tuple(SeatCount(reason.value, counts[reason]) for reason in Reason if reason in counts),
        accounts=tuple(SeatCount(row.name, row.number) for row in accounts),
        accounts_left_out=accounts[0].lines - len(accounts) if accounts else 0,
        taken=tuple(Taken(day, days[day]) for day in sorted(days)),
        rehearsals=sum(row.number for row in rows if row.is_test),
        awaited=await _awaited(tx, who, office),
    )


async def page(tx: AsyncConnection, actor: Actor, office: str, *, after: str = "", limit: int) -> Page[Seat]:
    """The usernames that count, in their order.

    Raises:
        NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`.
    """
    await offices.hour(tx, office)
    who = await sight.require_some(tx, actor, office)
    joined, invited = _belongs(who, office)
    theirs = [each.correlate(t.users) for each in (joined.where(m.user_id == u.id), invited.where(i.user_id == u.id))]
    firsts = [each.with_only_columns(func.min(each.selected_columns.at)).scalar_subquery() for each in theirs]
    accounts = union_all(*(each.with_only_columns(each.selected_columns.account_id) for each in theirs))
    codes = func.array(select(ac.code).where(ac.id.in_(accounts)).order_by(ac.code).scalar_subquery())
    since = func.coalesce(func.least(*firsts), u.created_at)
    query = select(u.id, u.username, u.name, u.state, u.pair_id.is_not(None), codes, since)
    rows = await tx.execute(
        query.where(sight.users_of(who, office), ~u.is_test, u.username_key > after)
        .order_by(u.username_key)
        .limit(limit + 1)
    )
    found = [Seat(row[0], row[1], row[2], Reason(row[3]), row[4], tuple(row[5]), row[6]) for row in rows]
    return page_of(found, limit, lambda seat: username_key(seat.username))


async def place_of(tx: AsyncConnection, user_id: UUID) -> str:
    """Where a user stands in the list, for addresses of pages: they name nobody.

    Raises:
        Invalid: `cursor_invalid`, also for one who was deleted meanwhile.
    """
    key: str | None = (await tx.execute(select(u.username_key).where(u.id == user_id))).scalar_one_or_none()
    if key is None:
        raise cursor_invalid()
    return key


def _belongs(who: Authority, office: str) -> tuple[Belongs, Belongs]:
    """Who has to do with the office, by which account and since when: by membership, and by an invitation set up."""
    joined = select(m.user_id, m.account_id, m.created_at.label("at")).where(m.office == office)
    of_invitation = t.invitations.outerjoin(t.invitation_accounts, ia.invitation_id == i.id)
    invited = select(i.user_id, ia.account_id, i.set_up_at.label("at")).select_from(of_invitation)
    return (
        joined.where(*sight.of_accounts(who, m.account_id)),
        invited.where(i.office == office, i.user_id.is_not(None), *sight.of_accounts(who, ia.account_id)),
    )


def _taken(who: Authority, office: str) -> CTE:
    """A line for each user and account; one by invitation and by membership too is one."""
    belongs = union_all(*_belongs(who, office)).subquery("belongs").c
    at = func.min(belongs.at).label("at")
    each = select(belongs.user_id, belongs.account_id, at).group_by(belongs.user_id, belongs.account_id)
    placed = each.subquery("placed")
    lines = select(placed, u.state, u.is_test, u.created_at).join(t.users, u.id == placed.c.user_id)
    return lines.cte("taken")


def _by_day(taken: CTE) -> Select[*tuple[Any, ...]]:
    """How many there are, by their state, by the day they were taken, and whether they rehearse.

    A seat here begins with the user, or when one of another office came to this one too.
    """
    c = taken.c
    since = func.coalesce(func.min(c.at), c.created_at)
    day = cast(func.timezone("UTC", since), Date).label("day")
    seat = select(c.state, c.is_test, day).group_by(c.user_id, c.state, c.is_test, c.created_at).subquery("seat").c
    number, lines = func.count().label("number"), NO_LINES.label("lines")
    counted = select(seat.state.label("name"), seat.is_test, seat.day, number, lines)
    return counted.group_by(seat.state, seat.is_test, seat.day)


def _by_account(taken: CTE) -> Select[*tuple[Any, ...]]:
    """How many each account has, the largest first, and how many accounts there are."""
    code = func.coalesce(ac.code, "").label("name")
    number, lines = func.count().label("number"), func.count().over().label("lines")
    linked = taken.outerjoin(t.accounts, ac.id == taken.c.account_id)
    query = select(code, literal(False).label("is_test"), cast(null(), Date).label("day"), number, lines).select_from(
        linked
    )
    return query.where(~taken.c.is_test).group_by(code).order_by(number.desc(), code).limit(MOST_ACCOUNTS)


def _summed(seats: Sequence[Row[*tuple[Any, ...]]], name: str) -> Counter[Any]:
    """How many share a state or a day."""
    found: Counter[Any] = Counter()
    for each in seats:
        found[getattr(each, name)] += each.number
    return found


async def _awaited(tx: AsyncConnection, who: Authority, office: str) -> int:
    is_out = (i.state == State.PENDING, ~i.is_test, *sight.invitations_of(who, office))
    count: int = (await tx.execute(select(func.count()).select_from(t.invitations).where(*is_out))).scalar_one()
    return count
