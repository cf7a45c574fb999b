"""Finding the contact who is meant, so that nobody is known twice (S0.5): one at a time for each person.

By hand people are found one by one, side by side; rows of the ERP are merged by the hundred, one chunk of an office at
a time, and while one is written nobody of that office is looked for.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Text, Uuid, any_, exists, func, literal, or_, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.contact import Known, Named, name_key, same_person
from doorstep.domain.erp import ImportRow
from doorstep.domain.merging import Book, Firm, Person
from doorstep.store import locks
from doorstep.store import tables as t

a = t.accounts.c
c = t.contacts.c
ca = t.contact_accounts.c
PERSON = (
    *("name", "email", "email_key", "portal_email_key", "phone", "phone_key"),
    *("is_portal_user", "kept_fields", "external_key"),
)
PATIENCE = "9s"
"""How long a chunk waits for those before it; a second less than any statement may take."""


async def alone(tx: AsyncConnection, office: str, *, is_reading: bool = False) -> None:
    """Let one chunk at a time write an office's directory, until the commit; whoever only reads waits for that."""
    name = func.hashtextextended(f"directory/{office}", 0)
    if is_reading:
        await tx.execute(select(func.pg_advisory_xact_lock_shared(name)))
        return
    await tx.execute(select(func.set_config("lock_timeout", PATIENCE, True)))
    await tx.execute(select(func.pg_advisory_xact_lock(name)))


async def find(tx: AsyncConnection, office: str, named: Named, accounts: Sequence[UUID]) -> Known | None:
    """The contact of the office who is that person, named for these accounts; None where there is nobody.

    Until the commit nobody else finds or makes the same person, however many imports run at once.
    """
    await alone(tx, office, is_reading=True)
    names = [f"{account}/{name_key(named.name)}" for account in accounts if named.name]
    keys = [key for key in (named.email_key, named.phone_key) if key]
    await locks.one_by_one(tx, f"contact/{office}", [*names, *keys])
    here = exists().where(ca.contact_id == c.id, ca.account_id.in_(accounts))
    columns = (c.id, c.name, c.email_key, c.portal_email_key, c.phone_key, c.kept_fields, here)
    alike = select(*columns).where(c.id.in_(_alike(office, [named], accounts))).order_by(c.created_at, c.id)
    return same_person(named, [Known(*row) for row in await tx.execute(alike)])


async def look_up(tx: AsyncConnection, office: str, rows: Sequence[ImportRow], book: Book) -> None:
    """Put into the book every account and everybody whom the rows may be about."""
    codes = _texts({row.account_code for row in rows if row.account_code})
    columns = (a.id, a.code, a.name, a.customer_type, a.sales_rep, a.price_list, a.closed_at.is_not(None))
    for found in await tx.execute(select(*columns).where(a.office == office, a.code == any_(codes))):
        book.firms[found.code] = Firm(*found)
    named = [Named(row.contact_name, row.email, row.phone) for row in rows]
    firms = [firm.id for firm in book.firms.values()]
    bare = {row.account_code for row in rows if row.contact_name and not (row.email or row.phone)}
    by_name = [firm.id for firm in book.firms.values() if firm.code in bare]
    alike = _alike(office, named, firms, by_name=by_name, keys=[row.contact_key for row in rows if row.contact_key])
    here = select(func.array_agg(ca.account_id)).where(ca.contact_id == c.id, ca.account_id == any_(_ids(firms)))
    people = select(c.id, *(c[name] for name in PERSON), here.scalar_subquery().label("firms"))
    for place, row in enumerate(await tx.execute(people.where(c.id.in_(alike)).order_by(c.created_at, c.id))):
        said = {name: getattr(row, name) for name in PERSON}
        book.know(Person(row.id, place, **said | {"kept_fields": tuple(row.kept_fields)}, firms=set(row.firms or ())))


def _alike(
    office: str,
    named: Sequence[Named],
    accounts: Sequence[UUID],
    *,
    by_name: Sequence[UUID] | None = None,
    keys: Sequence[str] = (),
) -> Select[tuple[UUID]]:
    """Everybody who comes into question, each way by an index of its own.

    `by_name` are the accounts of those who are named without an address, where that is not all of them.
    """
    emails = {each.email_key for each in named if each.email_key}
    phones = {each.phone_key for each in named if each.phone_key}
    is_bare = any(each.email_key is None and each.phone_key is None for each in named)
    of_office = select(c.id).where(c.office == office)
    ways = [_here(accounts, phones)]
    ways += [_on(by_name if by_name is not None else accounts)] if is_bare else []
    ways += [of_office.where(each == any_(_texts(emails))) for each in (c.email_key, c.portal_email_key) if emails]
    ways += [of_office.where(c.phone_key == any_(_texts(phones)), c.email_key.is_(None))] if phones else []
    ways += [of_office.where(c.external_key == any_(_texts(set(keys))))] if keys else []
    return select(union(*ways).subquery().c.id)


def _here(accounts: Sequence[UUID], phones: set[str]) -> Select[tuple[UUID]]:
    """Those on the accounts who have one of the numbers, or no address at all."""
    has_none = func.coalesce(c.email_key, c.phone_key).is_(None)
    return _on(accounts).where(or_(c.phone_key == any_(_texts(phones)), has_none))


def _on(accounts: Sequence[UUID]) -> Select[tuple[UUID]]:
    return select(c.id).join(t.contact_accounts, ca.contact_id == c.id).where(ca.account_id == any_(_ids(accounts)))


def _texts(values: set[str]) -> ColumnElement[list[str]]:
    return literal(sorted(values), ARRAY(Text))


def _ids(values: Sequence[UUID]) -> ColumnElement[list[UUID]]:
    return literal(list(values), ARRAY(Uuid))
