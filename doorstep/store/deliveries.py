"""Deliveries: one row a message and recipient, written with the change that causes it, sent afterwards.

An attempt is opened and committed before the message is handed over, and closed with what came of it. An attempt that
nobody closed may have succeeded: the next one repeats it byte for byte (invariant 6, F15).
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from uuid import UUID

from sqlalchemy import Row, bindparam, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from doorstep.domain.invitation import Delivery
from doorstep.domain.messages import DeliveryStatus, Handover, HandoverResult, Message, channel_of
from doorstep.store import tables as t

d = t.deliveries.c
_COLUMNS = [d[name] for name in Delivery.__dataclass_fields__]
UNSENT = or_(d.status == DeliveryStatus.QUEUED, d.status == DeliveryStatus.DEFERRED)  # no IN: it cannot be repeated

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
    await queue_all(tx, subject_id, generation, [(message, recipient) for recipient in recipients], facts)


async def queue_all(
    tx: AsyncConnection,
    subject_id: UUID,
    generation: int,
    wanted: Sequence[tuple[Message, str]],
    facts: Mapping[str, object] | None = None,
) -> None:
    """The same for several messages at once, each with its recipient."""
    rows = [
        {
            "id": uuid7(),
            "subject_id": subject_id,
            "message": message,
            "generation": generation,
            "recipient": recipient,
            "recipient_key": recipient.casefold(),
            "channel": channel_of(recipient),
            "facts": dict(facts or {}),
        }
        for message, recipient in wanted
    ]
    if rows:
        await tx.execute(insert(t.deliveries).on_conflict_do_nothing(), rows)


async def withdraw(tx: AsyncConnection, subject_id: UUID, messages: Iterable[Message], *, cause: str) -> None:
    """Give up what has not gone out and has no purpose any more."""
    unsent = t.deliveries.update().where(d.subject_id == subject_id, d.message.in_(tuple(messages)), UNSENT)
    await tx.execute(unsent.values(status=DeliveryStatus.FAILED, cause=cause, is_attempt_open=False))


async def open_attempts(tx: AsyncConnection, waiting: Sequence[Delivery]) -> tuple[Delivery, ...]:
    """The same with an attempt open; `handed_over_at` moves only where the one before is known to have failed."""
    moment = case((d.is_attempt_open, d.handed_over_at), else_=func.now())
    statement = update(t.deliveries).where(d.id.in_([each.id for each in waiting]), UNSENT)
    values = {"attempts": d.attempts + 1, "handed_over_at": moment, "is_attempt_open": True}
    rows = await tx.execute(statement.values(**values).returning(d.id, d.attempts, d.handed_over_at))
    opened = {row[0]: (row[1], row[2]) for row in rows}
    return tuple(
        replace(each, attempts=opened[each.id][0], handed_over_at=opened[each.id][1], is_attempt_open=True)
        for each in waiting
        if each.id in opened
    )


_CLOSE = (
    update(t.deliveries)
    .where(d.id == bindparam("wanted"), UNSENT)
    .values(
        status=bindparam("new_status"),
        is_attempt_open=bindparam("still_open"),
        cause=bindparam("new_cause"),
        reply_code=bindparam("new_code"),
        sent_at=case((bindparam("new_status") == DeliveryStatus.SENT, func.now()), else_=None),
    )
)


async def close_attempts(
    tx: AsyncConnection, results: Mapping[UUID, HandoverResult], *, repeated: AbstractSet[UUID] = frozenset()
) -> None:
    """Note what came of each attempt; one that ended unknown stays open.

    Of `repeated` ones a copy may be out already: a failure now says nothing about that one, so they stay open too.
    """
    rows = [
        {
            "wanted": delivery_id,
            "new_status": _STATUS[result.kind],
            "still_open": result.kind is Handover.UNKNOWN
            or (result.kind is Handover.DEFERRED and delivery_id in repeated),
            "new_cause": result.cause,
            "new_code": result.reply_code,
        }
        for delivery_id, result in results.items()
    ]
    if rows:
        await tx.execute(_CLOSE, rows)


async def of_subject(tx: AsyncConnection, subject_id: UUID) -> list[Delivery]:
    """Every delivery of one subject, oldest first."""
    rows = await tx.execute(select(*_COLUMNS).where(d.subject_id == subject_id).order_by(d.created_at, d.id))
    return [Delivery(**(dict(row._mapping) | _typed(row))) for row in rows]  # noqa: SLF001 - SQLAlchemy's documented name


def _typed(row: Row[tuple[object, ...]]) -> dict[str, object]:
    return {"message": Message(row.message), "status": DeliveryStatus(row.status)}
