"""What somebody sees of many things, as conditions of a query: the same rules as `doorstep.domain.authority` has."""

from collections.abc import Callable
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
    return await of_all_offices(tx, actor, i.office, _in_sight)


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
    if actor.is_trusted:
        return []
    if actor.key_id is not None:
        return [office.in_(await authority.offices_of_key(tx, actor.key_id))]
    key = address_key(actor.name)
    a, o = t.approvers.c, t.offices.c
    approves = exists().where(a.office == office, a.address_key == key)
    if not (await tx.execute(select(authority.is_known(key)))).scalar_one():
        return [false()] if actor.via == HUB else [~exists().where(so.office == office)]
    any_staff = select(o.any_staff_invites).where(o.code == so.office).scalar_subquery()
    theirs = authority.members(any_staff.label("any_staff")).where(t.staff.c.address_key == key)
    in_offices = []
    for row in await tx.execute(theirs):
        member = authority.read_member(row)
        who = authority_of(member, any_staff_invites=bool(row.any_staff))
        in_offices.append(and_(office == member.office, in_sight(who)))
    return [or_(approves, *in_offices)]


def _in_sight(who: Authority) -> ColumnElement[bool]:
    """An invitation is seen as a whole or not at all."""
    if who.sees_all:
        return true()
    seen = who.in_sight(who.accounts)
    if not seen:
        return false()
    of_it = ia.invitation_id == i.id
    return and_(exists().where(of_it, ia.account_id.in_(seen)), ~exists().where(of_it, ia.account_id.not_in(seen)))
