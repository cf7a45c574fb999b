"""A batch as a page shows it: how far it is, some of its rows, and who the contacts among them are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import Authority
from doorstep.domain.batches import Batch, BatchRow, RowResult, no_such_batch
from doorstep.domain.pages import Page
from doorstep.store import authority, batches, sight
from doorstep.store import tables as t
from doorstep.store.audit import Actor

c = t.contacts.c
ca = t.contact_accounts.c


@dataclass(frozen=True)
class Whom:
    """A contact that a row names by its id alone."""

    name: str
    address: str


@dataclass(frozen=True)
class BatchSheet:
    """A batch, a page of its rows, and the contacts of those, as far as they are in sight."""

    batch: Batch
    rows: Page[BatchRow]
    people: Mapping[UUID, Whom]


async def get(
    tx: AsyncConnection, actor: Actor, batch_id: UUID, *, result: RowResult | None, after: str, limit: int
) -> BatchSheet:
    """The batch with the rows from `after` on, or with those of them that came to `result`.

    Raises:
        NotFound: `no_such_batch`; Invalid: `cursor_invalid`.
    """
    batch = await batches.load(tx, batch_id)
    if batch is None:
        raise no_such_batch()
    who = await authority.of(tx, actor, batch.office)
    batches.require_own(who, actor, batch.created_by, batch.key_id)
    rows = await batches.rows(tx, batch_id, result=result, after=after, limit=limit)
    contacts = [row.contact_id for row in rows.items if row.contact_id is not None]
    return BatchSheet(batch, rows, await _people(tx, who, contacts))


async def _people(tx: AsyncConnection, who: Authority, contacts: Sequence[UUID]) -> dict[UUID, Whom]:
    if not contacts:
        return {}
    address = func.coalesce(c.portal_email, c.email, c.phone, "")
    query = select(c.id, c.name, address).where(c.id.in_(contacts))
    if not who.sees_all:
        query = query.where(c.id.in_(select(ca.contact_id).where(*sight.of_accounts(who, ca.account_id))))
    return {identifier: Whom(name, to) for identifier, name, to in await tx.execute(query)}
