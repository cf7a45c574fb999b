"""Contacts as staff look after them: added by hand, and changed for the portal; the default address is the ERP's."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Insert, Update, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from doorstep.domain.authority import Authority, Reach, Right
from doorstep.domain.contact import Contact, Known, Named
from doorstep.domain.destination import ADDRESS_NEEDED
from doorstep.domain.editions import changed_meanwhile
from doorstep.domain.errors import Conflict, Invalid
from doorstep.domain.events import Event
from doorstep.domain.invitation import Office
from doorstep.domain.requests import ContactChange, NewContact
from doorstep.store import asking, audit, matching, offices
from doorstep.store import tables as t
from doorstep.store.address_book import get
from doorstep.store.audit import Actor

c = t.contacts.c
ca = t.contact_accounts.c


async def add(tx: AsyncConnection, actor: Actor, new: NewContact) -> Contact:
    """Add a person to accounts that are there; the same person known already is merged, never doubled (S0.5).

    Raises:
        Refused: unknown office or account; not allowed; `address_required`.
    """
    office = await offices.get(tx, new.office)
    who, accounts = await asking.accounts_for(tx, actor, Right.CONTACTS, office, new.accounts)
    if new.email is None and new.phone is None:
        raise Invalid("address_required", ADDRESS_NEEDED, field="email")
    known = await matching.find(tx, office.code, Named(new.name, new.email, new.phone), accounts)
    contact_id = await _insert(tx, new) if known is None else await _complete(tx, who, known, new)
    await link(tx, contact_id, accounts)
    await audit.record(tx, Event.CONTACT_ADDED, actor, subject_id=contact_id, detail={"office": office.code})
    return await get(tx, actor, contact_id)


def _typed(new: NewContact) -> dict[str, object]:
    """The columns of what staff typed."""
    values: dict[str, object] = {"name": new.name} if new.name else {}
    values |= {"email": new.email.typed, "email_key": new.email.key} if new.email else {}
    return values | ({"phone": new.phone.typed, "phone_key": new.phone.key} if new.phone else {})


KEPT = ("name", "phone")
"""What an import leaves as staff wrote it; the default address is always the ERP's to say."""


async def _insert(tx: AsyncConnection, new: NewContact) -> UUID:
    identifier: UUID = uuid7()
    typed = _typed(new)
    kept = [name for name in KEPT if name in typed]
    await _write(tx, t.contacts.insert().values(id=identifier, office=new.office, kept_fields=kept, **typed))
    return identifier


async def _complete(tx: AsyncConnection, who: Authority, known: Known, new: NewContact) -> UUID:
    """Fill in what was not known of the person; nothing of whoever belongs to accounts beyond the reach of `who`."""
    theirs = (await tx.execute(select(ca.account_id).where(ca.contact_id == known.id))).scalars().all()
    if who.covers(Right.CONTACTS, theirs):
        there = {"name": known.name, "email": known.email_key, "phone": known.phone_key}
        fresh = {name: value for name, value in _typed(new).items() if not there[name.removesuffix("_key")]}
        kept = sorted({*known.kept_fields, *(name for name in KEPT if name in fresh)})
        values = fresh | {"kept_fields": kept, "updated_at": func.now()}
        await _write(tx, t.contacts.update().where(c.id == known.id).values(**values))
    return known.id


async def link(tx: AsyncConnection, contact_id: UUID, accounts: Sequence[UUID]) -> None:
    """Put a person on accounts; on one of them already, nothing happens."""
    rows = [{"contact_id": contact_id, "account_id": account} for account in accounts]
    if rows:
        await tx.execute(insert(t.contact_accounts).on_conflict_do_nothing(), rows)


async def _write(tx: AsyncConnection, statement: Insert | Update) -> bool:
    """Carry it out; False where it met no row."""
    try:
        return (await tx.execute(statement)).rowcount > 0
    except IntegrityError:
        sentence = "Another contact of this office has that address or number."
        raise Conflict("contact_exists", sentence) from None


async def change(
    tx: AsyncConnection, actor: Actor, contact_id: UUID, asked: ContactChange, *, seen: datetime | None = None
) -> Contact:
    """Set what the portal needs of a contact; the default address stays (S4.33).

    Raises:
        Refused: not found; not allowed; unknown account; `account_required`; `contact_exists`; `changed_meanwhile`,
            where the contact is not the one that was `seen` any more.
    """
    before = await get(tx, actor, contact_id, Right.CONTACTS)
    office = await offices.get(tx, before.office)
    values = _values(asked)
    kept = sorted({*before.kept_fields, *(name for name in values if not name.endswith("_key"))})
    row = t.contacts.update().where(c.id == contact_id)
    same = row if seen is None else row.where(c.updated_at == seen)
    if not await _write(tx, same.values(**values, kept_fields=kept, updated_at=func.now())):
        raise changed_meanwhile()
    await _move(tx, actor, office, contact_id, asked)
    detail: dict[str, object] = {"office": office.code, "changed": sorted(values)}
    moved = {"accounts_added": asked.add_accounts, "accounts_removed": asked.remove_accounts}
    detail |= {name: sorted(set(codes)) for name, codes in moved.items() if codes}
    await audit.record(tx, Event.CONTACT_SET, actor, subject_id=contact_id, detail=detail)
    return await get(tx, actor, contact_id)


async def _move(tx: AsyncConnection, actor: Actor, office: Office, contact_id: UUID, asked: ContactChange) -> None:
    """Put the person on accounts and take them off others; whoever acts names none that is out of their sight."""
    if asked.add_accounts:
        _, joined = await asking.accounts_for(tx, actor, Right.CONTACTS, office, asked.add_accounts)
        await link(tx, contact_id, joined)
    if asked.remove_accounts:
        who, left = await asking.accounts_for(tx, actor, Right.CONTACTS, office, asked.remove_accounts)
        await tx.execute(delete(t.contact_accounts).where(ca.contact_id == contact_id, ca.account_id.in_(left)))
        await _require_account(tx, who, office, contact_id)


async def _require_account(tx: AsyncConnection, who: Authority, office: Office, contact_id: UUID) -> None:
    """A person stays on the last account where the office asks for one (S0.10), and within the reach of `who` (S1.3).

    Raises:
        Invalid: `account_required`.
    """
    is_held = who.rights[Right.CONTACTS] is Reach.ASSIGNED
    if not (is_held or office.policy.account_required):
        return
    if (await tx.execute(select(ca.account_id).where(ca.contact_id == contact_id).limit(1))).first() is None:
        why = "You serve the accounts assigned to you" if is_held else f"Office {office.code} asks for an Account ID"
        sentence = f"{why}, so the person stays on the last one. Put them on another one first."
        raise Invalid("account_required", sentence, field="account")


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
