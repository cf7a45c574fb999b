"""Answers kept for whoever asks again under the same key, as Stripe does it: first a claim, later the answer.

A claim that nobody finished, since its process died, can be taken over after a minute; whatever is a day old is
forgotten.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.errors import Conflict, Invalid
from doorstep.store import tables as t

ka = t.kept_answers.c
KEPT_FOR = timedelta(hours=24)
ABANDONED_AFTER = timedelta(minutes=1)


@dataclass(frozen=True)
class Request:
    """A request as its repetition is recognised: who asks, under which key, for what."""

    owner: str
    key: str
    fingerprint: bytes


@dataclass(frozen=True)
class Claim:
    """The right to answer a request; `at` tells it from the one of somebody who takes it over."""

    request: Request
    at: datetime


@dataclass(frozen=True)
class KeptAnswer:
    """What was answered the first time; `subject` is whom or what it tells of."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    subject: UUID | None = None


async def claim(tx: AsyncConnection, request: Request) -> Claim | KeptAnswer:
    """The claim of the first to ask, or what the first one was answered.

    Raises:
        Invalid: `idempotency_key_reused`; Conflict: `idempotency_in_flight`.
    """
    is_abandoned = and_(
        ka.status.is_(None), ka.created_at < func.now() - ABANDONED_AFTER, ka.fingerprint == request.fingerprint
    )
    blank: dict[str, object] = {
        "fingerprint": request.fingerprint,
        "status": None,
        "headers": {},
        "body": None,
        "subject_id": None,
    }
    statement = insert(t.kept_answers).values(owner=request.owner, key=request.key, **blank)
    taken = statement.on_conflict_do_update(
        index_elements=[ka.owner, ka.key],
        set_=blank | {"created_at": func.now()},
        where=or_(is_abandoned, ka.created_at < func.now() - KEPT_FOR),
    )
    at = (await tx.execute(taken.returning(ka.created_at))).scalar_one_or_none()
    return await _earlier(tx, request) if at is None else Claim(request, at)


async def _earlier(tx: AsyncConnection, request: Request) -> KeptAnswer:
    columns = (ka.fingerprint, ka.status, ka.headers, ka.body, ka.subject_id)
    query = select(*columns).where(ka.owner == request.owner, ka.key == request.key)
    row = (await tx.execute(query)).one_or_none()
    if row is not None and row.fingerprint != request.fingerprint:
        sentence = "This Idempotency-Key was used for another request. Use a new key for a new request."
        raise Invalid("idempotency_key_reused", sentence, field="Idempotency-Key")
    if row is None or row.status is None:
        sentence = "The same request is being answered just now. Ask again in a moment, under the same key."
        raise Conflict("idempotency_in_flight", sentence)
    return KeptAnswer(row.status, row.headers, row.body, row.subject_id)


async def keep(tx: AsyncConnection, mine: Claim, answer: KeptAnswer) -> None:
    """Keep an answer under its claim, unless somebody took that over meanwhile."""
    values = {
        "status": answer.status,
        "headers": dict(answer.headers),
        "body": answer.body,
        "subject_id": answer.subject,
    }
    await tx.execute(update(t.kept_answers).where(*_is_mine(mine)).values(**values))


async def release(tx: AsyncConnection, mine: Claim) -> None:
    """Give a claim back without an answer, so that the next one tries again."""
    await tx.execute(delete(t.kept_answers).where(*_is_mine(mine)))


async def forget(tx: AsyncConnection, subjects: Collection[UUID]) -> None:
    """Drop what was answered about somebody who is erased (T34)."""
    await tx.execute(delete(t.kept_answers).where(ka.subject_id.in_(subjects)))


async def purge(tx: AsyncConnection) -> None:
    """Drop what is older than a day."""
    await tx.execute(delete(t.kept_answers).where(ka.created_at < func.now() - KEPT_FOR))


def _is_mine(mine: Claim) -> tuple[ColumnElement[bool], ...]:
    asked = mine.request
    return ka.owner == asked.owner, ka.key == asked.key, ka.created_at == mine.at, ka.status.is_(None)
