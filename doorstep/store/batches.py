"""Batches and their rows, kept and looked up; each with what whoever looks may see (T20)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Text, and_, cast, func, insert, literal, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from doorstep.domain.addresses import address_key
from doorstep.domain.authority import Authority, Right, not_allowed
from doorstep.domain.batches import Batch, BatchOptions, BatchRow, BatchState, Counts, RowResult, no_such_batch
from doorstep.domain.errors import Invalid
from doorstep.domain.events import Event
from doorstep.domain.pages import Page, id_at, number_at, page_of
from doorstep.domain.permissions import permissions_of
from doorstep.store import asking, audit, authority, locks, offices
from doorstep.store import tables as t
from doorstep.store.audit import Actor
from doorstep.store.batch_counts import counts_of

b = t.batches.c
r = t.batch_rows.c
AT_ONCE = 2_000
"""Rows of one insert."""

_OWN = [b[name] for name in Batch.__dataclass_fields__ if name not in ("checked", "sent")]
ROW_COLUMNS = [r[name] for name in BatchRow.__dataclass_fields__]


@dataclass(frozen=True)
class NewBatch:
    """A batch about to be kept; `rows` are ready for the table, `fingerprint` is the same for the same request."""

    office: str
    name: str
    source: str
    options: BatchOptions
    starts_by_itself: bool
    rows: Sequence[dict[str, object]]
    idempotency_key: str | None
    fingerprint: bytes


async def require_inviter(tx: AsyncConnection, actor: Actor, office: str) -> Authority:
    """The authority of somebody who may invite at all in an office; what of it, each row asks again.

    Raises:
        NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`.
    """
    await offices.get(tx, office)
    who = await authority.standing(tx, actor, office)
    if Right.INVITE not in who.rights:
        raise not_allowed(Right.INVITE)
    return who


async def add(tx: AsyncConnection, actor: Actor, new: NewBatch) -> UUID:
    """Keep a batch and its rows; the id of the earlier one where the key was used for the same.

    Raises:
        Refused: not allowed; `unknown_template`, `unknown_role`; `idempotency_mismatch`.
    """
    await require_inviter(tx, actor, new.office)
    earlier = await _earlier(tx, new)
    if earlier is not None:
        return earlier
    await asking.require_template(tx, await offices.get(tx, new.office), new.options.template)
    groups = await asking.groups_for(tx, new.office, new.options.roles)
    permissions_of(new.options.roles, groups)
    identifier: UUID = uuid7()
    await tx.execute(t.batches.insert().values(id=identifier, **_values(actor, new, groups)))
    for first in range(0, len(new.rows), AT_ONCE):
        slice_ = [{"batch_id": identifier, **row} for row in new.rows[first : first + AT_ONCE]]
        await tx.execute(insert(t.batch_rows), slice_)
    await _tie_to_contacts(tx, identifier, new.office)
    detail = {"office": new.office, "rows": len(new.rows), "source": new.source}
    await audit.record(tx, Event.BATCH_CREATED, actor, subject_id=identifier, detail=detail)
    return identifier


async def _tie_to_contacts(tx: AsyncConnection, batch_id: UUID, office: str) -> None:
    """Note which contact a row means, where there is one; an id of nobody stays to be refused."""
    c = t.contacts.c
    means = and_(r.batch_id == batch_id, r.given["contact"].as_string() == cast(c.id, Text), c.office == office)
    await tx.execute(update(t.batch_rows).where(means).values(contact_id=c.id))


def _values(actor: Actor, new: NewBatch, groups: Mapping[str, Sequence[str]]) -> dict[str, object]:
    # What its groups stand for now, for rows that are invited when somebody has changed one since (S1.11).
    named = {name: list(groups[name]) for name in new.options.roles if name in groups}
    return {
        "office": new.office,
        "name": new.name,
        "source": new.source,
        "options": asdict(new.options) | {"groups": named},
        "starts_by_itself": new.starts_by_itself,
        "created_by": actor.name,
        "created_via": actor.via,
        "key_id": actor.key_id,
        "is_trusted": actor.is_trusted,
        "idempotency_key": new.idempotency_key,
        "idempotency_hash": new.fingerprint if new.idempotency_key else None,
    }


async def _earlier(tx: AsyncConnection, new: NewBatch) -> UUID | None:
    if new.idempotency_key is None:
        return None
    await locks.one_by_one(tx, "batch", [f"{new.office}/{new.idempotency_key}"])
    query = select(b.id, b.idempotency_hash).where(b.office == new.office, b.idempotency_key == new.idempotency_key)
    row = (await tx.execute(query)).one_or_none()
    if row is not None and row[1] != new.fingerprint:
        sentence = "This idempotency key was used for another batch. Use a new key for a new request."
        raise Invalid("idempotency_mismatch", sentence, field="idempotency_key")
    return None if row is None else row[0]


async def load(tx: AsyncConnection, batch_id: UUID, *, for_update: bool = False) -> Batch | None:
    """The batch, whoever asks; `for_update` locks it."""
    query = select(*_OWN).where(b.id == batch_id)
    row = (await tx.execute(query.with_for_update() if for_update else query)).one_or_none()
    if row is None:
        return None
    checked, sent = (await counts_of(tx, [batch_id]))[batch_id]
    return _read(row, checked, sent)


async def get(tx: AsyncConnection, actor: Actor, batch_id: UUID, right: Right = Right.SEE) -> Batch:
    """A batch that `actor` sees and may do `right` to.

    Raises:
        NotFound: `no_such_batch`; Forbidden: `not_allowed`.
    """
    await require_sight(tx, actor, batch_id, right)
    batch = await load(tx, batch_id)
    if batch is None:
        raise no_such_batch()
    return batch


async def require_sight(tx: AsyncConnection, actor: Actor, batch_id: UUID, right: Right = Right.SEE) -> None:
    """Let through whoever sees a batch and may do `right` to it: their own one, or any where nothing is hidden.

    Raises:
        NotFound: `no_such_batch`; Forbidden: `not_allowed`.
    """
    row = (await tx.execute(select(b.office, b.created_by, b.key_id).where(b.id == batch_id))).one_or_none()
    if row is None:
        raise no_such_batch()
    who = await authority.of(tx, actor, row.office)
    require_own(who, actor, row.created_by, row.key_id)
    if right not in who.rights:
        raise not_allowed(right)


def require_own(who: Authority, actor: Actor, created_by: str, key_id: UUID | None) -> None:
    """Let through whoever made a batch, or sees all of the office.

    Raises:
        NotFound: `no_such_batch`.
    """
    is_own = actor.key_id == key_id and address_key(actor.name) == address_key(created_by)
    if not who.sees_all and not (Right.SEE in who.rights and is_own):
        raise no_such_batch()


async def listed(tx: AsyncConnection, actor: Actor, office: str, *, after: str, limit: int) -> Page[Batch]:
    """The batches of an office that `actor` sees, the newest first.

    Raises:
        NotFound: `no_such_office`; Forbidden: `not_staff`; Invalid: `cursor_invalid`.
    """
    await offices.get(tx, office)
    who = await authority.standing(tx, actor, office)
    wanted: list[ColumnElement[bool]] = [b.office == office]
    if not who.sees_all:
        wanted += [func.lower(b.created_by) == address_key(actor.name), b.key_id.is_not_distinct_from(actor.key_id)]
    if after:
        at = select(b.created_at).where(b.id == id_at(after)).scalar_subquery()
        wanted.append(tuple_(b.created_at, b.id) < tuple_(at, literal(id_at(after))))
    query = select(*_OWN).where(*wanted).order_by(b.created_at.desc(), b.id.desc()).limit(limit + 1)
    found = (await tx.execute(query)).all()
    counts = await counts_of(tx, [row.id for row in found])
    return page_of([_read(row, *counts[row.id]) for row in found], limit, lambda batch: batch.id)


async def rows(
    tx: AsyncConnection, batch_id: UUID, *, result: RowResult | None, after: str, limit: int
) -> Page[BatchRow]:
    """The rows of a batch in their order; `result` keeps those that came to it, or would until they are tried."""
    wanted: list[ColumnElement[bool]] = [r.batch_id == batch_id]
    if result is not None:
        wanted.append(func.coalesce(r.result, r.checked) == result)
    if after:
        wanted.append(r.number > number_at(after))
    query = select(*ROW_COLUMNS).where(*wanted).order_by(r.number).limit(limit + 1)
    found = [read_row(row) for row in await tx.execute(query)]
    return page_of(found, limit, lambda row: row.number)


def read_row(row: Row[Any]) -> BatchRow:
    """A row of a batch."""
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name
    results = {name: None if values[name] is None else RowResult(values[name]) for name in ("checked", "result")}
    return BatchRow(**(values | results))


def _read(row: Row[Any], checked: Counts, sent: Counts) -> Batch:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name
    said = values["options"]
    known = {name: said[name] for name in BatchOptions.__dataclass_fields__ if name in said}
    options = BatchOptions(**(known | {"roles": tuple(known.get("roles", ()))}))
    typed = {"state": BatchState(values["state"]), "options": options, "checked": checked, "sent": sent}
    return Batch(**(values | typed))
