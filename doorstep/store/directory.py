"""Accounts and contacts as the ERP knows them; an import merges, and one row never stops the others."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import case, func, literal_column, select
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
    contact_id, is_new_contact = await _merge_contact(tx, office, row)
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


async def _merge_contact(tx: AsyncConnection, office: str, row: ImportRow) -> tuple[UUID, bool]:
    email_key = None if row.email is None else row.email.key
    phone_key = None if row.phone is None else row.phone.key
    same = c.email_key == email_key if email_key else c.phone_key == phone_key
    query = select(c.id).where(c.office == office, same).order_by(c.email_key.is_not(None).desc()).limit(1)
    known = (await tx.execute(query)).scalar_one_or_none()
    if known is not None:
        fresh: dict[str, object] = {"updated_at": func.now()} | ({"name": row.contact_name} if row.contact_name else {})
        if row.phone is not None:
            fresh |= {"phone": row.phone.typed, "phone_key": phone_key}
        await tx.execute(t.contacts.update().where(c.id == known).values(**fresh))
        return known, False
    identifier: UUID = uuid7()
    await tx.execute(
        t.contacts.insert().values(
            id=identifier,
            office=office,
            name=row.contact_name,
            email=None if row.email is None else row.email.typed,
            email_key=email_key,
            phone=None if row.phone is None else row.phone.typed,
            phone_key=phone_key,
        )
    )
    return identifier, True


async def counts(tx: AsyncConnection, office: str) -> tuple[int, int]:
    """How many accounts and contacts an office has."""
    accounts = select(func.count()).select_from(t.accounts).where(a.office == office)
    contacts = select(func.count()).select_from(t.contacts).where(c.office == office)
    return (await tx.execute(accounts)).scalar_one(), (await tx.execute(contacts)).scalar_one()
