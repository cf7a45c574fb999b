"""The staff of an office: who they are, what they hold there, and the accounts assigned to them (S1.2-S1.5)."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, delete, exists, literal_column, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from doorstep.domain.addresses import EmailAddress, address_key
from doorstep.domain.authority import Authority, Right, require_grants
from doorstep.domain.errors import Conflict, Invalid, NotFound
from doorstep.domain.events import Event
from doorstep.domain.permissions import SECTIONS
from doorstep.domain.requests import StaffChange
from doorstep.domain.staff import StaffKind, StaffMember, StaffPermission
from doorstep.store import asking, audit, authority, locks, offices
from doorstep.store import tables as t
from doorstep.store.audit import Actor

s = t.staff.c
so = t.staff_offices.c
sa = t.staff_accounts.c


async def put(
    tx: AsyncConnection, actor: Actor, office_code: str, address: EmailAddress, asked: StaffChange
) -> StaffMember:
    """Add somebody to the staff of an office, or change what they hold there; what is None stays as it is.

    Raises:
        Refused: not allowed; unknown office or account; `permission_required`; `grant_not_allowed`;
            `last_administrator`.
    """
    office = await offices.get(tx, office_code)
    who = await _locked(tx, actor, office.code)
    before = await _find(tx, office.code, address.key)
    permissions = _permissions(before, asked)
    if before is not None and StaffPermission.ADMINISTRATOR not in permissions:
        await _keep_an_administrator(tx, before, stays=True)
    values = _values(before, asked) | {"permissions": sorted(permissions)}
    if before is None or asked.sets_grants:
        require_grants(who, SECTIONS if asked.may_grant is None else asked.may_grant)
    staff_id = await _person(tx, office.code, address, asked.name)
    role = insert(t.staff_offices).values(staff_id=staff_id, office=office.code, **values)
    await tx.execute(role.on_conflict_do_update(index_elements=[so.staff_id, so.office], set_=values))
    if asked.accounts is not None:
        await _assign(tx, staff_id, office.code, await asking.account_ids(tx, office, asked.accounts))
    detail = {"office": office.code, **values} | ({} if asked.accounts is None else {"accounts": list(asked.accounts)})
    await audit.record(tx, Event.STAFF_SET, actor, subject_id=staff_id, detail=detail)
    # Not `get`: the first member of staff may have shut out whoever added them.
    return await _one(tx, office.code, address.key)


async def _locked(tx: AsyncConnection, actor: Actor, office: str) -> Authority:
    """Who acts, if they may; until the commit nobody else changes the staff of the office.

    The lock comes first: two administrators who take each other off at the same moment are not both administrators.
    """
    await locks.one_by_one(tx, "staff", [office])
    return await authority.require_in_office(tx, actor, office, Right.STAFF)


async def _person(tx: AsyncConnection, office: str, address: EmailAddress, name: str | None) -> UUID:
    """The person of that address; their name stays where another office has them on its staff too (S2.23)."""
    made = insert(t.staff).values(id=uuid7(), address=address.typed, address_key=address.key, name=name or "")
    # Spelled out: an insert has no FROM that the subquery could refer to; it would look at the staff of all offices.
    this_one: ColumnElement[UUID] = literal_column("staff.id")
    is_shared = and_(s.name != "", exists().where(so.staff_id == this_one, so.office != office))
    called = s.name if name is None else case((is_shared, s.name), else_=name)
    merged = made.on_conflict_do_update(index_elements=[s.address_key], set_={"name": called})
    staff_id: UUID = (await tx.execute(merged.returning(s.id))).scalar_one()
    return staff_id


def _permissions(before: StaffMember | None, asked: StaffChange) -> frozenset[StaffPermission]:
    """What the person holds from now on: at least one permission."""
    found = before.permissions if before is not None and asked.permissions is None else asked.permissions
    if not found:
        sentence = f"Name at least one permission: {', '.join(StaffPermission)}."
        raise Invalid("permission_required", sentence, field="permission")
    return found


def _values(before: StaffMember | None, asked: StaffChange) -> dict[str, object]:
    """The columns of a role besides the permissions."""
    kind = asked.kind or (before.kind if before else StaffKind.IN_HOUSE)
    grants = before.may_grant if before is not None and not asked.sets_grants else asked.may_grant
    return {"kind": str(kind), "may_grant": None if grants is None else sorted(grants)}


async def _assign(tx: AsyncConnection, staff_id: UUID, office: str, accounts: Sequence[UUID]) -> None:
    """Replace the accounts of this office that are assigned to somebody."""
    of_office = select(t.accounts.c.id).where(t.accounts.c.office == office)
    await tx.execute(delete(t.staff_accounts).where(sa.staff_id == staff_id, sa.account_id.in_(of_office)))
    if accounts:
        await tx.execute(insert(t.staff_accounts), [{"staff_id": staff_id, "account_id": each} for each in accounts])


async def remove(tx: AsyncConnection, actor: Actor, office: str, address: EmailAddress) -> StaffMember:
    """Take somebody off the staff of an office; what they did stays recorded under their name.

    Raises:
        NotFound: `no_such_staff`; Conflict: `last_administrator`; Forbidden: not allowed.
    """
    await _locked(tx, actor, office)
    member = await _one(tx, office, address.key)
    await _keep_an_administrator(tx, member, stays=False)
    await tx.execute(delete(t.staff_offices).where(so.staff_id == member.id, so.office == office))
    await _assign(tx, member.id, office, [])
    await audit.record(tx, Event.STAFF_REMOVED, actor, subject_id=member.id, detail={"office": office})
    return member


async def _keep_an_administrator(tx: AsyncConnection, member: StaffMember, *, stays: bool) -> None:
    """An office with staff keeps somebody who can change it; the very last person may go, and leaves it open again."""
    others = select(so.permissions).where(so.office == member.office, so.staff_id != member.id)
    rest = [set(row[0]) for row in await tx.execute(others)]
    is_administrator = StaffPermission.ADMINISTRATOR in member.permissions
    is_needed = (bool(rest) or stays) and not any(StaffPermission.ADMINISTRATOR in each for each in rest)
    if is_administrator and is_needed:
        sentence = "Nobody else of this office could change its staff. Make another person administrator first."
        raise Conflict("last_administrator", sentence)


async def get(tx: AsyncConnection, actor: Actor, office: str, key: str) -> StaffMember:
    """One member of staff; anybody may look at themselves.

    Raises:
        NotFound: `no_such_staff`; Forbidden: not allowed.
    """
    if key != address_key(actor.name):
        await authority.require_in_office(tx, actor, office, Right.STAFF)
    return await _one(tx, office, key)


async def _one(tx: AsyncConnection, office: str, key: str) -> StaffMember:
    member = await _find(tx, office, key)
    if member is None:
        raise NotFound("no_such_staff", f"Nobody of that address is on the staff of office {office}.")
    return member


async def listed(tx: AsyncConnection, actor: Actor, office: str) -> list[StaffMember]:
    """The staff of an office, in order of address."""
    await offices.get(tx, office)
    await authority.require_in_office(tx, actor, office, Right.STAFF)
    rows = await tx.execute(authority.members().where(so.office == office).order_by(s.address_key))
    return [await _with_codes(tx, authority.read_member(row)) for row in rows.all()]


async def _find(tx: AsyncConnection, office: str, key: str) -> StaffMember | None:
    query = authority.members().where(so.office == office, s.address_key == key)
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else await _with_codes(tx, authority.read_member(row))


async def _with_codes(tx: AsyncConnection, member: StaffMember) -> StaffMember:
    if not member.accounts:
        return member
    a = t.accounts.c
    query = select(a.code).where(a.id.in_(member.accounts), a.office == member.office).order_by(a.code)
    return replace(member, account_codes=tuple((await tx.execute(query)).scalars()))
