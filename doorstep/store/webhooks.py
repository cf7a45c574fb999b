"""Webhooks as an office looks after them: added, rotated, enabled, replayed, removed; each change is recorded."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from doorstep.domain.authority import NOTHING, Right, require_of_office
from doorstep.domain.errors import Conflict
from doorstep.domain.events import Event
from doorstep.domain.webhooks import Sending, SendingStatus, Webhook, WebhookState, no_such_webhook, secret_lost
from doorstep.security.links import KeyRing, Purpose, UnknownKeyError
from doorstep.store import audit, authority, offices, signing, webhook_events
from doorstep.store import tables as t
from doorstep.store.audit import Actor

w = t.webhooks.c
d = t.webhook_deliveries.c
_COLUMNS = [w[name] for name in Webhook.__dataclass_fields__]
_SENDING = [d[name] for name in Sending.__dataclass_fields__]
_ANEW: dict[str, object] = {
    "status": SendingStatus.QUEUED,
    "round": d.round + 1,
    "attempts": 0,
    "started_at": None,
    "first_tried_at": None,
    "due_at": None,
    "delivered_at": None,
}


async def add(
    tx: AsyncConnection, ring: KeyRing, actor: Actor, office: str, url: str, events: Sequence[str], owner: str
) -> tuple[Webhook, str]:
    """A new webhook and its secret; it hears of what is settled from now on (`catch_up`).

    Raises:
        NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`.
    """
    code = await require_settings(tx, actor, office)
    await webhook_events.catch_up(tx)
    values = {"id": uuid7(), "office": code, "url": url, "events": list(events), "owner": owner}
    row = await tx.execute(t.webhooks.insert().values(**values, created_by=actor.name).returning(*_COLUMNS))
    made = _webhook(row.one())
    secret = await signing.make(tx, ring, Purpose.WEBHOOK, made.id)
    await _record(tx, Event.WEBHOOK_ADDED, actor, made, events=list(events))
    return made, secret


async def require_settings(tx: AsyncConnection, actor: Actor, office: str) -> str:
    """The code of an office whose settings `actor` may change.

    Raises:
        NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`.
    """
    found = await offices.get(tx, office)
    await authority.require_in_office(tx, actor, found.code, Right.SETTINGS)
    return found.code


async def get(tx: AsyncConnection, actor: Actor, webhook_id: UUID, *, for_update: bool = False) -> Webhook:
    """One webhook, for whoever may change the settings of its office.

    Raises:
        NotFound: `no_such_webhook`; Forbidden: `not_allowed`.
    """
    query = select(*_COLUMNS).where(w.id == webhook_id, w.state != WebhookState.REMOVED)
    row = (await tx.execute(query.with_for_update() if for_update else query)).one_or_none()
    if row is None:
        raise no_such_webhook()
    found = _webhook(row)
    who = await authority.of(tx, actor, found.office)
    if who is NOTHING:
        raise no_such_webhook()
    require_of_office(who, Right.SETTINGS)
    return found


async def listed(tx: AsyncConnection, actor: Actor, office: str) -> list[Webhook]:
    """The webhooks of an office, oldest first.

    Raises:
        NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`.
    """
    code = await require_settings(tx, actor, office)
    query = select(*_COLUMNS).where(w.office == code, w.state != WebhookState.REMOVED)
    return [_webhook(row) for row in await tx.execute(query.order_by(w.created_at, w.id))]


async def sendings(
    tx: AsyncConnection, actor: Actor, webhook_id: UUID, *, limit: int, before: int | None = None
) -> list[Sending]:
    """The newest deliveries of a webhook, the newest first; `before` a sequence number, for the next page."""
    await get(tx, actor, webhook_id)
    query = select(*_SENDING).where(d.webhook_id == webhook_id).order_by(d.sequence.desc()).limit(limit)
    rows = await tx.execute(query if before is None else query.where(d.sequence < before))
    return [_sending(row) for row in rows]


async def secret(tx: AsyncConnection, ring: KeyRing, actor: Actor, webhook_id: UUID) -> str:
    """The newest secret, for whoever sets the receiver up; that it was shown is recorded.

    Raises:
        NotFound: `no_such_webhook`; Forbidden: `not_allowed`; Conflict: `secret_lost`.
    """
    found = await get(tx, actor, webhook_id)
    shown = await secret_of(tx, ring, webhook_id)
    await _record(tx, Event.WEBHOOK_SECRET_SHOWN, actor, found)
    return shown


async def secret_of(tx: AsyncConnection, ring: KeyRing, webhook_id: UUID) -> str:
    """The newest secret.

    Raises:
        Conflict: `secret_lost`.
    """
    try:
        return await signing.current(tx, ring, Purpose.WEBHOOK, webhook_id)
    except UnknownKeyError:
        raise secret_lost() from None


async def change(tx: AsyncConnection, actor: Actor, webhook_id: UUID, said: Mapping[str, object]) -> Webhook:
    """Send somewhere else or other events, or tell another owner; the secret and what is queued stay.

    Other events count for what is settled from now on (`webhook_events.catch_up`): the past goes by those before.

    Raises:
        NotFound: `no_such_webhook`; Forbidden: `not_allowed`.
    """
    before = await get(tx, actor, webhook_id)
    if said.get("events", before.events) != before.events:
        await webhook_events.catch_up(tx)
    found = await get(tx, actor, webhook_id, for_update=True)
    fresh = {name: value for name, value in said.items() if value != getattr(found, name)}
    if not fresh:
        return found
    row = await tx.execute(update(t.webhooks).where(w.id == webhook_id).values(**fresh).returning(*_COLUMNS))
    changed = _webhook(row.one())
    events = {"events": list(changed.events)} if "events" in fresh else {}
    await _record(tx, Event.WEBHOOK_SET, actor, changed, changed=sorted(fresh), **events)
    return changed


async def rotate(tx: AsyncConnection, ring: KeyRing, actor: Actor, webhook_id: UUID, overlap: timedelta) -> str:
    """A new secret; until `overlap` is over, every delivery is signed with the one before too (T23)."""
    found = await get(tx, actor, webhook_id, for_update=True)
    made = await signing.rotate(tx, ring, Purpose.WEBHOOK, webhook_id, overlap=overlap)
    await _record(tx, Event.WEBHOOK_ROTATED, actor, found, overlap_seconds=round(overlap.total_seconds()))
    return made


async def enable(tx: AsyncConnection, actor: Actor, webhook_id: UUID) -> Webhook:
    """Let a disabled webhook send again: first everything that it did not take and that has queued up meanwhile.

    Raises:
        NotFound: `no_such_webhook`; Forbidden: `not_allowed`; Conflict: `not_disabled`.
    """
    found = await get(tx, actor, webhook_id, for_update=True)
    if found.state is not WebhookState.DISABLED:
        raise Conflict("not_disabled", "This webhook is not disabled.")
    values = {"state": WebhookState.ACTIVE, "failing_since": None, "disabled_at": None}
    row = await tx.execute(update(t.webhooks).where(w.id == webhook_id).values(**values).returning(*_COLUMNS))
    await _again(tx, webhook_id, d.status != SendingStatus.DELIVERED)
    await _record(tx, Event.WEBHOOK_ENABLED, actor, found)
    return _webhook(row.one())


async def disable(tx: AsyncConnection, actor: Actor, webhook_id: UUID) -> Webhook:
    """Send nothing for now; what happens meanwhile queues up, as for one that was disabled since it took nothing.

    Raises:
        NotFound: `no_such_webhook`; Forbidden: `not_allowed`; Conflict: `not_active`.
    """
    found = await get(tx, actor, webhook_id, for_update=True)
    if found.state is not WebhookState.ACTIVE:
        raise Conflict("not_active", "This webhook is disabled already.")
    values = {"state": WebhookState.DISABLED, "disabled_at": func.now()}
    row = await tx.execute(update(t.webhooks).where(w.id == webhook_id).values(**values).returning(*_COLUMNS))
    await _record(tx, Event.WEBHOOK_DISABLED, actor, found)
    return _webhook(row.one())


async def replay(tx: AsyncConnection, actor: Actor, webhook_id: UUID, since: datetime | timedelta) -> int:
    """Send everything since a moment, or of that time, again, under the same ids and with the same bodies; how much.

    Raises:
        NotFound: `no_such_webhook`; Forbidden: `not_allowed`.
    """
    found = await get(tx, actor, webhook_id, for_update=True)
    count = await _again(
        tx, webhook_id, d.created_at >= (func.now() - since if isinstance(since, timedelta) else since)
    )
    await _record(tx, Event.WEBHOOK_REPLAYED, actor, found, deliveries=count)
    return count


async def remove(tx: AsyncConnection, actor: Actor, webhook_id: UUID) -> Webhook:
    """Send nothing more; what is still queued is dropped.

    Raises:
        NotFound: `no_such_webhook`; Forbidden: `not_allowed`.
    """
    found = await get(tx, actor, webhook_id, for_update=True)
    await tx.execute(update(t.webhooks).where(w.id == webhook_id).values(state=WebhookState.REMOVED))
    queued = update(t.webhook_deliveries).where(d.webhook_id == webhook_id, d.status == SendingStatus.QUEUED)
    await tx.execute(queued.values(status=SendingStatus.DROPPED, due_at=None))
    await signing.end(tx, webhook_id)
    await _record(tx, Event.WEBHOOK_REMOVED, actor, found)
    return found


async def _again(tx: AsyncConnection, webhook_id: UUID, *which: object) -> int:
    rows = update(t.webhook_deliveries).where(d.webhook_id == webhook_id, *which).values(**_ANEW)  # type: ignore[arg-type]
    return cast("CursorResult[object]", await tx.execute(rows)).rowcount


async def _record(tx: AsyncConnection, event: Event, actor: Actor, webhook: Webhook, **more: object) -> None:
    await audit.record(tx, event, actor, subject_id=webhook.id, detail={"office": webhook.office, **more})


def _webhook(row: object) -> Webhook:
    values = dict(row._mapping)  # type: ignore[attr-defined]  # noqa: SLF001 - SQLAlchemy's documented name
    return Webhook(**values | {"state": WebhookState(values["state"]), "events": tuple(values["events"])})


def _sending(row: object) -> Sending:
    values = dict(row._mapping)  # type: ignore[attr-defined]  # noqa: SLF001 - SQLAlchemy's documented name
    return Sending(**values | {"status": SendingStatus(values["status"])})
