"""The users of an office, all of them or page by page, as far as whoever looks sees them; and the seats they take."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import EVERYTHING, Authority
from doorstep.domain.pages import Page, page_of
from doorstep.store import offices, users
from doorstep.store import tables as t
from doorstep.store.audit import Actor
from doorstep.store.listing import NUMBER
from doorstep.store.people import Member, members
from doorstep.store.reach import Reached, no_such_user, reached
from doorstep.store.sight import of_accounts, require_some, users_of
from doorstep.store.users import username_key

u = t.users.c
m = t.memberships.c
i = t.invitations.c
ia = t.invitation_accounts.c


@dataclass(frozen=True)
class UserFilter:
    """What narrows a list of users; None leaves a thing open.

    `username` is a whole one, in any case; `search` a part of the username, the name, the address or the number;
    `account` the code of an account.
    """

    state: str | None = None
    username: str | None = None
    search: str = ""
    account: str | None = None


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
    return list((await page(tx, actor, office, UserFilter(state), limit=limit)).items)


async def page(
    tx: AsyncConnection,
    actor: Actor,
    office: str,
    wanted: UserFilter,
    *,
    after: str = "",
    limit: int,
) -> Page[Member]:
    """The same, page by page; a place in the list is how usernames are compared.

    Raises:
        NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`.
    """
    who = await require_some(tx, actor, office)
    conditions = [users_of(who, office), *_narrowed(who, office, wanted)]
    if after:
        conditions.append(u.username_key > after)
    query = users.found(tx, *conditions, limit=limit + 1)
    found = page_of(await query, limit, lambda user: username_key(user.username))
    if not found.items:
        await offices.get(tx, office)
        return Page(())
    shown = await members(tx, found.items, Reached({office: (who, who.accounts)}, actor.is_trusted))
    return Page(tuple(shown), found.next)


def _narrowed(who: Authority, office: str, wanted: UserFilter) -> list[ColumnElement[bool]]:
    narrowed: list[ColumnElement[bool]] = [] if wanted.state is None else [u.state == wanted.state]
    if wanted.username is not None:
        narrowed.append(u.username_key == username_key(wanted.username))
    if wanted.search.strip():
        narrowed.append(_matches(wanted.search.strip()))
    if wanted.account is not None:
        narrowed.append(_on_account(who, office, wanted.account))
    return narrowed


def _matches(text: str) -> ColumnElement[bool]:
    keys = (u.username_key, u.email_key)
    found = [column.contains(username_key(text), autoescape=True) for column in keys]
    digits = "".join(letter for letter in text if letter.isdigit()).lstrip("0")
    by_number = [u.phone_key.contains(digits)] if NUMBER.fullmatch(text) and digits else []
    return or_(*found, u.name.icontains(text, autoescape=True), *by_number)


def _on_account(who: Authority, office: str, code: str) -> ColumnElement[bool]:
    """True of whoever belongs to the account of that code, or is invited to it; one that is out of sight has nobody."""
    a = t.accounts.c
    named = select(a.id).where(a.office == office, a.code == code, *of_accounts(who, a.id)).scalar_subquery()
    of_account = select(ia.invitation_id).where(ia.account_id == named)
    belongs = exists().where(m.user_id == u.id, m.account_id == named)
    return or_(belongs, exists().where(i.user_id == u.id, i.id.in_(of_account)))


async def seats(tx: AsyncConnection, actor: Actor, office: str) -> int:
    """How many seats an office uses: every username from set-up until it is deleted, rehearsals left out (S4.47).

    Raises:
        NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`.
    """
    await offices.get(tx, office)
    await require_some(tx, actor, office)
    query = select(func.count()).select_from(t.users).where(users_of(EVERYTHING, office), ~u.is_test)
    count: int = (await tx.execute(query)).scalar_one()
    return count
