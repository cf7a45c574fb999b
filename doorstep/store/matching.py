"""Finding the contact who is meant, so that nobody is known twice (S0.5): one at a time for each person."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, exists, func, or_, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.contact import Known, Named, name_key, same_person
from doorstep.store import locks
from doorstep.store import tables as t

c = t.contacts.c
ca = t.contact_accounts.c


async def find(tx: AsyncConnection, office: str, named: Named, accounts: Sequence[UUID]) -> Known | None:
    """The contact of the office who is that person, named for these accounts; None where there is nobody.

    Until the commit nobody else finds or makes the same person, however many imports run at once.
    """
    names = [f"{account}/{name_key(named.name)}" for account in accounts if named.name]
    keys = [key for key in (named.email_key, named.phone_key) if key]
    await locks.one_by_one(tx, f"contact/{office}", [*names, *keys])
    here = exists().where(ca.contact_id == c.id, ca.account_id.in_(accounts))
    columns = (c.id, c.name, c.email_key, c.portal_email_key, c.phone_key, c.kept_fields, here)
    alike = select(*columns).where(c.id.in_(_alike(office, named, accounts))).order_by(c.created_at, c.id)
    return same_person(named, [Known(*row) for row in await tx.execute(alike)])


def _alike(office: str, named: Named, accounts: Sequence[UUID]) -> Select[tuple[UUID]]:
    """Everybody who comes into question, each way by an index of its own."""
    of_office = select(c.id).where(c.office == office)
    ways = [_here(named, accounts)]
    if named.email_key is not None:
        ways += [of_office.where(column == named.email_key) for column in (c.email_key, c.portal_email_key)]
    if named.phone_key is not None:
        ways.append(of_office.where(c.phone_key == named.phone_key, c.email_key.is_(None)))
    return select(union(*ways).subquery().c.id)


def _here(named: Named, accounts: Sequence[UUID]) -> Select[tuple[UUID]]:
    """Those on the accounts who have the number, or no address, or whose name is all that there is to go by."""
    on_account = select(c.id).join(t.contact_accounts, ca.contact_id == c.id).where(ca.account_id.in_(accounts))
    if named.email_key is None and named.phone_key is None:
        return on_account
    return on_account.where(or_(c.phone_key == named.phone_key, func.coalesce(c.email_key, c.phone_key).is_(None)))
