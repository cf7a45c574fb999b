"""Who acts, looked up: the rights of an actor in an office, as `doorstep.domain.authority` decides them."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Select, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.addresses import address_key
from doorstep.domain.authority import (
    EVERYTHING,
    NOTHING,
    SEES_ALL,
    Authority,
    Right,
    authority_of,
    no_such_invitation,
    not_staff,
    require,
    require_of_office,
)
from doorstep.domain.errors import Refused
from doorstep.domain.invitation import Invitation
from doorstep.domain.keys import Scope
from doorstep.domain.keys import authority_of as authority_of_scopes
from doorstep.domain.staff import StaffKind, StaffMember, StaffPermission
from doorstep.store import tables as t
from doorstep.store.audit import HUB, Actor

s = t.staff.c
so = t.staff_offices.c
sa = t.staff_accounts.c
a = t.approvers.c
k = t.api_keys.c

_assigned = func.array(
    select(sa.account_id)
    .join(t.accounts, t.accounts.c.id == sa.account_id)
    .where(sa.staff_id == s.id, t.accounts.c.office == so.office)
    .correlate(t.staff, t.staff_offices)
    .scalar_subquery()
)


def members(*extra: object, source: FromClause | None = None) -> Select[tuple[object, ...]]:
    """The query for members of staff, one row a person and office; `source` joins more to the two tables of that."""
    columns = (s.id, s.address, s.name, so.office, so.kind, so.permissions, so.may_grant, _assigned.label("accounts"))
    joined = t.staff.join(t.staff_offices, so.staff_id == s.id) if source is None else source
    return select(*columns, *extra).select_from(joined)


def read_member(row: object) -> StaffMember:
    """A member from a row of `members`."""
    values = dict(row._mapping)  # type: ignore[attr-defined]  # noqa: SLF001 - SQLAlchemy's documented name
    grants = values["may_grant"]
    return StaffMember(
        id=values["id"],
        address=values["address"],
        name=values["name"],
        office=values["office"],
        kind=StaffKind(values["kind"]),
        permissions=frozenset(StaffPermission(name) for name in values["permissions"]),
        may_grant=None if grants is None else frozenset(grants),
        accounts=frozenset(values["accounts"]),
    )


async def of(tx: AsyncConnection, actor: Actor, office: str) -> Authority:
    """What `actor` may do in `office`.

    An office that has named no staff yet leaves it to whoever holds the keys: a name is a note for the records there,
    unless it is that of somebody of another office, who is held to that one (T20). Whoever signed in to the Team Hub
    is never more than what an office saved them as.
    """
    if actor.is_trusted:
        return EVERYTHING
    if actor.key_id is not None:
        return await of_key(tx, actor.key_id, office)
    key = address_key(actor.name)
    approves = exists().where(a.office == office, a.address_key == key)
    any_staff = select(t.offices.c.any_staff_invites).where(t.offices.c.code == office).scalar_subquery()
    query = members(any_staff.label("any_staff"), approves.label("approves"))
    row = (await tx.execute(query.where(s.address_key == key, so.office == office))).one_or_none()
    if row is not None:
        return _of_member(row)
    facts = select(exists().where(so.office == office), approves, is_known(key))
    return _of_stranger(actor, *(await tx.execute(facts)).one())


async def of_each(tx: AsyncConnection, actor: Actor, offices: Collection[str]) -> dict[str, Authority]:
    """The same for several offices, in as many queries as for one."""
    if actor.is_trusted:
        return dict.fromkeys(offices, EVERYTHING)
    if actor.key_id is not None or len(offices) == 1:
        return {office: await of(tx, actor, office) for office in offices}
    key = address_key(actor.name)
    any_staff = select(t.offices.c.any_staff_invites).where(t.offices.c.code == so.office).scalar_subquery()
    approves = exists().where(a.office == so.office, a.address_key == key)
    query = members(any_staff.label("any_staff"), approves.label("approves"))
    rows = await tx.execute(query.where(s.address_key == key, so.office.in_(offices)))
    found = {row.office: _of_member(row) for row in rows}
    o = t.offices.c
    others = [office for office in offices if office not in found]
    columns = (
        o.code,
        exists().where(so.office == o.code),
        exists().where(a.office == o.code, a.address_key == key),
        is_known(key),
    )
    facts = await tx.execute(select(*columns).where(o.code.in_(others))) if others else ()
    return found | {row[0]: _of_stranger(actor, *row[1:]) for row in facts}


def _of_member(row: Any) -> Authority:
    return authority_of(read_member(row), any_staff_invites=bool(row.any_staff), is_approver=bool(row.approves))


def _of_stranger(actor: Actor, is_staffed: bool, is_approver: bool, is_of_another: bool) -> Authority:  # noqa: FBT001
    """What somebody may do in an office on whose staff they are not."""
    if not is_staffed and (is_approver or not is_of_another) and actor.via != HUB:
        return EVERYTHING
    return SEES_ALL if is_approver else NOTHING


async def of_key(tx: AsyncConnection, key_id: UUID, office: str) -> Authority:
    """What an API key may do in `office`: nothing outside its own, and nothing once it is revoked or has expired."""
    query = select(k.scopes).where(k.id == key_id, k.office == office, is_live())
    scopes = (await tx.execute(query)).scalar_one_or_none()
    return NOTHING if scopes is None else authority_of_scopes(frozenset(Scope(each) for each in scopes))


async def offices_of_key(tx: AsyncConnection, key_id: UUID) -> list[str]:
    """The office that a key sees all of; none where it may not read, or no longer."""
    query = select(k.office).where(k.id == key_id)
    offices = (await tx.execute(query)).scalars().all()
    return [each for each in offices if Right.SEE in (await of_key(tx, key_id, each)).rights]


def is_live() -> ColumnElement[bool]:
    """True for a key that opens something now."""
    return and_(k.revoked_at.is_(None), or_(k.expires_at.is_(None), k.expires_at > func.now()))


def is_known(key: str | ColumnElement[str]) -> ColumnElement[bool]:
    """True for the address of somebody who is on the staff of any office, or a username administrator there."""
    works = exists().where(s.address_key == key, so.staff_id == s.id)
    return or_(works, exists().where(a.address_key == key))


async def standing(tx: AsyncConnection, actor: Actor, office: str) -> Authority:
    """The same for somebody who has to be one of the office's people.

    The code of an office is no secret, since its address on the web tells it (S2.15); whatever is in the office is.

    Raises:
        Forbidden: `not_staff` (S0.1).
    """
    who = await of(tx, actor, office)
    if who is NOTHING:
        raise not_staff()
    return who


async def require_in_office(tx: AsyncConnection, actor: Actor, office: str, right: Right) -> Authority:
    """The authority of `actor`, which has to hold `right` in the office as a whole.

    Raises:
        Forbidden: `not_staff`, `not_allowed`.
    """
    who = await standing(tx, actor, office)
    require_of_office(who, right)
    return who


async def require_for_invitation(
    tx: AsyncConnection, actor: Actor, invitation: Invitation, right: Right, *, hidden: Refused | None = None
) -> Authority:
    """The authority of `actor`, which has to reach every account of an invitation (S1.3).

    Raises:
        Refused: `hidden` where it is out of sight, by default "no such invitation"; Forbidden: `not_allowed`.
    """
    who = await of(tx, actor, invitation.office.code)
    require(who, right, [account.id for account in invitation.accounts], hidden or no_such_invitation())
    return who
