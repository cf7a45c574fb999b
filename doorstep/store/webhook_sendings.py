"""Deliveries to webhooks: what each try finds and leaves in its row.

An attempt is opened and committed, the receiver asked without a transaction, and what came of it committed again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Row, case, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.events import Event
from doorstep.domain.messages import Message
from doorstep.domain.webhooks import GIVE_UP_AFTER, SendingStatus, WebhookState, body_text, pause_after
from doorstep.security.links import KeyRing, Purpose
from doorstep.store import audit, deliveries, signing
from doorstep.store import tables as t
from doorstep.store.audit import CLOCK
from doorstep.store.deliveries import UNSENT

d = t.webhook_deliveries.c
w = t.webhooks.c
IS_QUEUED = d.status == SendingStatus.QUEUED


class Where(StrEnum):
    """Where a delivery stands when its workflow looks at it; `parked` until its webhook is enabled."""

    OPEN = "open"
    DELIVERED = "delivered"
    FAILED = "failed"
    DROPPED = "dropped"
    PARKED = "parked"


@dataclass(frozen=True)
class Attempt:
    """One try, opened: what to send, where, and signed with what; only `where` and `has_news` if there is none."""

    where: Where
    has_news: bool = False
    url: str = ""
    body: str = ""
    secrets: tuple[str, ...] = ()
    number: int = 0
    now: datetime | None = None


@dataclass(frozen=True)
class Failure:
    """How a try failed: a stable word, the receiver's answer if there was one, and how long it asks to be left alone.

    `is_gone`: the receiver says that nobody will ever take it again.
    """

    cause: str
    reply_code: int | None = None
    retry_after: timedelta = timedelta(0)
    is_gone: bool = False


@dataclass(frozen=True)
class Left:
    """What a failed try leaves: where the delivery stands, how long to wait, and whether the owner is to be told."""

    where: Where
    pause: timedelta = timedelta(0)
    has_news: bool = False


async def open_attempt(tx: AsyncConnection, ring: KeyRing, delivery_id: UUID) -> Attempt:
    """Open a try if the delivery is to go out now.

    Where its webhook is disabled it goes back to where it came from, until somebody enables the webhook.
    """
    row = await _locked(tx, delivery_id)
    if row is None:
        return Attempt(Where.DROPPED)
    has_news = await _has_news(tx, row.webhook_id, delivery_id)
    if row.status != SendingStatus.QUEUED:
        return Attempt(Where(row.status), has_news)
    mine = update(t.webhook_deliveries).where(d.id == delivery_id)
    if row.state != WebhookState.ACTIVE:
        await tx.execute(mine.values(started_at=None, due_at=None))
        return Attempt(Where.PARKED, has_news)
    first = func.coalesce(d.first_tried_at, func.now())
    opened = mine.values(attempts=d.attempts + 1, first_tried_at=first, tried_at=func.now(), due_at=None)
    number, now = (await tx.execute(opened.returning(d.attempts, d.tried_at))).one()
    secrets = tuple(await signing.valid(tx, ring, Purpose.WEBHOOK, row.webhook_id))
    return Attempt(Where.OPEN, has_news, row.url, body_text(row.body), secrets, number, now)


async def delivered(tx: AsyncConnection, delivery_id: UUID, reply_code: int) -> None:
    """Note that the receiver has it, and with it that its webhook works."""
    row = await _locked(tx, delivery_id)
    if row is None or row.status != SendingStatus.QUEUED:
        return
    values = {"status": SendingStatus.DELIVERED, "reply_code": reply_code, "cause": "", "delivered_at": func.now()}
    await tx.execute(update(t.webhook_deliveries).where(d.id == delivery_id).values(**values))
    # Thousands of good ends a minute need not all wait for the one row of their webhook.
    is_news = or_(w.failing_since.is_not(None), w.last_success_at.is_(None), w.last_success_at < _A_MINUTE_AGO)
    works = update(t.webhooks).where(w.id == row.webhook_id, is_news)
    await tx.execute(works.values(failing_since=None, last_success_at=func.now()))


_A_MINUTE_AGO = func.now() - timedelta(minutes=1)


async def not_taken(tx: AsyncConnection, delivery_id: UUID, failure: Failure) -> Left:
    """Note a try that failed; after three days of them the delivery has failed.

    A webhook that took nothing in all that time is disabled, and so is one that says that it is gone; what has not
    failed by then waits until somebody enables it.
    """
    row = await _locked(tx, delivery_id)
    if row is None or row.status != SendingStatus.QUEUED:
        return Left(Where.DROPPED if row is None else Where(row.status))
    pause = max(failure.retry_after, pause_after(row.attempts))
    end = func.coalesce(d.first_tried_at, func.now()) + GIVE_UP_AFTER
    mine = update(t.webhook_deliveries).where(d.id == delivery_id)
    noted = mine.values(
        cause=failure.cause,
        reply_code=failure.reply_code,
        status=case((end <= func.now(), SendingStatus.FAILED), else_=SendingStatus.QUEUED),
        due_at=case((end > func.now(), func.least(func.now() + pause, end))),
    )
    status, left = (await tx.execute(noted.returning(d.status, d.due_at - func.now()))).one()
    is_over = await _note_failing(tx, row)
    is_disabled = (failure.is_gone or is_over) and await _disable(tx, row, delivery_id, failure)
    if status == SendingStatus.FAILED:
        return Left(Where.FAILED, has_news=is_disabled)
    if is_disabled:
        await tx.execute(mine.values(started_at=None, due_at=None))
        return Left(Where.PARKED, has_news=True)
    return Left(Where.OPEN, left)


async def _note_failing(tx: AsyncConnection, row: Row[*tuple[Any, ...]]) -> bool:
    """True where the webhook has taken nothing for three days, by the database's clock."""
    since = func.coalesce(w.failing_since, func.greatest(row.first_tried_at, w.last_success_at))
    failing = update(t.webhooks).where(w.id == row.webhook_id).values(failing_since=since)
    is_over = w.failing_since + GIVE_UP_AFTER <= func.now()
    return bool((await tx.execute(failing.returning(is_over))).scalar_one())


