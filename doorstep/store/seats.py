"""Seats in use, counted and listed: the same usernames that `people.seats` counts, as far as they are in sight."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, Date, Select, and_, cast, func, or_, select, union_all
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


Belongs = Select[UUID, UUID | None, datetime]


@dataclass(frozen=True)
class _Counted:
    """Some seats that have everything in common that is counted."""

    state: str
    is_test: bool
    day: date
    count: int


async def report(tx: AsyncConnection, actor: Actor, office: str) -> SeatReport:
    """How many seats an office uses, and what for.

    Raises:
        NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`.
    """
    at = await offices.hour(tx, office)
    who = await sight.require_some(tx, actor, office)
    belongs = union_all(*_belongs(who, office)).cte("belongs")
    seats = await _counted(tx, _seats(belongs))
    accounts, left_out = await _by_account(tx, belongs)
    counts, days = _summed(seats, "state"), _summed(seats, "day")
    return SeatReport(
        office=office,
        at=at,
        total=sum(counts.values()),
        states=tuple(SeatCount(reason.value, counts[reason]) for reason in Reason if reason in counts),
        accounts=accounts,
        accounts_left_out=left_out,
        taken=tuple(Taken(day, days[day]) for day in sorted(days)),
        rehearsals=sum(each.count for each in seats if each.is_test),
        awaited=await _awaited(tx, who, office),
    )


async def page(tx: AsyncConnection, actor: Actor, office: str, *, after: str = "", limit: int) -> Page[Seat]:
    """The usernames that count, in their order.

    Raises:
        NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`.
    """
    await offices.hour(tx, office)
    joined, invited = _belongs(await sight.require_some(tx, actor, office), office)
    theirs = [each.correlate(t.users) for each in (joined.where(m.user_id == u.id), invited.where(i.user_id == u.id))]
    firsts = [each.with_only_columns(func.min(each.selected_columns.at)).scalar_subquery() for each in theirs]
    accounts = union_all(*(each.with_only_columns(each.selected_columns.account_id) for each in theirs))
    codes = func.array(select(ac.code).where(ac.id.in_(accounts)).order_by(ac.code).scalar_subquery())
    since = func.coalesce(func.least(*firsts), u.created_at)
    query = select(u.id, u.username, u.name, u.state, u.pair_id.is_not(None), codes, since)
    is_seat = and_(or_(*(each.exists() for each in theirs)), ~u.is_test)
    rows = await tx.execute(query.where(is_seat, u.username_key > after).order_by(u.username_key).limit(limit + 1))
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


def _seats(belongs: CTE) -> CTE:
    """One line a user; a seat here begins with the user, or when one of another office came to this one too."""
    since = func.coalesce(func.min(belongs.c.at), u.created_at)
    lines = select(u.id, u.username, u.username_key, u.name, u.state, u.is_test).add_columns(
        u.pair_id.is_not(None).label("is_staff_login"), since.label("since")
    )
    return lines.join(belongs, belongs.c.user_id == u.id).group_by(u.id).cte("seats")


async def _by_account(tx: AsyncConnection, belongs: CTE) -> tuple[tuple[SeatCount, ...], int]:
    code = func.coalesce(ac.code, "").label("code")
    count = func.count(belongs.c.user_id.distinct()).label("count")
    linked = belongs.join(t.users, u.id == belongs.c.user_id).outerjoin(t.accounts, ac.id == belongs.c.account_id)
    query = select(code, count, func.count().over()).select_from(linked).where(~u.is_test).group_by(code)
    rows = list(await tx.execute(query.order_by(count.desc(), code).limit(MOST_ACCOUNTS)))
    return tuple(SeatCount(row[0], row[1]) for row in rows), rows[0][2] - len(rows) if rows else 0


async def _counted(tx: AsyncConnection, seats: CTE) -> Sequence[_Counted]:
    """How many there are, by their state, by the day they were taken, and whether they rehearse."""
    day = cast(func.timezone("UTC", seats.c.since), Date)
    query = select(seats.c.state, seats.c.is_test, day, func.count()).group_by(seats.c.state, seats.c.is_test, day)
    return [_Counted(*row) for row in await tx.execute(query)]


def _summed(seats: Sequence[_Counted], name: str) -> Counter[Any]:
    """How many share a state or a day, without those that rehearse."""
    found: Counter[Any] = Counter()
    for each in seats:
        if not each.is_test:
            found[getattr(each, name)] += each.count
    return found


async def _awaited(tx: AsyncConnection, who: Authority, office: str) -> int:
    is_out = (i.state == State.PENDING, ~i.is_test, *sight.invitations_of(who, office))
    count: int = (await tx.execute(select(func.count()).select_from(t.invitations).where(*is_out))).scalar_one()
    return count
