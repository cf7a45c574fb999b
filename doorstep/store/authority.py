"""Who acts, looked up: the rights of an actor in an office, as `doorstep.domain.authority` decides them."""

from uuid import UUID

from sqlalchemy import Select, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.addresses import address_key
from doorstep.domain.authority import (
    EVERYTHING,
    NOTHING,
    SEES_ALL,
    Authority,
    Right,
    StaffKind,
    StaffMember,
    StaffPermission,
    authority_of,
    no_such_invitation,
    not_staff,
    require,
    require_of_office,
)
from doorstep.domain.errors import Refused
from doorstep.domain.invitation import Invitation
from doorstep.store import tables as t
from doorstep.store.audit import Actor

s = t.staff.c
so = t.staff_offices.c
sa = t.staff_accounts.c

_assigned = func.array(select(sa.account_id).where(sa.staff_id == s.id).correlate(t.staff).scalar_subquery())


def members(*extra: object) -> Select[tuple[object, ...]]:
    """The query for members of staff, one row a person and office."""
    columns = (s.id, s.address, s.name, so.office, so.kind, so.permissions, so.may_grant, _assigned.label("accounts"))
    return select(*columns, *extra).select_from(t.staff.join(t.staff_offices, so.staff_id == s.id))


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

    An office that has named no staff yet leaves it to whoever holds the keys: every named actor may do everything.
    """
    if actor.is_trusted:
        return EVERYTHING
    key = address_key(actor.name)
    any_staff = select(t.offices.c.any_staff_invites).where(t.offices.c.code == office).scalar_subquery()
    query = members(any_staff.label("any_staff")).where(s.address_key == key, so.office == office)
    row = (await tx.execute(query)).one_or_none()
    if row is not None:
        return authority_of(read_member(row), any_staff_invites=bool(row.any_staff))
    has_staff = exists().where(so.office == office)
    a = t.approvers.c
    approves = exists().where(a.office == office, a.address_key == key)
    is_staffed, is_approver = (await tx.execute(select(has_staff, approves))).one()
    if not is_staffed:
        return EVERYTHING
    return SEES_ALL if is_approver else NOTHING


async def require_in_office(tx: AsyncConnection, actor: Actor, office: str, right: Right) -> Authority:
    """The authority of `actor`, which has to hold `right` in the office as a whole.

    Raises:
        Forbidden: `not_staff`, `not_allowed`.
    """
    authority = await of(tx, actor, office)
    if authority is NOTHING:
        raise not_staff()
    require_of_office(authority, right)
    return authority


async def require_for(
    tx: AsyncConnection, actor: Actor, office: str, right: Right, accounts: list[UUID], *, hidden: Refused
) -> Authority:
    """The authority of `actor`, which has to reach every one of `accounts`.

    Raises:
        Refused: `hidden` where the thing is out of sight; Forbidden: `not_allowed`.
    """
    authority = await of(tx, actor, office)
    require(authority, right, accounts, hidden)
    return authority


async def require_for_invitation(tx: AsyncConnection, actor: Actor, invitation: Invitation, right: Right) -> Authority:
    """The same for an invitation; one out of sight is "no such invitation" (S1.3)."""
    accounts = [account.id for account in invitation.accounts]
    hidden = no_such_invitation()
    return await require_for(tx, actor, invitation.office.code, right, accounts, hidden=hidden)