async def _disable(tx: AsyncConnection, row: Row[*tuple[Any, ...]], delivery_id: UUID, failure: Failure) -> bool:
    """Disable the webhook and tell its owner, once; the workflow of this delivery sends the mail."""
    disabled = update(t.webhooks).where(w.id == row.webhook_id, w.state == WebhookState.ACTIVE)
    values = {"state": WebhookState.DISABLED, "disabled_at": func.now()}
    owner = (await tx.execute(disabled.values(**values).returning(w.owner))).scalar_one_or_none()
    if owner is None:
        return False
    detail = {"office": row.office, "delivery_id": str(delivery_id)}
    await audit.record(tx, Event.WEBHOOK_DISABLED, CLOCK, subject_id=row.webhook_id, code=failure.cause, detail=detail)
    earlier = await deliveries.of_subject(tx, row.webhook_id)
    facts = {"delivery_id": str(delivery_id), "cause": failure.cause, "reply_code": failure.reply_code}
    await deliveries.queue(tx, row.webhook_id, Message.WEBHOOK_DISABLED, len(earlier) + 1, [owner], facts)
    return True


async def _has_news(tx: AsyncConnection, webhook_id: UUID, delivery_id: UUID) -> bool:
    """True where a mail is unsent that this delivery caused."""
    m = t.deliveries.c
    is_unsent = exists().where(
        m.subject_id == webhook_id, UNSENT, m.facts["delivery_id"].as_string() == str(delivery_id)
    )
    return bool((await tx.execute(select(is_unsent))).scalar_one())


async def _locked(tx: AsyncConnection, delivery_id: UUID) -> Row[*tuple[Any, ...]] | None:
    columns = (d.webhook_id, d.status, d.body, d.attempts, d.first_tried_at, w.url, w.state, w.office)
    query = select(*columns).join(t.webhooks, w.id == d.webhook_id).where(d.id == delivery_id)
    return (await tx.execute(query.with_for_update(of=t.webhook_deliveries))).one_or_none()
