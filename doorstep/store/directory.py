"""Accounts and contacts as the ERP knows them; an import merges, and one row never stops the others."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import case, func, literal_column, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from doorstep.domain.contact import Known, Named
from doorstep.domain.erp import ImportRow
from doorstep.store import contacts, matching
from doorstep.store import tables as t

a = t.accounts.c
c = t.contacts.c


@dataclass(frozen=True)
class Merged:
    """What a row of an import did."""

    is_new_account: bool
    is_new_contact: bool


async def merge(tx: AsyncConnection, office: str, row: ImportRow) -> Merged:
    """Write one row: the account by its code, the person by address, number or name, and that they belong together.

    A blank cell never empties what is known, and what staff wrote stays as they wrote it (S0.5).
    """
    account_id, is_new_account = await _merge_account(tx, office, row)
    if not row.has_contact:
        return Merged(is_new_account, is_new_contact=False)
    known = await matching.find(tx, office, Named(row.contact_name, row.email, row.phone), [account_id])
    contact_id = await _insert(tx, office, row) if known is None else await _update(tx, known, row)
    if known is None or not known.is_here:
        await contacts.link(tx, contact_id, [account_id])
    return Merged(is_new_account, is_new_contact=known is None)


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


async def _insert(tx: AsyncConnection, office: str, row: ImportRow) -> UUID:
    identifier: UUID = uuid7()
    await tx.execute(t.contacts.insert().values(id=identifier, office=office, **_said(row)))
    return identifier


async def _update(tx: AsyncConnection, known: Known, row: ImportRow) -> UUID:
    fresh = {name: value for name, value in _said(row).items() if name.removesuffix("_key") not in known.kept_fields}
    await tx.execute(t.contacts.update().where(c.id == known.id).values(updated_at=func.now(), **fresh))
    return known.id


def _said(row: ImportRow) -> dict[str, object]:
    """The columns that the ERP says something about."""
    said: dict[str, object] = {"name": row.contact_name} if row.contact_name else {}
    said |= {"email": row.email.typed, "email_key": row.email.key} if row.email else {}
    return said | ({"phone": row.phone.typed, "phone_key": row.phone.key} if row.phone else {})


async def counts(tx: AsyncConnection, office: str) -> tuple[int, int]:
    """How many accounts and contacts an office has."""
    accounts = select(func.count()).select_from(t.accounts).where(a.office == office)
    contacts = select(func.count()).select_from(t.contacts).where(c.office == office)
    return (await tx.execute(accounts)).scalar_one(), (await tx.execute(contacts)).scalar_one()
