"""Who may report what became of an office's mail: one address and its secrets for each mail provider."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from doorstep.domain.authority import Right
from doorstep.domain.errors import Conflict, NotFound
from doorstep.domain.events import Event
from doorstep.domain.messages import Channel, Message
from doorstep.security.links import KeyRing, Purpose
from doorstep.security.signing import OVERLAP
from doorstep.store import audit, authority, offices, password_links, returns, signing, users
from doorstep.store import tables as t
from doorstep.store.audit import Actor

s = t.delivery_sources.c
d = t.deliveries.c
i = t.invitations.c
NOTED_EVERY = timedelta(minutes=1)
"""How exact the moment of the last report is: a row is not written for each of a thousand."""


@dataclass(frozen=True)
class DeliverySource:
    """A mail provider that reports to an office."""

    id: UUID
    office: str
    name: str
    created_by: str
    created_at: datetime
    last_report_at: datetime | None


_COLUMNS = [s[name] for name in DeliverySource.__dataclass_fields__]


async def add(tx: AsyncConnection, ring: KeyRing, actor: Actor, office: str, name: str) -> tuple[DeliverySource, str]:
    """A new source with its secret; one that was removed comes back under its address, with a secret of its own.

    Raises:
        NotFound: `no_such_office`; Forbidden: not allowed; Conflict: `delivery_source_exists`.
    """
    await _locked(tx, actor, office)
    query = select(s.id, s.removed_at).where(s.office == office, s.name == name)
    before = (await tx.execute(query)).one_or_none()
    if before is not None and before.removed_at is None:
        again = f"For another secret: doorstep delivery-source rotate {office} NAME"
        raise Conflict("delivery_source_exists", f"Office {office} has a source of that name already. {again}")
    if before is None:
        identifier = uuid7()
        values = {"id": identifier, "office": office, "name": name, "created_by": actor.name}
        await tx.execute(t.delivery_sources.insert().values(**values))
        secret = await signing.make(tx, ring, Purpose.DELIVERY_SOURCE, identifier)
    else:
        identifier = before.id
        again_there = update(t.delivery_sources).where(s.id == identifier)
        await tx.execute(again_there.values(removed_at=None, created_by=actor.name, created_at=func.now()))
        secret = await _renew(tx, ring, identifier, timedelta(0))
    await _record(tx, Event.SOURCE_ADDED, actor, office, identifier)
    return await _get(tx, office, name), secret


async def rotate(
    tx: AsyncConnection, ring: KeyRing, actor: Actor, office: str, name: str, *, overlap: timedelta = OVERLAP
) -> tuple[DeliverySource, str]:
    """A new secret; those before stay good for `overlap` (T23).

    Raises:
        NotFound: `no_such_office`, `no_such_delivery_source`; Forbidden: not allowed.
    """
    await _locked(tx, actor, office)
    source = await _get(tx, office, name)
    secret = await _renew(tx, ring, source.id, overlap)
    await _record(tx, Event.SOURCE_ROTATED, actor, office, source.id)
    return source, secret


async def remove(tx: AsyncConnection, actor: Actor, office: str, name: str) -> DeliverySource:
    """Believe that source nothing any more.

    Raises:
        NotFound: `no_such_office`, `no_such_delivery_source`; Forbidden: not allowed.
    """
    await _locked(tx, actor, office)
    source = await _get(tx, office, name)
    await tx.execute(update(t.delivery_sources).where(s.id == source.id).values(removed_at=func.now()))
    await signing.end(tx, source.id)
    await _record(tx, Event.SOURCE_REMOVED, actor, office, source.id)
    return source


async def listed(tx: AsyncConnection, actor: Actor, office: str) -> list[DeliverySource]:
    """The sources of an office by name.

    Raises:
        NotFound: `no_such_office`; Forbidden: not allowed.
    """
    await offices.get(tx, office)
    await authority.require_in_office(tx, actor, office, Right.SETTINGS)
    query = select(*_COLUMNS).where(s.office == office, s.removed_at.is_(None)).order_by(s.name)
    return [DeliverySource(*row) for row in await tx.execute(query)]


async def secrets(tx: AsyncConnection, ring: KeyRing, source_id: UUID) -> list[str]:
    """The secrets that a report of this source may be signed with; none where there is no such source."""
    there = select(s.id).where(s.id == source_id, s.removed_at.is_(None))
    if (await tx.execute(there)).one_or_none() is None:
        return []
    return await signing.valid(tx, ring, Purpose.DELIVERY_SOURCE, source_id)


async def known(tx: AsyncConnection, source_id: UUID, delivery_ids: Collection[UUID]) -> set[UUID]:
    """Those of the deliveries that are mails of the source's office; whatever else is named does not exist for it."""
    query = select(s.office).where(s.id == source_id, s.removed_at.is_(None))
    office = (await tx.execute(query)).scalar_one_or_none()
    joined = t.deliveries.outerjoin(t.invitations, i.id == d.subject_id)
    wanted = select(d.id, d.subject_id, d.facts, i.office).select_from(joined)
    rows = await tx.execute(wanted.where(d.id.in_(delivery_ids), d.channel == Channel.MAIL))
    theirs = set()
    for row in rows.all():
        of = row.office or await _office_of_request(tx, row.subject_id, row.facts)
        theirs |= {row.id} if of is not None and of == office else set()
    return theirs


