"""Contacts looked up, one by its id and many by a search; each with what whoever looks may see."""

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import Authority, Right, require
from doorstep.domain.contact import Contact, no_such_contact
from doorstep.domain.invitation import Account
from doorstep.domain.pages import Page, id_at, page_of
from doorstep.store import authority, offices, sight
from doorstep.store import tables as t
from doorstep.store.audit import Actor
from doorstep.store.usernames import HAS_USERNAME, have_none

c = t.contacts.c
ca = t.contact_accounts.c
a = t.accounts.c

_account = func.jsonb_build_object(
    *("id", a.id, "code", a.code, "name", a.name, "is_closed", a.closed_at.is_not(None)),
)
_accounts = (
    select(func.coalesce(func.jsonb_agg(aggregate_order_by(_account, a.code)), func.jsonb_build_array()))
    .select_from(t.accounts.join(t.contact_accounts, ca.account_id == a.id))
    .where(ca.contact_id == c.id)
    .correlate(t.contacts)
    .scalar_subquery()
)
_QUERY = select(t.contacts, _accounts.label("accounts"), HAS_USERNAME.label("has_username"))


async def get(tx: AsyncConnection, actor: Actor, contact_id: UUID, right: Right = Right.SEE) -> Contact:
    """A contact that `actor` may see, and do `right` to.

    Raises:
        NotFound: `no_such_contact`; Forbidden: not allowed.
    """
    return (await seen(tx, actor, contact_id, right))[0]


async def seen(
    tx: AsyncConnection, actor: Actor, contact_id: UUID, right: Right = Right.SEE
) -> tuple[Contact, Authority]:
    """The same, and what `actor` may do in the office of the contact.

    Raises:
        NotFound: `no_such_contact`; Forbidden: not allowed.
    """
    row = (await tx.execute(_QUERY.where(c.id == contact_id))).one_or_none()
    if row is None:
        raise no_such_contact()
    contact = _read(row)
    who = await authority.of(tx, actor, contact.office)
    require(who, right, [account.id for account in contact.accounts], no_such_contact(), is_person=True)
    return _as_seen(contact, who), who


async def listed(
    tx: AsyncConnection,
    actor: Actor,
    office: str,
    *,
    search: str = "",
    account: str | None = None,
    is_without_username: bool = False,
    limit: int,
) -> list[Contact]:
    """Contacts by name, address, number, account code or account name (S3.3), as far as `actor` sees them.

    Raises:
        NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`.
    """
    await offices.get(tx, office)
    who = await sight.require_some(tx, actor, office)
    wanted = _wanted(who, office, Search(search, account, is_without_username))
    in_order = (func.lower(c.name), c.id)
    page = select(c.id).where(*wanted).order_by(*in_order).limit(limit)
    found = await tx.execute(_QUERY.where(c.id.in_(page)).order_by(*in_order))
    return [_as_seen(_read(row), who) for row in found]


@dataclass(frozen=True)
class Search:
    """What narrows a list of contacts (S3.3, S4.26); `external_key` is exact."""

    text: str = ""
    account: str | None = None
    is_without_username: bool = False
    external_key: str | None = None


async def page(
    tx: AsyncConnection, actor: Actor, office: str, wanted: Search, *, after: str = "", limit: int
) -> Page[Contact]:
    """Contacts that match in the order in which they were made, so that no change moves one from page to page.

    Raises:
        NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`; Invalid: `cursor_invalid`.
    """
    who = await sight.require_some(tx, actor, office)
    conditions = _wanted(who, office, wanted)
    if after:
        conditions.append(c.id > id_at(after))
    # First the ids alone: what a contact carries with it is looked up for the few of the page.
    found = await few(tx, who, select(c.id).where(*conditions).order_by(c.id).limit(limit + 1))
    if not found:
        await offices.get(tx, office)
    return page_of(found, limit, lambda contact: contact.id)


async def few(tx: AsyncConnection, who: Authority, ids: Select[UUID]) -> list[Contact]:
    """The contacts of those ids in their order, as `who` sees them."""
    rows = await tx.execute(_QUERY.where(c.id.in_(ids)).order_by(c.id))
    return [_as_seen(_read(row), who) for row in rows]


async def of_account(tx: AsyncConnection, who: Authority, account: UUID, *, limit: int) -> list[Contact]:
    """The first contacts of an account in sight of `who`, in order of name."""
    in_order = (func.lower(c.name), c.id)
    ids = select(c.id).join(t.contact_accounts, ca.contact_id == c.id).where(ca.account_id == account)
    rows = await tx.execute(_QUERY.where(c.id.in_(ids.order_by(*in_order).limit(limit))).order_by(*in_order))
    return [_as_seen(_read(row), who) for row in rows]


def _wanted(who: Authority, office: str, wanted: Search) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [c.office == office]
    if not who.sees_all:
        conditions.append(_on_account(who))
    if wanted.account is not None:
        conditions.append(_on_account(who, a.code == wanted.account))
    if wanted.external_key is not None:
        conditions.append(c.external_key == wanted.external_key)
    if wanted.text.strip():
        conditions.append(_matches(who, wanted.text.strip()))
    if wanted.is_without_username:
        conditions.append(have_none(office))
    return conditions


def _on_account(who: Authority, *matches: ColumnElement[bool]) -> ColumnElement[bool]:
    """True of those on an account that matches, of the accounts in sight."""
    join = t.contact_accounts.join(t.accounts, a.id == ca.account_id)
    return c.id.in_(select(ca.contact_id).select_from(join).where(*matches, *sight.of_accounts(who, a.id)))


def _matches(who: Authority, text: str) -> ColumnElement[bool]:
    def holds(column: ColumnElement[str]) -> ColumnElement[bool]:
        return column.icontains(text, autoescape=True)

    digits = "".join(letter for letter in text if letter.isdigit())
    columns = (c.name, c.email, c.portal_email)
    found = [*(holds(column) for column in columns), _on_account(who, or_(holds(a.code), holds(a.name)))]
    found.append(c.external_key == text)
    return or_(*found, *([c.phone_key.contains(digits)] if digits else []))


def _as_seen(contact: Contact, who: Authority) -> Contact:
    """Without the accounts that are out of sight (S1.3)."""
    seen = who.in_sight(account.id for account in contact.accounts)
    return replace(contact, accounts=tuple(account for account in contact.accounts if account.id in seen))


def _read(row: object) -> Contact:
    values = dict(row._mapping)  # type: ignore[attr-defined]  # noqa: SLF001 - SQLAlchemy's documented name
    texts = {name: values[name] or "" for name in ("name", "email", "phone", "portal_email")}
    return Contact(
        id=values["id"],
        office=values["office"],
        **texts,
        is_portal_user=values["is_portal_user"],
        kept_fields=tuple(values["kept_fields"]),
        accounts=tuple(Account(**each | {"id": UUID(each["id"])}) for each in values["accounts"]),
        updated_at=values["updated_at"],
        external_key=values["external_key"] or "",
        has_username=values["has_username"],
    )
