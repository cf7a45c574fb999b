"""Deliveries: one row a message and recipient, written with the change that causes it, sent afterwards.

An attempt is opened and committed before the message is handed over, and closed with what came of it. An attempt that
nobody closed may have succeeded: the next one repeats it byte for byte (invariant 6, F15).
"""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import Row, case, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from doorstep.domain.invitation import Delivery
from doorstep.domain.messages import DeliveryStatus, Handover, HandoverResult, Message
from doorstep.store import tables as t

d = t.deliveries.c
_COLUMNS = [d[name] for name in Delivery.__dataclass_fields__]
UNSENT = d.status.in_((DeliveryStatus.QUEUED, DeliveryStatus.DEFERRED))

_STATUS = {
    Handover.ACCEPTED: DeliveryStatus.SENT,
    Handover.REFUSED: DeliveryStatus.BOUNCED,
    Handover.DEFERRED: DeliveryStatus.DEFERRED,
    Handover.UNKNOWN: DeliveryStatus.DEFERRED,
}


async def queue(
    tx: AsyncConnection,
    subject_id: UUID,
    message: Message,
    generation: int,
    recipients: Iterable[str],
    facts: Mapping[str, object] | None = None,
) -> None:
    """Note that `message` has to go to each of `recipients`; once per generation, however often it is asked."""
    rows = [
        {
            "id": uuid7(),
            "subject_id": subject_id,
            "message": message,
            "generation": generation,
            "recipient": recipient,
            "recipient_key": recipient.casefold(),
            "facts": dict(facts or {}),
        }
        for recipient in recipients
    ]
    if rows:
        await tx.execute(insert(t.deliveries).on_conflict_do_nothing(), rows)


async def withdraw(tx: AsyncConnection, subject_id: UUID, messages: Iterable[Message], *, cause: str) -> None:
    """Give up what has not gone out and has no purpose any more."""
    unsent = t.deliveries.update().where(d.subject_id == subject_id, d.message.in_(tuple(messages)), UNSENT)
    await tx.execute(unsent.values(status=DeliveryStatus.FAILED, cause=cause, is_attempt_open=False))


async def open_attempts(tx: AsyncConnection, identifiers: Sequence[UUID]) -> None:
    """Open an attempt for each; `handed_over_at` moves only where the attempt before is known to have failed."""
    moment = case((d.is_attempt_open, d.handed_over_at), else_=func.now())
    opened = update(t.deliveries).where(d.id.in_(identifiers), UNSENT)
    await tx.execute(opened.values(attempts=d.attempts + 1, handed_over_at=moment, is_attempt_open=True))


async def close_attempts(tx: AsyncConnection, results: Mapping[UUID, HandoverResult]) -> None:
    """Note what came of each attempt; one that ended unknown stays open."""
    for delivery_id, result in results.items():
        values: dict[str, object] = {
            "status": _STATUS[result.kind],
            "is_attempt_open": result.kind is Handover.UNKNOWN,
            "cause": result.cause,
            "reply_code": result.reply_code,
        }
        if result.kind is Handover.ACCEPTED:
            values["sent_at"] = func.now()
        await tx.execute(update(t.deliveries).where(d.id == delivery_id, UNSENT).values(**values))


async def of_subject(tx: AsyncConnection, subject_id: UUID) -> list[Delivery]:
    """Every delivery of one subject, oldest first."""
    rows = await tx.execute(select(*_COLUMNS).where(d.subject_id == subject_id).order_by(d.created_at, d.id))
    return [Delivery(**(dict(row._mapping) | _typed(row))) for row in rows]  # noqa: SLF001 - SQLAlchemy's documented name


def _typed(row: Row[tuple[object, ...]]) -> dict[str, object]:
    return {"message": Message(row.message), "status": DeliveryStatus(row.status)}
