"""What somebody sees of many things, as conditions of a query: the same rules as `doorstep.domain.authority` has."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.addresses import address_key
from doorstep.domain.authority import Authority, Right, authority_of, not_allowed
from doorstep.store import authority
from doorstep.store import tables as t
from doorstep.store.audit import HUB, Actor

i = t.invitations.c
ia = t.invitation_accounts.c
m = t.memberships.c
so = t.staff_offices.c


async def require_some(tx: AsyncConnection, actor: Actor, office: str) -> Authority:
    """The authority of somebody who sees something of an office, if not all of it.

    Raises:
        Forbidden: `not_staff`, `not_allowed`.
    """
    who = await authority.standing(tx, actor, office)
    if Right.SEE not in who.rights:
        raise not_allowed(Right.SEE)
    return who


def of_accounts(who: Authority, account: ColumnElement[UUID]) -> list[ColumnElement[bool]]:
    """What narrows the accounts of one office to those in sight; nothing where all of them are."""
    return [] if who.sees_all else [account.in_(who.in_sight(who.accounts))]


async def of_invitations(tx: AsyncConnection, actor: Actor) -> list[ColumnElement[bool]]:
    """What narrows the invitations of all offices to those in sight; nothing for whoever is held to no office."""
    return await of_all_offices(tx, actor, i.office, in_sight)


async def of_all_offices(
    tx: AsyncConnection,
    actor: Actor,
    office: ColumnElement[str],
    in_sight: Callable[[Authority], ColumnElement[bool]],
) -> list[ColumnElement[bool]]:
    """What narrows rows of all offices to those that `actor` sees.

    Args:
        tx: the transaction.
        actor: who looks.
        office: the column that says whose a row is.
        in_sight: what of one office somebody sees who has an authority there.
    """
    return (await everywhere(tx, actor)).narrowed(office, in_sight)


@dataclass(frozen=True)
class Everywhere:
    """What somebody sees of all offices, looked up once for rows of several kinds.

    `offices` are those of a key, of which it sees everything; `key` is the address of a person, `members` what they are
    on the staff of offices; `is_unknown` tells of somebody whom no office knows, who sees nothing from the Team Hub.
    """

    is_all: bool = False
    offices: tuple[str, ...] | None = None
    key: str = ""
    members: tuple[tuple[str, Authority], ...] = ()
    is_unknown: bool = False
    via: str = ""

    def narrowed(
        self, office: ColumnElement[str], in_sight: Callable[[Authority], ColumnElement[bool]]
    ) -> list[ColumnElement[bool]]:
        """What narrows rows to those in sight: `office` says whose a row is, `in_sight` what of one office is seen."""
        if self.is_all:
            return []
        if self.offices is not None:
            return [office.in_(self.offices)]
        if self.is_unknown:
            return [false()] if self.via == HUB else [~exists().where(so.office == office)]
        approves = exists().where(t.approvers.c.office == office, t.approvers.c.address_key == self.key)
        return [or_(approves, *(and_(office == code, in_sight(who)) for code, who in self.members))]


async def everywhere(tx: AsyncConnection, actor: Actor) -> Everywhere:
    """What `actor` sees of all offices."""
    if actor.is_trusted:
        return Everywhere(is_all=True)
    if actor.key_id is not None:
        return Everywhere(offices=tuple(await authority.offices_of_key(tx, actor.key_id)))
    key, o = address_key(actor.name), t.offices.c
    if not (await tx.execute(select(authority.is_known(key)))).scalar_one():
        return Everywhere(is_unknown=True, via=actor.via)
    any_staff = select(o.any_staff_invites).where(o.code == so.office).scalar_subquery()
    theirs = authority.members(any_staff.label("any_staff")).where(t.staff.c.address_key == key)
    members = []
    for row in await tx.execute(theirs):
        member = authority.read_member(row)
        members.append((member.office, authority_of(member, any_staff_invites=bool(row.any_staff))))
    return Everywhere(key=key, members=tuple(members))


def invitations_of(who: Authority, office: str) -> list[ColumnElement[bool]]:
    """What narrows invitations to those of one office that somebody with this authority there sees."""
    return [i.office == office, *([] if who.sees_all else [in_sight(who)])]


def in_sight(who: Authority) -> ColumnElement[bool]:
    """An invitation is seen as a whole or not at all."""
    if who.sees_all:
        return true()
    seen = who.in_sight(who.accounts)
    if not seen:
        return false()
    of_it = ia.invitation_id == i.id
    return and_(exists().where(of_it, ia.account_id.in_(seen)), ~exists().where(of_it, ia.account_id.not_in(seen)))


def users_of(who: Authority, office: str) -> ColumnElement[bool]:
    """What narrows users to those who belong to one office, or made themselves by its invitation, by accounts in sight.

    Two lists and not one of both: PostgreSQL keeps them in memory and reads users in the order that is asked for,
    where it would read one list and all users before it puts anybody in order.
    """
    joined = select(m.user_id).where(m.office == office, *of_accounts(who, m.account_id))
    invited = select(i.user_id).where(i.office == office, i.user_id.is_not(None))
    if not who.sees_all:
        by_account = invited.join(t.invitation_accounts, ia.invitation_id == i.id)
        invited = by_account.where(*of_accounts(who, ia.account_id))
    return or_(t.users.c.id.in_(joined), t.users.c.id.in_(invited))
