"""The staff of an office: who they are, what they hold there, and the accounts assigned to them (S1.2-S1.5)."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from doorstep.domain.addresses import EmailAddress, address_key
from doorstep.domain.authority import Right, StaffKind, StaffMember, StaffPermission
from doorstep.domain.errors import Conflict, Invalid, NotFound
from doorstep.domain.events import Event
from doorstep.domain.requests import StaffChange
from doorstep.store import asking, audit, authority, offices
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
        Refused: not allowed; unknown office or account; `permission_required`; `last_administrator`.
    """
    office = await offices.get(tx, office_code)
    await authority.require_in_office(tx, actor, office.code, Right.STAFF)
    made = insert(t.staff).values(id=uuid7(), address=address.typed, address_key=address.key, name=asked.name or "")
    kept = {"name": asked.name} if asked.name is not None else {"address_key": address.key}
    staff_id = (
        await tx.execute(made.on_conflict_do_update(index_elements=[s.address_key], set_=kept).returning(s.id))
    ).scalar_one()
    before = await _find(tx, office.code, address.key)
    values = _values(before, asked)
    if before is not None and StaffPermission.ADMINISTRATOR not in values["permissions"]:  # type: ignore[operator]
        await _keep_an_administrator(tx, before)
    role = insert(t.staff_offices).values(staff_id=staff_id, office=office.code, **values)
    await tx.execute(role.on_conflict_do_update(index_elements=[so.staff_id, so.office], set_=values))
    if asked.accounts is not None:
        await _assign(tx, staff_id, office.code, await asking.account_ids(tx, office, asked.accounts))
    detail = {"office": office.code, "permissions": list(values["permissions"])}  # type: ignore[call-overload]
    await audit.record(tx, Event.STAFF_SET, actor, subject_id=staff_id, detail=detail)
    # Not `get`: the first member of staff may have shut out whoever added them.
    return await _one(tx, office.code, address.key)


def _values(before: StaffMember | None, asked: StaffChange) -> dict[str, object]:
    """The columns of a role; a new one needs at least one permission."""
    permissions = (
        asked.permissions if asked.permissions is not None else (before.permissions if before else frozenset())
    )
    if not permissions:
        sentence = f"Name at least one permission: {', '.join(StaffPermission)}."
        raise Invalid("permission_required", sentence, field="permission")
    kind = asked.kind or (before.kind if before else StaffKind.IN_HOUSE)
    grants = before.may_grant if before is not None and not asked.sets_grants else asked.may_grant
    return {
        "kind": str(kind),
        "permissions": sorted(str(each) for each in permissions),
        "may_grant": None if grants is None else sorted(grants),
    }


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
    await authority.require_in_office(tx, actor, office, Right.STAFF)
    member = await get(tx, actor, office, address.key)
    await _keep_an_administrator(tx, member)
    await tx.execute(delete(t.staff_offices).where(so.staff_id == member.id, so.office == office))
    await _assign(tx, member.id, office, [])
    await audit.record(tx, Event.STAFF_REMOVED, actor, subject_id=member.id, detail={"office": office})
    return member


async def _keep_an_administrator(tx: AsyncConnection, member: StaffMember) -> None:
    """An office with staff keeps somebody who can change it; the very last person may go, and leaves it open again."""
    others = select(so.permissions).where(so.office == member.office, so.staff_id != member.id).with_for_update()
    rest = [set(row[0]) for row in await tx.execute(others)]
    is_administrator = StaffPermission.ADMINISTRATOR in member.permissions
    if is_administrator and rest and not any(StaffPermission.ADMINISTRATOR in each for each in rest):
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
