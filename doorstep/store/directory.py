"""Accounts and contacts as the ERP knows them; an import merges, and one row never stops the others."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, case, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from doorstep.domain.erp import ImportRow
from doorstep.store import tables as t

a = t.accounts.c
c = t.contacts.c


@dataclass(frozen=True)
class Merged:
    """What a row of an import did."""

    is_new_account: bool
    is_new_contact: bool


async def merge(tx: AsyncConnection, office: str, row: ImportRow) -> Merged:
    """Write one row: the account by its code, the person by address or number, and that they belong together.

    A blank cell never empties what is known (S0.5).
    """
    account_id, is_new_account = await _merge_account(tx, office, row)
    if row.email is None and row.phone is None:
        return Merged(is_new_account, is_new_contact=False)
    contact_id, is_new_contact = await _merge_contact(tx, office, row, account_id)
    link = insert(t.contact_accounts).values(contact_id=contact_id, account_id=account_id)
    await tx.execute(link.on_conflict_do_nothing())
    return Merged(is_new_account, is_new_contact)


async def _merge_account(tx: AsyncConnection, office: str, row: ImportRow) -> tuple[UUID, bool]:
    values = {
        "name": row.account_name,
        "customer_type": row.customer_type,
        "sales_rep": row.sales_rep,
        "price_list": row.price_list,
    }
    made = insert(t.accounts).values(id=uuid7(), office=office, code=row.account_code, **values)
    kept = {name: case((made.excluded[name] == "", a[name]), else_=made.excluded[name]) for name in values}
    merged = made.on_conflict_do_update(index_elements=[a.office, a.code], set_=kept | {"updated_at": func.now()})
    found = (await tx.execute(merged.returning(a.id, literal_column("xmax = 0")))).one()
    return found[0], found[1]


async def _merge_contact(tx: AsyncConnection, office: str, row: ImportRow, account: UUID) -> tuple[UUID, bool]:
    """The person of a row; what staff changed for the portal stays as they left it."""
    known = await _known_person(tx, office, row, account)
    fresh: dict[str, object] = {"name": row.contact_name} if row.contact_name else {}
    if row.phone is not None:
        fresh |= {"phone": row.phone.typed, "phone_key": row.phone.key}
    if row.email is not None:
        fresh |= {"email": row.email.typed, "email_key": row.email.key}
    if known is not None:
        identifier, kept = known
        left = {name: value for name, value in fresh.items() if name.removesuffix("_key") not in kept}
        await tx.execute(t.contacts.update().where(c.id == identifier).values(updated_at=func.now(), **left))
        return identifier, False
    made: UUID = uuid7()
    await tx.execute(t.contacts.insert().values(id=made, office=office, **({"name": ""} | fresh)))
    return made, True


async def _known_person(
    tx: AsyncConnection, office: str, row: ImportRow, account: UUID
) -> tuple[UUID, list[str]] | None:
    """S0.5: by the address anywhere in the office; by the number on the same account, unless two addresses differ."""
    email = None if row.email is None else row.email.key
    phone = None if row.phone is None else row.phone.key
    columns = (c.id, c.kept_fields)
    by_address = select(*columns).where(c.office == office, or_(c.email_key == email, c.portal_email_key == email))
    first = by_address.order_by(c.email_key.is_not_distinct_from(email).desc(), c.created_at)
    found = (await tx.execute(first.limit(1))).one_or_none() if email else None
    if found is None and phone:
        ca = t.contact_accounts.c
        on_account = c.id.in_(select(ca.contact_id).where(ca.account_id == account))
        by_phone = select(*columns).where(c.office == office, c.phone_key == phone)
        same = or_(on_account, c.email_key.is_(None)) if email is None else and_(on_account, c.email_key.is_(None))
        best = by_phone.where(same).order_by(c.email_key.is_not(None).desc(), c.created_at)
        found = (await tx.execute(best.limit(1))).one_or_none()
    return None if found is None else (found[0], list(found[1]))


async def counts(tx: AsyncConnection, office: str) -> tuple[int, int]:
    """How many accounts and contacts an office has."""
    accounts = select(func.count()).select_from(t.accounts).where(a.office == office)
    contacts = select(func.count()).select_from(t.contacts).where(c.office == office)
    return (await tx.execute(accounts)).scalar_one(), (await tx.execute(contacts)).scalar_one()
