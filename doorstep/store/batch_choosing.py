"""Whom a batch is about: contacts by their ids, or the customers of accounts that match, without a username (S4.26)."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import Authority
from doorstep.domain.batches import MOST_ROWS, BatchFilter
from doorstep.store import sight
from doorstep.store import tables as t
from doorstep.store.usernames import have_none

a = t.accounts.c
c = t.contacts.c
ca = t.contact_accounts.c


async def contacts_of(tx: AsyncConnection, who: Authority, office: str, wanted: BatchFilter) -> list[UUID]:
    """The contacts of an office on accounts that match, in the order of their names; one more than a batch may have."""
    on = sight.of_accounts(who, a.id)
    said = ((a.customer_type, wanted.customer_type), (a.sales_rep, wanted.sales_rep), (a.price_list, wanted.price_list))
    matches: Sequence[ColumnElement[bool]] = [func.lower(column) == text.lower() for column, text in said if text]
    join = t.contact_accounts.join(t.accounts, a.id == ca.account_id)
    theirs = select(ca.contact_id).select_from(join).where(a.office == office, a.closed_at.is_(None), *matches, *on)
    query = select(c.id).where(c.office == office, c.id.in_(theirs), have_none(office))
    return list((await tx.execute(query.order_by(func.lower(c.name), c.id).limit(MOST_ROWS + 1))).scalars())
