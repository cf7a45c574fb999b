"""Way A in the figures: whom staff added themselves, as far as it is in sight."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, distinct, exists, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.addresses import address_key
from doorstep.domain.authority import Authority, authority_of
from doorstep.domain.figures import Direct
from doorstep.store import authority, sight
from doorstep.store import tables as t
from doorstep.store.audit import Actor

u = t.users.c
m = t.memberships.c
so = t.staff_offices.c


async def direct(
    tx: AsyncConnection, actor: Actor, office: str | None, since: datetime | None, until: datetime
) -> Direct:
    """The pairs added in the window that are there still, in one office or in all in sight."""
    wanted = [m.invitation_id.is_(None), u.pair_id.is_(None), ~u.is_test, u.created_at < until]
    wanted += [] if since is None else [u.created_at >= since]
    wanted += await _of_all(tx, actor) if office is None else await _of_one(tx, actor, office)
    counted = distinct(u.id)
    query = select(
        func.count(counted),
        func.count(counted).filter(u.password_hash.is_not(None)),
        func.count(counted).filter(u.first_signed_in_at.is_not(None)),
    )
    row = (await tx.execute(query.select_from(t.users.join(t.memberships, m.user_id == u.id)).where(*wanted))).one()
    return Direct(*row)


async def _of_one(tx: AsyncConnection, actor: Actor, office: str) -> list[ColumnElement[bool]]:
    who = await sight.require_some(tx, actor, office)
    return [m.office == office, *sight.of_accounts(who, m.account_id)]


async def _of_all(tx: AsyncConnection, actor: Actor) -> list[ColumnElement[bool]]:
    """The same rule that `sight.of_invitations` has for invitations, for what users belong to."""
    if actor.is_trusted:
        return []
    if actor.key_id is not None:
        return [m.office.in_(await authority.offices_of_key(tx, actor.key_id))]
    key = address_key(actor.name)
    if not (await tx.execute(select(authority.is_known(key)))).scalar_one():
        return [~exists().where(so.office == m.office)]
    approves = exists().where(t.approvers.c.office == m.office, t.approvers.c.address_key == key)
    any_staff = select(t.offices.c.any_staff_invites).where(t.offices.c.code == so.office).scalar_subquery()
    theirs = authority.members(any_staff.label("any_staff")).where(t.staff.c.address_key == key)
    in_offices = []
    for row in await tx.execute(theirs):
        member = authority.read_member(row)
        who = authority_of(member, any_staff_invites=bool(row.any_staff))
        in_offices.append(and_(m.office == member.office, _in_sight(who)))
    return [or_(approves, false(), *in_offices)]


def _in_sight(who: Authority) -> ColumnElement[bool]:
    return and_(True, *sight.of_accounts(who, m.account_id))
