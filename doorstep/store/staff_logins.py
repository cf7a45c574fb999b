"""How staff and username administrators sign in to the Team Hub: one login an address, whatever offices it works for.

A login gives no right of its own. What its owner may do is looked up by the address at every request, so somebody who
was taken off the staff of the last office is out at once.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, RowMapping, Select, and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from doorstep.domain.addresses import address_key
from doorstep.domain.authority import SEES_ALL, Authority, authority_of
from doorstep.store import authority
from doorstep.store import tables as t

sl = t.staff_logins.c
s = t.staff.c
so = t.staff_offices.c
a = t.approvers.c
o = t.offices.c


@dataclass(frozen=True)
class StaffLogin:
    """A login without its password; `name` is the one on the staff, empty for whoever only approves.

    `has_code`: a one-time code is asked for beside the password. `is_tied`: to a person of the OpenID Connect provider.
    `hidden` names the instructions they put away (S4.25).
    """

    id: UUID
    address: str
    name: str
    has_password: bool
    has_code: bool
    is_tied: bool
    hidden: frozenset[str]
    created_at: datetime
    last_signed_in_at: datetime | None


@dataclass(frozen=True)
class Workplace:
    """An office that somebody works for, and what they may do there."""

    code: str
    name: str
    time_zone: str
    locale: str
    authority: Authority
    is_approver: bool
    """They are a username administrator there."""


def query(*extra: object) -> Select[tuple[object, ...]]:
    """The query for logins."""
    columns: tuple[Any, ...] = (
        sl.id,
        sl.address,
        func.coalesce(s.name, "").label("name"),
        sl.password_hash.is_not(None).label("has_password"),
        sl.code_since.is_not(None).label("has_code"),
        sl.oidc_subject.is_not(None).label("is_tied"),
        sl.hidden,
        sl.created_at,
        sl.last_signed_in_at,
    )
    joined = t.staff_logins.outerjoin(t.staff, s.address_key == sl.address_key)
    return select(*columns, *extra).select_from(joined)


def read(row: RowMapping) -> StaffLogin:
    """A login from a row of `query`."""
    names = ("id", "address", "name", "has_password", "has_code", "is_tied", "created_at", "last_signed_in_at")
    return StaffLogin(**{name: row[name] for name in names}, hidden=frozenset(row["hidden"]))


async def by_id(tx: AsyncConnection, login_id: UUID) -> StaffLogin | None:
    """The login, or None."""
    row = (await tx.execute(query().where(sl.id == login_id))).mappings().one_or_none()
    return None if row is None else read(row)


async def by_address(tx: AsyncConnection, address: str) -> tuple[StaffLogin, str | None] | None:
    """The login of an address with the hash of its password, if the address still works anywhere."""
    key = address_key(address)
    found = query(sl.password_hash).where(sl.address_key == key, authority.is_known(key))
    row = (await tx.execute(found)).mappings().one_or_none()
    return None if row is None else (read(row), row["password_hash"])


async def known_address(tx: AsyncConnection, address: str) -> str | None:
    """The address of a member of staff or an administrator as an office saved it; None for everybody else."""
    key = address_key(address)
    staff = select(s.address).join(t.staff_offices, so.staff_id == s.id).where(s.address_key == key)
    approver = select(a.address).where(a.address_key == key)
    found: str | None = (await tx.execute(staff.union_all(approver).limit(1))).scalar_one_or_none()
    return found


async def make(tx: AsyncConnection, address: str) -> UUID:
    """The id of the login of an address, made at its first use."""
    new = insert(t.staff_logins).values(id=uuid7(), address=address, address_key=address_key(address))
    kept = new.on_conflict_do_update(index_elements=[sl.address_key], set_={"address": new.excluded.address})
    identifier: UUID = (await tx.execute(kept.returning(sl.id))).scalar_one()
    return identifier


async def set_password(tx: AsyncConnection, login_id: UUID, password_hash: str) -> None:
    """Keep the hash of a new password."""
    changed = {"password_hash": password_hash, "password_changed_at": func.now()}
    await tx.execute(update(t.staff_logins).where(sl.id == login_id).values(**changed))


async def note_sign_in(tx: AsyncConnection, login_id: UUID) -> None:
    """Keep when somebody came last."""
    await tx.execute(update(t.staff_logins).where(sl.id == login_id).values(last_signed_in_at=func.now()))


async def hide(tx: AsyncConnection, login_id: UUID, name: str, *, is_hidden: bool) -> None:
    """Put instructions away for one person, or bring them back (S4.25)."""
    rest = func.array_remove(sl.hidden, name)
    hidden = func.array_append(rest, name) if is_hidden else rest
    await tx.execute(update(t.staff_logins).where(sl.id == login_id).values(hidden=hidden))


async def workplaces(tx: AsyncConnection, address: str) -> list[Workplace]:
    """The offices that an address works for, in order of name, each with what it may do there."""
    key = address_key(address)
    approves = o.code.in_(select(a.office).where(a.address_key == key)).label("approves")
    own = (o.code, o.name.label("office_name"), o.time_zone, o.locale, o.any_staff_invites, approves)
    works = t.staff_offices.join(t.staff, and_(so.staff_id == s.id, s.address_key == key))
    found = authority.members(*own, source=t.offices.outerjoin(works, so.office == o.code))
    rows = await tx.execute(found.where(or_(s.id.is_not(None), approves)).order_by(o.name, o.code))
    return [_workplace(row) for row in rows]


def _workplace(row: Row[Any]) -> Workplace:
    rights = SEES_ALL
    if row.id is not None:
        member = authority.read_member(row)
        rights = authority_of(member, any_staff_invites=row.any_staff_invites, is_approver=row.approves)
    return Workplace(row.code, row.office_name, row.time_zone, row.locale, rights, row.approves)
