"""Accounts and contacts as the ERP knows them: whatever it says is merged here, and nowhere else (S0.3, S0.5).

Some hundred rows at a time: one look at what they may touch, the merging in memory, and a few statements that write it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import BindParameter, any_, bindparam, case, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from doorstep.domain.erp import ImportRow
from doorstep.domain.erp_rows import RowRefused
from doorstep.domain.merging import Book, Firm, Merged, Person
from doorstep.security.links import KeyRing
from doorstep.store import matching, taking_back
from doorstep.store import tables as t
from doorstep.store.audit import Actor

a = t.accounts.c
c = t.contacts.c
FIRM = ("name", "customer_type", "sales_rep", "price_list")
PERSON = ("name", "email", "email_key", "phone", "phone_key", "is_portal_user", "external_key")
MAY_BE_KEPT = {"name": "name", "phone": "phone", "phone_key": "phone", "is_portal_user": "is_portal_user"}
"""Columns that staff may have written at this very moment, with the name under which they are kept then."""


@dataclass(frozen=True)
class Taken:
    """What became of each row, in its order, and the invitations that were taken back or lost an account."""

    outcomes: Sequence[Merged | RowRefused]
    touched: Sequence[UUID] = ()


async def merge(
    tx: AsyncConnection, ring: KeyRing, actor: Actor, office: str, rows: Sequence[ImportRow], *, is_trial: bool = False
) -> Taken:
    """Merge rows: accounts by their codes, people by the ERP's key or by address, number or name, and their links.

    What is open of a closed account, or of somebody who is no portal user any more, is taken back (S3.9). `is_trial`
    writes nothing.
    """
    await matching.alone(tx, office, is_reading=is_trial)
    book = Book(uuid7)
    await matching.look_up(tx, office, rows, book)
    outcomes = [_outcome(book, row) for row in rows]
    if is_trial:
        return Taken(outcomes)
    await _save_firms(tx, office, book)
    await _save_people(tx, office, book)
    await _link(tx, book)
    return Taken(outcomes, await taking_back.after(tx, ring, actor, office, book))


def _outcome(book: Book, row: ImportRow) -> Merged | RowRefused:
    try:
        return book.merge(row)
    except RowRefused as refused:
        return refused


async def _save_firms(tx: AsyncConnection, office: str, book: Book) -> None:
    fresh = [_firm(each) | {"id": each.id, "office": office, "code": each.code} for each in book.new_firms.values()]
    changed = [_firm(each) | {"of": each.id} for each in book.changed_firms.values()]
    is_closed: BindParameter[bool] = bindparam("is_closed")
    if fresh:
        named: dict[str, object] = {name: bindparam(name) for name in ("id", "office", "code", *FIRM)}
        named["closed_at"] = case((is_closed, func.now()))
        await tx.execute(t.accounts.insert().values(**named), fresh)
    if changed:
        values: dict[str, object] = {name: bindparam(f"new_{name}") for name in FIRM}
        values |= {"closed_at": case((is_closed, func.coalesce(a.closed_at, func.now()))), "updated_at": func.now()}
        await tx.execute(update(t.accounts).where(a.id == bindparam("of")).values(**values), _renamed(changed, FIRM))


def _firm(firm: Firm) -> dict[str, object]:
    return {name: getattr(firm, name) for name in (*FIRM, "is_closed")}


async def _save_people(tx: AsyncConnection, office: str, book: Book) -> None:
    fresh = [_person(each) | {"id": each.id, "office": office} for each in book.new_people.values()]
    changed = [_person(each) | {"of": each.id} for each in book.changed_people.values()]
    if fresh:
        await tx.execute(t.contacts.insert(), fresh)
    if changed:
        values: dict[str, object] = {name: bindparam(f"new_{name}") for name in PERSON}
        for name, kept in MAY_BE_KEPT.items():
            values[name] = case((literal(kept) == any_(c.kept_fields), c[name]), else_=values[name])
        statement = update(t.contacts).where(c.id == bindparam("of")).values(**values, updated_at=func.now())
        await tx.execute(statement, _renamed(changed, PERSON))


def _person(person: Person) -> dict[str, object]:
    return {name: getattr(person, name) for name in PERSON}


def _renamed(rows: Sequence[dict[str, object]], names: Sequence[str]) -> list[dict[str, object]]:
    """A parameter of an update must not be called like a column that it sets."""
    return [{f"new_{key}" if key in names else key: value for key, value in row.items()} for row in rows]


async def _link(tx: AsyncConnection, book: Book) -> None:
    links = [{"contact_id": person, "account_id": firm} for person, firm in book.links]
    if links:
        await tx.execute(insert(t.contact_accounts).on_conflict_do_nothing(), links)


async def counts(tx: AsyncConnection, office: str) -> tuple[int, int]:
    """How many accounts and contacts an office has."""
    accounts = select(func.count()).select_from(t.accounts).where(a.office == office)
    contacts = select(func.count()).select_from(t.contacts).where(c.office == office)
    return (await tx.execute(accounts)).scalar_one(), (await tx.execute(contacts)).scalar_one()
