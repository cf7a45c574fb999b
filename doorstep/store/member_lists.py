"""The users of an office, all of them or page by page, as far as whoever looks sees them; and the seats they take."""

from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import Authority
from doorstep.domain.pages import Page, page_of
from doorstep.store import offices, users
from doorstep.store import tables as t
from doorstep.store.audit import Actor
from doorstep.store.people import Member, members
from doorstep.store.reach import Reached, no_such_user, reached
from doorstep.store.sight import require_some
from doorstep.store.users import username_key

u = t.users.c
m = t.memberships.c
i = t.invitations.c
ia = t.invitation_accounts.c


async def get_by_id(tx: AsyncConnection, actor: Actor, user_id: UUID) -> Member:
    """A user whom `actor` may see, by the id.

    Raises:
        NotFound: `no_such_user`.
    """
    found = await users.by_id(tx, user_id)
    if found is None:
        raise no_such_user()
    return (await members(tx, [found], await reached(tx, actor, user_id)))[0]


async def listed(tx: AsyncConnection, actor: Actor, office: str, *, state: str | None, limit: int) -> list[Member]:
    """The users of an office with what they belong to there, in order of username, as far as `actor` sees them.

    Raises:
        NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`.
    """
    await offices.get(tx, office)
    return list((await page(tx, actor, office, state=state, limit=limit)).items)


async def page(
    tx: AsyncConnection,
    actor: Actor,
    office: str,
    *,
    state: str | None = None,
    username: str | None = None,
    after: str = "",
    limit: int,
) -> Page[Member]:
    """The same, page by page, or the one of that username; a place in the list is how usernames are compared.

    Raises:
        NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`.
    """
    who = await require_some(tx, actor, office)
    wanted = [_of_office(office), *_in_sight(who, office), *([u.username_key > after] if after else [])]
    if state is not None:
        wanted.append(u.state == state)
    if username is not None:
        wanted.append(u.username_key == username_key(username))
    found = page_of(await users.found(tx, *wanted, limit=limit + 1), limit, lambda user: username_key(user.username))
    if not found.items:
        await offices.get(tx, office)
    shown = await members(tx, found.items, Reached({office: (who, who.accounts)}, actor.is_trusted))
    return Page(tuple(shown), found.next)


def _of_office(office: str) -> ColumnElement[bool]:
    belongs = exists().where(m.user_id == u.id, m.office == office)
    invited = exists().where(i.user_id == u.id, i.office == office)
    return or_(belongs, invited)


def _in_sight(who: Authority, office: str) -> list[ColumnElement[bool]]:
    if who.sees_all:
        return []
    belongs = exists().where(m.user_id == u.id, m.office == office, m.account_id.in_(who.accounts))
    of_account = select(ia.invitation_id).where(ia.account_id.in_(who.accounts))
    invited = exists().where(i.user_id == u.id, i.office == office, i.id.in_(of_account))
    return [or_(belongs, invited)]


async def seats(tx: AsyncConnection, actor: Actor, office: str) -> int:
    """How many seats an office uses: every username from set-up until it is deleted, rehearsals left out (S4.47).

    Raises:
        NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`.
    """
    await offices.get(tx, office)
    await require_some(tx, actor, office)
    query = select(func.count()).select_from(t.users).where(_of_office(office), ~u.is_test)
    count: int = (await tx.execute(query)).scalar_one()
    return count