async def _office_of_request(tx: AsyncConnection, subject_id: UUID, facts: Mapping[str, object]) -> str | None:
    """The office that a mail about a password comes from, or the copy of an invitation that was asked for instead."""
    link = await password_links.get(tx, subject_id)
    if link is None or link.office is not None:
        return None if link is None else link.office
    user = None if link.user_id is None else await users.by_id(tx, link.user_id)
    if user is not None:
        return await users.office_of(tx, user)
    if "invitation_id" not in facts:
        return None
    query = select(i.office).where(i.id == UUID(str(facts["invitation_id"])))
    found: str | None = (await tx.execute(query)).scalar_one_or_none()
    return found


async def note_arrivals(tx: AsyncConnection, arrivals: Mapping[UUID, datetime | None]) -> set[UUID]:
    """Note at once that many mails arrived, as `returns.note` does one by one; those of which that was news."""
    joined = t.deliveries.outerjoin(t.invitations, i.id == d.subject_id)
    found = select(d.id, d.message, i.id.label("invitation")).select_from(joined)
    wanted = found.where(d.id.in_(arrivals), returns.WAS_TAKEN).order_by(d.id)
    rows = (await tx.execute(wanted.with_for_update(of=t.deliveries))).all()  # in one order, whoever else reports them
    if rows:
        await tx.execute(_ARRIVE, [{"wanted": row.id, "told": arrivals[row.id]} for row in rows])
    for row in rows:
        if row.invitation is not None:
            await returns.arrived(tx, row.invitation, Message(row.message))
    return {row.id for row in rows}


_ARRIVE = (
    update(t.deliveries)
    .where(d.id == bindparam("wanted"))
    .values(cause="", is_attempt_open=False, **returns.has_arrived(bindparam("told", type_=d.sent_at.type)))
)


async def heard_of(tx: AsyncConnection, source_id: UUID) -> None:
    """Note that the source is alive."""
    is_old = func.coalesce(s.last_report_at < func.now() - NOTED_EVERY, True)
    await tx.execute(update(t.delivery_sources).where(s.id == source_id, is_old).values(last_report_at=func.now()))


async def _locked(tx: AsyncConnection, actor: Actor, office: str) -> None:
    """Let whoever may change the sources of an office do it, one after the other."""
    await offices.get(tx, office)
    await authority.require_in_office(tx, actor, office, Right.SETTINGS)
    await tx.execute(select(t.offices.c.code).where(t.offices.c.code == office).with_for_update())


async def _get(tx: AsyncConnection, office: str, name: str) -> DeliverySource:
    query = select(*_COLUMNS).where(s.office == office, s.name == name, s.removed_at.is_(None))
    row = (await tx.execute(query)).one_or_none()
    if row is None:
        remedy = f"See those that it has: doorstep delivery-source list {office}"
        raise NotFound("no_such_delivery_source", f"Office {office} has no source of that name. {remedy}")
    return DeliverySource(*row)


async def _renew(tx: AsyncConnection, ring: KeyRing, source_id: UUID, overlap: timedelta) -> str:
    return await signing.rotate(tx, ring, Purpose.DELIVERY_SOURCE, source_id, overlap=overlap)


async def _record(tx: AsyncConnection, event: Event, actor: Actor, office: str, source_id: UUID) -> None:
    detail = {"office": office, "source": str(source_id)}
    await audit.record(tx, event, actor, subject_id=None, detail=detail)
