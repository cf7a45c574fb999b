"""The audit: appended, never changed; refusals are recorded too (invariant 5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.events import Event
from doorstep.store import tables as t


@dataclass(frozen=True)
class Actor:
    """Who acts, and through which door: `page`, `api`, `cli`, `temporal` or `clock`."""

    name: str
    via: str


CLOCK = Actor("doorstep", "clock")


@dataclass(frozen=True)
class AuditEntry:
    """One line of the audit."""

    at: datetime
    actor: str
    via: str
    event: str
    code: str
    detail: dict[str, object]


async def record(
    tx: AsyncConnection,
    event: Event,
    actor: Actor,
    *,
    subject_id: UUID | None,
    code: str = "",
    detail: Mapping[str, object] | None = None,
) -> None:
    """Append one line; `detail` holds small plain values, addresses only masked."""
    await tx.execute(
        t.audit.insert().values(
            subject_id=subject_id, actor=actor.name, via=actor.via, event=event, code=code, detail=dict(detail or {})
        )
    )


async def entries(tx: AsyncConnection, subject_id: UUID) -> list[AuditEntry]:
    """Everything recorded about one subject, oldest first."""
    a = t.audit.c
    query = select(a.at, a.actor, a.via, a.event, a.code, a.detail).where(a.subject_id == subject_id).order_by(a.id)
    return [AuditEntry(*row) for row in await tx.execute(query)]
