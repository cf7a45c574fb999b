"""The audit: appended, never changed; refusals are recorded too (invariant 5)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Boolean, ColumnElement, Text, case, func, literal, literal_column, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.events import Event
from doorstep.store import tables as t

HUB = "hub"
"""The door of whoever signed in to the Team Hub."""


@dataclass(frozen=True)
class Actor:
    """Who acts, and through which door: `page`, `hub`, `api`, `cli`, `temporal` or `clock`.

    Of what was sent straight to Temporal, `name` is a claim and `identity` what the sender's program called itself;
    `message` tells that message from every other, so that none is carried out twice. `is_trusted`: nobody was named, so
    it is the operator, the system behind the client API, or we ourselves; a named person has the rights of that person.
    `key_id`: an API key acts, with the rights of its scopes in its own office.
    """

    name: str
    via: str
    identity: str = ""
    message: str = ""
    is_trusted: bool = False
    key_id: UUID | None = None


CLOCK = Actor("doorstep", "clock", is_trusted=True)


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
    said = dict(detail or {})
    if actor.message:
        said |= {"identity": actor.identity, "message_id": actor.message}
    await tx.execute(
        t.audit.insert().values(
            subject_id=subject_id, actor=actor.name, via=actor.via, event=event, code=code, detail=said
        )
    )


# As the indexes spell it: a parameter in the place of a name would leave them aside.
named_office: ColumnElement[str] = literal_column("(audit.detail ->> 'office')")
named_offices: ColumnElement[object] = literal_column("(audit.detail -> 'offices')", JSONB)
is_beside: ColumnElement[bool] = literal_column("(audit.event <> 'invitation.created')", Boolean)


def names(office: str) -> ColumnElement[bool]:
    """True of a record that says by itself which office it belongs to."""
    return or_(named_office == office, named_offices.contains([office]))


async def event_of(tx: AsyncConnection, subject_id: UUID, message: str) -> str | None:
    """What was recorded when `message` was carried out or refused; None if it was not."""
    a = t.audit.c
    query = select(a.event).where(a.subject_id == subject_id, a.detail["message_id"].as_string() == message)
    return (await tx.execute(query.order_by(a.id).limit(1))).scalar_one_or_none()


async def entries(tx: AsyncConnection, subject_id: UUID) -> list[AuditEntry]:
    """Everything recorded about one subject, oldest first."""
    a = t.audit.c
    query = select(a.at, a.actor, a.via, a.event, a.code, a.detail).where(a.subject_id == subject_id).order_by(a.id)
    return [AuditEntry(*row) for row in await tx.execute(query)]


PERSONAL = ("before", "after", "identity")
"""What of a record's detail may tell of a person."""


async def forget(tx: AsyncConnection, subject_id: UUID, names: Iterable[str]) -> None:
    """Take a person out of the records of one subject; that something happened, when and by which staff, stays (T34).

    The schema lets nothing else of the audit be changed, and this only for the subject that is named here.
    """
    await tx.execute(select(func.set_config("doorstep.erasing", str(subject_id), True)))
    a = t.audit.c
    known = {name.casefold() for name in names}
    actors = (await tx.execute(select(a.actor).where(a.subject_id == subject_id).distinct())).scalars()
    theirs = [actor for actor in actors if actor.casefold() in known]
    detail = a.detail.op("-")(literal(list(PERSONAL), ARRAY(Text)))
    actor = case((a.actor.in_(theirs), "erased"), else_=a.actor)
    await tx.execute(t.audit.update().where(a.subject_id == subject_id).values(actor=actor, detail=detail))
    await tx.execute(select(func.set_config("doorstep.erasing", "", True)))
