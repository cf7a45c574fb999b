"""The staff of an office as a colleague looks at it, page by page, with the accounts assigned to each (S1.3, S4.3).

A place in the list is the id of a person: addresses stand in no address of a page.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, Select, and_, delete, exists, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import Authority, Right, authority_of
from doorstep.domain.errors import NotFound
from doorstep.domain.events import Event
from doorstep.domain.pages import Page, id_at, page_of
from doorstep.domain.staff import StaffMember
from doorstep.store import asking, audit, authority, locks, offices, sight
from doorstep.store import tables as t
from doorstep.store.audit import Actor

s = t.staff.c
so = t.staff_offices.c
sa = t.staff_accounts.c
sl = t.staff_logins.c
a = t.accounts.c
o = t.offices.c
ap = t.approvers.c
MOST_FOUND = 20
"""Accounts that a search offers at a time."""


@dataclass(frozen=True)
class StaffRecord:
    """Somebody on the staff; `last_signed_in_at` is None for whoever never came to the Team Hub.

    `has_code`: a one-time code is asked for. `is_tied`: to a person of the OpenID Connect provider.
    """

    member: StaffMember
    is_approver: bool
    any_staff_invites: bool
    last_signed_in_at: datetime | None
    has_code: bool = False
    is_tied: bool = False

    @property
    def authority(self) -> Authority:
        """The rights that follow."""
        return authority_of(self.member, any_staff_invites=self.any_staff_invites, is_approver=self.is_approver)


@dataclass(frozen=True)
class AssignedAccount:
    """An account as it is picked from: its code and name."""

    code: str
    name: str


@dataclass(frozen=True)
class StaffSheet:
    """One member of staff, some of the accounts assigned to them, and those that a search found beside."""

    record: StaffRecord
    assigned: Page[AssignedAccount]
    found: tuple[AssignedAccount, ...]


async def page(
    tx: AsyncConnection, actor: Actor, office: str, *, search: str = "", after: str = "", limit: int
) -> Page[StaffRecord]:
    """The staff in order of address; `search` goes over name and address.

    Raises:
        Forbidden: `not_staff`, `not_allowed`; Invalid: `cursor_invalid`.
    """
    await authority.require_in_office(tx, actor, office, Right.STAFF)
    query = _records(office).order_by(s.address_key).limit(limit + 1)
    if after:
        query = query.where(s.address_key > select(s.address_key).where(s.id == id_at(after)).scalar_subquery())
    if search.strip():
        query = query.where(or_(*(each.icontains(search.strip(), autoescape=True) for each in (s.name, s.address))))
    found = [_read(row) for row in (await tx.execute(query)).all()]
    return page_of(found, limit, lambda record: record.member.id)


async def sheet(
    tx: AsyncConnection, actor: Actor, office: str, staff_id: UUID, *, search: str = "", after: str = "", limit: int
) -> StaffSheet:
    """One of them.

    Raises:
        NotFound: `no_such_staff`; Forbidden: `not_staff`, `not_allowed`.
    """
    who = await authority.require_in_office(tx, actor, office, Right.STAFF)
    record = await _one(tx, office, staff_id)
    theirs = exists().where(sa.staff_id == staff_id, sa.account_id == a.id)
    query = select(a.code, a.name).where(a.office == office, theirs, a.code > after).order_by(a.code)
    assigned = [AssignedAccount(*row) for row in await tx.execute(query.limit(limit + 1))]
    found = () if not search.strip() else await _found(tx, who, office, staff_id, search.strip())
    return StaffSheet(record, page_of(assigned, limit, lambda account: account.code), found)


async def assign(
    tx: AsyncConnection, actor: Actor, office: str, staff_id: UUID, *, add: tuple[str, ...], remove: tuple[str, ...]
) -> StaffRecord:
    """Assign accounts to somebody, and take others from them; the rest stay.

    Raises:
        NotFound: `no_such_staff`; Invalid: `unknown_account`; Forbidden: `not_staff`, `not_allowed`.
    """
    await locks.one_by_one(tx, "staff", [office])
    await authority.require_in_office(tx, actor, office, Right.STAFF)
    await _one(tx, office, staff_id)
    own = await offices.get(tx, office)
    gone = await asking.account_ids(tx, own, remove)
    await tx.execute(delete(t.staff_accounts).where(sa.staff_id == staff_id, sa.account_id.in_(gone)))
    rows = [{"staff_id": staff_id, "account_id": each} for each in await asking.account_ids(tx, own, add)]
    if rows:
        await tx.execute(insert(t.staff_accounts).on_conflict_do_nothing(), rows)
    detail = {"office": office, "added_accounts": list(add), "removed_accounts": list(remove)}
    await audit.record(tx, Event.STAFF_SET, actor, subject_id=staff_id, detail=detail)
    return await _one(tx, office, staff_id)


def _records(office: str) -> Select[tuple[object, ...]]:
    approves = exists().where(ap.office == so.office, ap.address_key == s.address_key)
    any_staff = select(o.any_staff_invites).where(o.code == so.office).scalar_subquery()
    last = select(sl.last_signed_in_at).where(sl.address_key == s.address_key).scalar_subquery()
    own = exists().where(sl.address_key == s.address_key)
    has_code, is_tied = own.where(sl.code_since.is_not(None)), own.where(sl.oidc_subject.is_not(None))
    extra = (approves.label("approves"), any_staff.label("any_staff"), last.label("last_signed_in_at"))
    return authority.members(*extra, has_code.label("has_code"), is_tied.label("is_tied")).where(so.office == office)


async def _one(tx: AsyncConnection, office: str, staff_id: UUID) -> StaffRecord:
    row = (await tx.execute(_records(office).where(s.id == staff_id))).one_or_none()
    if row is None:
        raise NotFound("no_such_staff", "Nobody like that is on the staff of this office.")
    return _read(row)


def _read(row: Row[tuple[object, ...]]) -> StaffRecord:
    return StaffRecord(
        authority.read_member(row),
        is_approver=bool(row.approves),
        any_staff_invites=bool(row.any_staff),
        last_signed_in_at=row.last_signed_in_at,
        has_code=bool(row.has_code),
        is_tied=bool(row.is_tied),
    )


async def _found(
    tx: AsyncConnection, who: Authority, office: str, staff_id: UUID, search: str
) -> tuple[AssignedAccount, ...]:
    """The open accounts that match by code or name (S1.6), that whoever looks sees, and that are not theirs yet."""
    theirs = exists().where(sa.staff_id == staff_id, sa.account_id == a.id)
    is_meant = or_(*(each.icontains(search, autoescape=True) for each in (a.code, a.name)))
    is_offered = and_(a.office == office, a.closed_at.is_(None), is_meant, ~theirs, *sight.of_accounts(who, a.id))
    query = select(a.code, a.name).where(is_offered).order_by(a.code).limit(MOST_FOUND)
    return tuple(AssignedAccount(*row) for row in await tx.execute(query))
