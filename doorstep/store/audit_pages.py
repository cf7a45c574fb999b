"""The audit of an office page by page, newest first: what happened to its invitations, people, settings and systems."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import Right
from doorstep.domain.events import Event
from doorstep.domain.pages import Page, number_at, page_of
from doorstep.store import audit, authority, offices
from doorstep.store import tables as t
from doorstep.store.audit import Actor

a = t.audit.c
i = t.invitations.c


@dataclass(frozen=True)
class AuditRecord:
    """One line of the audit with its number, and what it is about."""

    id: int
    at: datetime
    subject_id: UUID | None
    actor: str
    via: str
    event: str
    code: str
    detail: dict[str, object]
    is_of_invitation: bool = False
    """Its subject is an invitation."""


@dataclass(frozen=True)
class AuditFilter:
    """What narrows the audit; `actor` is exact."""

    event: Event | None = None
    actor: str | None = None
    subject: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


async def of_office(
    tx: AsyncConnection, actor: Actor, office: str, wanted: AuditFilter, *, after: str = "", limit: int
) -> Page[AuditRecord]:
    """The records of an office that match, for whoever sees all of it.

    What a user did who belongs to several offices is left out: it is nobody's alone.

    Raises:
        NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`; Invalid: `cursor_invalid`.
    """
    await authority.require_in_office(tx, actor, office, Right.SEE)
    conditions = _narrowed(wanted)
    if after:
        conditions.append(a.id < number_at(after))
    ways = _ways(office, wanted.event)
    ids = union(*(way.where(*conditions).order_by(a.id.desc()).limit(limit + 1) for way in ways)).subquery()
    is_of_invitation = exists().where(i.id == a.subject_id)
    columns = (a.id, a.at, a.subject_id, a.actor, a.via, a.event, a.code, a.detail, is_of_invitation)
    query = select(*columns).where(a.id.in_(select(ids.c.id)))
    rows = await tx.execute(query.order_by(a.id.desc()).limit(limit + 1))
    found = [AuditRecord(*row) for row in rows]
    if not found:
        await offices.get(tx, office)
    return page_of(found, limit, lambda record: record.id)


FEW = 2000
OF_INVITATIONS = ("invitation", "message", "command", "account", "user")
"""The families of events whose subject can be an invitation."""


def _ways(office: str, event: Event | None) -> list[Select[int]]:
    """How a record belongs to an office: it names it, alone or among others, or is about an invitation of it.

    Each way takes an index of its own. Of the last one there are two: where the office has many invitations, the newest
    records are looked through for theirs; where it has few, the records of those few are looked up.
    """
    ways = [
        select(a.id).where(audit.named_office == office, audit.is_beside),
        select(a.id).where(audit.named_offices.contains([office])),
    ]
    if event is not None and event.partition(".")[0] not in OF_INVITATIONS:
        return ways
    theirs = select(i.id).where(i.office == office)
    has_few = select(func.count()).select_from(theirs.limit(FEW + 1).subquery()).scalar_subquery() <= FEW
    return [
        *ways,
        select(a.id).where(has_few, a.subject_id == func.any(func.array(theirs.limit(FEW).scalar_subquery()))),
        select(a.id).join(t.invitations, i.id == a.subject_id).where(~has_few, i.office == office),
    ]


def _narrowed(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    exact = ((a.event, wanted.event), (a.actor, wanted.actor), (a.subject_id, wanted.subject))
    narrowed = [column == value for column, value in exact if value is not None]
    if wanted.since is not None:
        narrowed.append(a.at >= wanted.since)
    if wanted.until is not None:
        narrowed.append(a.at < wanted.until)
    return narrowed
