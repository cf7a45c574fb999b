"""Seats in use, counted and listed: the same usernames that `people.seats` counts, as far as they are in sight."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CTE, Date, Select, and_, cast, func, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.pages import Page, page_of
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


async def report(tx: AsyncConnection, actor: Actor, office: str) -> SeatReport:
    """How many seats an office uses, and what for.

    Raises:
        NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`.
    """
    belongs = union_all(*await _belongs(tx, actor, office)).cte("belongs")
    seats = _seats(belongs)
    counts = select(seats.c.state, seats.c.is_test, func.count()).group_by(seats.c.state, seats.c.is_test)
    by_state = [tuple(row) for row in await tx.execute(counts)]
    accounts, left_out = await _by_account(tx, belongs)
    at: datetime = (await tx.execute(select(func.now()))).scalar_one()
    states = {state: count for state, is_test, count in by_state if not is_test}
    return SeatReport(
        office=office,
        at=at,
        total=sum(states.values()),
        states=tuple(SeatCount(reason.value, states[reason]) for reason in Reason if reason in states),
        accounts=accounts,
        accounts_left_out=left_out,
        taken=await _taken(tx, seats),
        rehearsals=sum(count for _, is_test, count in by_state if is_test),
        awaited=await _awaited(tx, actor, office),
    )


async def page(tx: AsyncConnection, actor: Actor, office: str, *, after: str = "", limit: int) -> Page[Seat]:
    """The usernames that count, in their order.

    Raises:
        NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`.
    """
    joined, invited = await _belongs(tx, actor, office)
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


Belongs = Select[UUID, UUID | None, datetime]


async def _belongs(tx: AsyncConnection, actor: Actor, office: str) -> tuple[Belongs, Belongs]:
    """Who has to do with the office, by which account and since when: by membership, and by an invitation set up."""
    await offices.get(tx, office)
    who = await sight.require_some(tx, actor, office)
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


async def _taken(tx: AsyncConnection, seats: CTE) -> tuple[Taken, ...]:
    day = cast(func.timezone("UTC", seats.c.since), Date)
    query = select(day, func.count()).where(~seats.c.is_test).group_by(day).order_by(day)
    return tuple(Taken(*row) for row in await tx.execute(query))


async def _awaited(tx: AsyncConnection, actor: Actor, office: str) -> int:
    is_out = (i.office == office, i.state == State.PENDING, ~i.is_test)
    query = select(func.count()).select_from(t.invitations).where(*is_out, *await sight.of_invitations(tx, actor))
    count: int = (await tx.execute(query)).scalar_one()
    return count
