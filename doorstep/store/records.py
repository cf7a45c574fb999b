"""The audit as support reads it: everything about an invitation and its user, and what an office did without one."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.events import Event
from doorstep.store import audit
from doorstep.store import tables as t
from doorstep.store.audit import AuditEntry

a = t.audit.c
REFUSALS = (Event.REFUSED, Event.SIGN_IN_REFUSED)
OF_THE_OFFICE = r"^(staff|user|contact|account|batch|key|webhook|delivery_source|erp_source)\."
"""What is recorded about somebody or something that belongs to the office rather than to an invitation."""
_COLUMNS = (a.at, a.actor, a.via, a.event, a.code, a.detail)


async def of_user(tx: AsyncConnection, user_id: UUID, *, since: datetime) -> list[AuditEntry]:
    """What was recorded about a user, oldest first; before `since` they were another invitation's."""
    query = select(*_COLUMNS).where(a.subject_id == user_id, a.at >= since).order_by(a.id)
    return [AuditEntry(*row) for row in await tx.execute(query)]


async def of_office(
    tx: AsyncConnection, office: str, *, is_refused: bool, since: timedelta | None, limit: int
) -> list[AuditEntry]:
    """The newest records of an office that belong to no invitation: refused ones, settings, staff; newest first."""
    is_apart = or_(a.subject_id.is_(None), a.event.regexp_match(OF_THE_OFFICE))
    wanted: list[ColumnElement[bool]] = [is_apart, audit.names(office)]
    if is_refused:
        wanted.append(a.event.in_(REFUSALS))
    if since is not None:
        wanted.append(a.at >= func.now() - since)
    query = select(*_COLUMNS).where(*wanted).order_by(a.id.desc()).limit(limit)
    return [AuditEntry(*row) for row in await tx.execute(query)]
