"""The audit of an office page by page, newest first: what happened to its invitations, people, settings and systems."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select
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


@dataclass(frozen=True)
class AuditFilter:
    """What narrows the audit; `actor` is exact."""

    event: Event | None = None
    actor: str | None = None
    subject: UUID | None = None
    since: datetime | None = None


async def of_office(
    tx: AsyncConnection, actor: Actor, office: str, wanted: AuditFilter, *, after: str = "", limit: int
) -> Page[AuditRecord]:
    """The records of an office that match, for whoever sees all of it.

    What a user did who belongs to several offices is left out: it is nobody's alone.

    Raises:
        NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`; Invalid: `cursor_invalid`.
    """
    await authority.require_in_office(tx, actor, office, Right.SEE)
    conditions = [_is_of(office), *_narrowed(wanted)]
    if after:
        conditions.append(a.id < number_at(after))
    columns = [a[name] for name in AuditRecord.__dataclass_fields__]
    rows = await tx.execute(select(*columns).where(*conditions).order_by(a.id.desc()).limit(limit + 1))
    found = [AuditRecord(*row) for row in rows]
    if not found:
        await offices.get(tx, office)
    return page_of(found, limit, lambda record: record.id)


def _is_of(office: str) -> ColumnElement[bool]:
    is_invitation = exists().where(i.id == a.subject_id, i.office == office)
    return or_(audit.names(office), is_invitation)


def _narrowed(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    exact = ((a.event, wanted.event), (a.actor, wanted.actor), (a.subject_id, wanted.subject))
    narrowed = [column == value for column, value in exact if value is not None]
    return narrowed if wanted.since is None else [*narrowed, a.at >= wanted.since]
