"""Contacts: found, added by hand, and changed for the portal; the ERP's own address is never touched here."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from doorstep.domain.authority import NOTHING, Authority, Right, not_staff, require
from doorstep.domain.contact import Contact
from doorstep.domain.destination import ADDRESS_NEEDED
from doorstep.domain.errors import Invalid, NotFound
from doorstep.domain.events import Event
from doorstep.domain.invitation import Account
from doorstep.domain.requests import ContactChange, NewContact
from doorstep.domain.states import OPEN
from doorstep.store import asking, audit, authority, offices
from doorstep.store import tables as t
from doorstep.store.audit import Actor

c = t.contacts.c
ca = t.contact_accounts.c
a = t.accounts.c
i = t.invitations.c
u = t.users.c

_account = func.jsonb_build_object("id", a.id, "code", a.code, "name", a.name)
_accounts = (
    select(func.coalesce(func.jsonb_agg(aggregate_order_by(_account, a.code)), func.jsonb_build_array()))
    .select_from(t.accounts.join(t.contact_accounts, ca.account_id == a.id))
    .where(ca.contact_id == c.id)
    .correlate(t.contacts)
    .scalar_subquery()
)
_own_key = func.coalesce(c.portal_email_key, c.email_key)
_has_username = exists().where(or_(u.email_key == _own_key, u.phone_key == c.phone_key)).correlate(t.contacts)
_QUERY = select(t.contacts, _accounts.label("accounts"), _has_username.label("has_username"))


def no_such_contact() -> NotFound:
    """The one answer for a contact that is unknown or out of sight."""
    return NotFound("no_such_contact", "There is no such contact.")


def _read(row: object) -> Contact:
    values = dict(row._mapping)  # type: ignore[attr-defined]  # noqa: SLF001 - SQLAlchemy's documented name
    texts = {name: values[name] or "" for name in ("name", "email", "phone", "portal_email")}
    return Contact(
        id=values["id"],
        office=values["office"],
        **texts,
        is_portal_user=values["is_portal_user"],
        kept_fields=tuple(values["kept_fields"]),
        accounts=tuple(Account(UUID(each["id"]), each["code"], each["name"]) for each in values["accounts"]),
        has_username=values["has_username"],
    )


async def get(tx: AsyncConnection, actor: Actor, contact_id: UUID, right: Right = Right.SEE) -> Contact:
    """A contact that `actor` may see, and do `right` to.

    Raises:
        NotFound: `no_such_contact`; Forbidden: not allowed.
    """
    row = (await tx.execute(_QUERY.where(c.id == contact_id))).one_or_none()
    if row is None:
        raise no_such_contact()
    contact = _read(row)
    who = await authority.of(tx, actor, contact.office)
    require(who, right, [account.id for account in contact.accounts], no_such_contact())
    return contact


async def listed(
    tx: AsyncConnection, actor: Actor, office: str, *, search: str = "", account: str | None = None, limit: int
) -> list[Contact]:
    """Contacts by name, address, number, account code or account name (S3.3), as far as `actor` sees them."""
    await offices.get(tx, office)
    who = await authority.of(tx, actor, office)
    if who is NOTHING:
        raise not_staff()
    wanted: list[ColumnElement[bool]] = [c.office == office, *_in_sight(who)]
    if account is not None:
        wanted.append(_on_account(a.code == account))
    if search.strip():
        wanted.append(_matches(search.strip()))
    query = _QUERY.where(*wanted).order_by(func.lower(c.name), c.id).limit(limit)
    return [_read(row) for row in await tx.execute(query)]


def _in_sight(who: Authority) -> list[ColumnElement[bool]]:
    if who.sees_all:
        return []
    return [c.id.in_(select(ca.contact_id).where(ca.account_id.in_(who.accounts)))]


def _on_account(matches: ColumnElement[bool]) -> ColumnElement[bool]:
    join = t.contact_accounts.join(t.accounts, a.id == ca.account_id)
    return c.id.in_(select(ca.contact_id).select_from(join).where(matches))


def _matches(text: str) -> ColumnElement[bool]:
    def holds(column: ColumnElement[str]) -> ColumnElement[bool]:
        return column.icontains(text, autoescape=True)

    digits = "".join(letter for letter in text if letter.isdigit())
    columns = (c.name, c.email, c.portal_email)
    found = [*(holds(column) for column in columns), _on_account(or_(holds(a.code), holds(a.name)))]
    return or_(*found, *([c.phone_key.contains(digits)] if digits else []))


async def add(tx: AsyncConnection, actor: Actor, new: NewContact) -> Contact:
    """Add a person to accounts that are there; the same person known already is merged, never doubled (S0.5).

    Raises:
        Refused: unknown office or account; not allowed; `address_required`.
    """
    office = await offices.get(tx, new.office)
    accounts = await asking.account_ids(tx, office, new.accounts)
    who = await authority.of(tx, actor, office.code)
    asking.require_reach(who, Right.CONTACTS, office, accounts)
    if new.email is None and new.phone is None:
        raise Invalid("address_required", ADDRESS_NEEDED, field="email")
    contact_id = await _known(tx, new) or await _insert(tx, new)
    links = [{"contact_id": contact_id, "account_id": account} for account in accounts]
    if links:
        await tx.execute(insert(t.contact_accounts).on_conflict_do_nothing(), links)
    await audit.record(tx, Event.CONTACT_ADDED, actor, subject_id=contact_id, detail={"office": office.code})
    return await get(tx, actor, contact_id)


async def _known(tx: AsyncConnection, new: NewContact) -> UUID | None:
    same = []
    if new.email is not None:
        same += [c.email_key == new.email.key, c.portal_email_key == new.email.key]
    elif new.phone is not None:
        same.append(c.phone_key == new.phone.key)
    query = select(c.id).where(c.office == new.office, or_(*same)).order_by(c.created_at).limit(1)
    found: UUID | None = (await tx.execute(query)).scalar_one_or_none()
    return found


async def _insert(tx: AsyncConnection, new: NewContact) -> UUID:
    identifier: UUID = uuid7()
    email, phone = new.email, new.phone
    values = {"email": email.typed, "email_key": email.key} if email else {}
    values |= {"phone": phone.typed, "phone_key": phone.key} if phone else {}
    await tx.execute(t.contacts.insert().values(id=identifier, office=new.office, name=new.name, **values))
    return identifier


async def change(
    tx: AsyncConnection, actor: Actor, contact_id: UUID, asked: ContactChange
) -> tuple[Contact, list[UUID]]:
    """Set what the portal needs of a contact; the default address stays (S4.33).

    Answers also with the open invitations that have to be taken back because the flag went off (S3.9).

    Raises:
        Refused: not found; not allowed; unknown account.
    """
    before = await get(tx, actor, contact_id, Right.CONTACTS)
    office = await offices.get(tx, before.office)
    accounts = await asking.account_ids(tx, office, asked.add_accounts)
    if accounts:
        asking.require_reach(await authority.of(tx, actor, office.code), Right.CONTACTS, office, accounts)
    values = _values(asked)
    kept = sorted({*before.kept_fields, *(name for name in values if not name.endswith("_key"))})
    row = t.contacts.update().where(c.id == contact_id)
    await tx.execute(row.values(**values, kept_fields=kept, updated_at=func.now()))
    rows = [{"contact_id": contact_id, "account_id": account} for account in accounts]
    if rows:
        await tx.execute(insert(t.contact_accounts).on_conflict_do_nothing(), rows)
    detail = {"office": office.code, "changed": sorted(values)}
    await audit.record(tx, Event.CONTACT_SET, actor, subject_id=contact_id, detail=detail)
    to_revoke = await _open_invitations(tx, contact_id) if asked.is_portal_user is False else []
    return await get(tx, actor, contact_id), list(to_revoke)


def _values(asked: ContactChange) -> dict[str, object]:
    values: dict[str, object] = {}
    if asked.name is not None:
        values["name"] = asked.name
    if asked.phone is not None:
        values |= {"phone": asked.phone.typed, "phone_key": asked.phone.key}
    if asked.portal_email is not None:
        values |= {"portal_email": asked.portal_email.typed, "portal_email_key": asked.portal_email.key}
    if asked.is_portal_user is not None:
        values["is_portal_user"] = asked.is_portal_user
    for name in asked.clear:
        values |= {name: None, f"{name}_key": None}
    return values


async def _open_invitations(tx: AsyncConnection, contact_id: UUID) -> Sequence[UUID]:
    """Those made for the contact, and those sent to one of its addresses before it was known."""
    theirs = or_(*(i.address_key == key for key in (c.email_key, c.portal_email_key, c.phone_key)))
    same = and_(i.office == c.office, or_(i.contact_id == c.id, theirs))
    query = select(i.id).select_from(t.invitations.join(t.contacts, same)).where(c.id == contact_id)
    found = await tx.execute(query.where(i.state.in_(OPEN), i.closed_at.is_(None)).order_by(i.id))
    return found.scalars().all()
