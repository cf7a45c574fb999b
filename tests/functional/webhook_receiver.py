"""A receiver of webhooks on this machine that behaves as it is told, and a house that tells it what happens."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
from aiohttp import web
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from standardwebhooks import Webhook
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import TimeSkipper

from doorstep.domain.webhooks import Sending, SendingStatus
from doorstep.store import audit
from starter.handing_on import hand_on_once
from starter.webhooks import WebhookAdded
from tests.house import House, eventually


@dataclass(frozen=True)
class Got:
    """One request as it arrived."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """The `webhook-id`."""
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        """The body, read."""
        read: dict[str, Any] = json.loads(self.body)
        return read

    def is_signed_with(self, secret: str) -> bool:
        """True if the reference library verifies it."""
        return bool(Webhook(secret).verify(self.body, self.headers) == self.event)


@dataclass
class Receiver:
    """Answers `status` with `headers`; 0 drops the connection, and `hold` keeps the answer back until it is set."""

    url: str = ""
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    hold: asyncio.Event | None = None
    got: list[Got] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        """Take one request down, and answer as told."""
        lowered = {name.lower(): value for name, value in request.headers.items()}
        self.got.append(Got(lowered, await request.read()))
        if self.hold is not None:
            await self.hold.wait()
        if not self.status and request.transport is not None:
            request.transport.abort()
        return web.Response(status=self.status or 500, headers=self.headers)

    def sequences(self) -> list[int]:
        """The number of every request, in the order in which they came."""
        return [each.event["sequence"] for each in self.got]

    async def until(self, count: int) -> list[Got]:
        """What arrived, as soon as it is that much."""

        async def look() -> list[Got] | None:
            return self.got if len(self.got) >= count else None

        return await eventually(look, f"{count} webhooks")


@asynccontextmanager
async def receiving(**behaviour: Any) -> AsyncIterator[Receiver]:
    """A receiver on a port of its own."""
    receiver = Receiver(**behaviour)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receiver.answer)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
    receiver.url = f"http://127.0.0.1:{port}/doorstep"
    try:
        yield receiver
    finally:
        if receiver.hold is not None:
            receiver.hold.set()
        await runner.cleanup()


async def listening(house: House, receiver: Receiver, *events: str) -> WebhookAdded:
    """A webhook of a new office to the receiver."""
    office = await house.office()
    return await house.doorstep.webhook_add(
        office, receiver.url, events=events or ["invitation.*"], owner=f"it@{office}.example"
    )


async def all_committed(house: House) -> None:
    """Wait for the end of every transaction under way: what has happened by now can be handed on.

    The worker of the tests has some at any time, of whatever other tests left behind; each keeps later ones waiting.
    """

    async def number(tx: AsyncConnection, function: str) -> int:
        query = text(f"SELECT {function}(pg_current_snapshot())::text::bigint")
        return int((await tx.execute(query)).scalar_one())

    now = await house.run(lambda tx: number(tx, "pg_snapshot_xmax"))

    async def look() -> bool | None:
        return True if await house.run(lambda tx: number(tx, "pg_snapshot_xmin")) >= now else None

    await eventually(look, "the transactions under way to end")


async def hand_on(house: House, *, waits: bool = True) -> int:
    """What a worker does every second, as often as there is something to do; `waits` for whatever is under way."""
    if waits:
        await all_committed(house)
    started = 0
    while begun := await hand_on_once(house.engine, house.doorstep.starter):
        started += begun
    return started


async def sendings(house: House, added: WebhookAdded, **options: Any) -> list[Sending]:
    """The deliveries of a webhook, oldest first."""
    return (await house.doorstep.webhook_deliveries(added.webhook.id, **options))[::-1]


async def until_tried(house: House, added: WebhookAdded, tries: int = 1) -> Sending:
    """The oldest delivery, once that many tries of it have ended badly."""

    async def look() -> Sending | None:
        found = await sendings(house, added)
        # While the next try is under way the cause of the one before stands there, and no moment for another one.
        has_ended = found and found[0].cause and found[0].due_at and found[0].attempts >= tries
        return found[0] if has_ended else None

    return await eventually(look, f"{tries} tries")


async def until_status(house: House, added: WebhookAdded, status: SendingStatus, count: int = 1) -> list[Sending]:
    """Every delivery, once `count` of them have that status."""

    async def look() -> list[Sending] | None:
        found = await sendings(house, added, limit=500)
        return found if sum(each.status is status for each in found) >= count else None

    return await eventually(look, f"{count} deliveries {status}")


async def grow_older(house: House, webhook_id: UUID, days: int) -> None:
    """Move the instants of a webhook and of its deliveries back by days, as if they had passed."""
    url = house.settings.database_url.get_secret_value().replace("+psycopg", "")
    moved = ("failing_since", "last_success_at"), ("started_at", "first_tried_at", "tried_at", "due_at")
    async with await psycopg.AsyncConnection.connect(url) as connection, connection.transaction():
        for table, column, names in zip(("webhooks", "webhook_deliveries"), ("id", "webhook_id"), moved, strict=True):
            values = ", ".join(f"{name} = {name} - make_interval(days => %(days)s)" for name in names)
            statement = f"UPDATE {table} SET {values} WHERE {column} = %(id)s"  # noqa: S608 - names of ours
            await connection.execute(statement.encode(), {"days": days, "id": webhook_id})


async def retried(house: House, sending_id: UUID, *, seconds: int = 6) -> None:
    """Let the pause before the next try be over; it may be over by itself, and the delivery at its end."""
    handle = house.client.get_workflow_handle(f"webhook-{sending_id}")

    async def look() -> bool | None:
        described = await handle.describe()
        pauses = [each.HasField("next_attempt_schedule_time") for each in described.raw_description.pending_activities]
        return True if any(pauses) or described.close_time is not None else None

    await eventually(look, "the pause before the next try")
    try:
        await TimeSkipper(house.client).fast_forward(handle, timedelta(seconds=seconds))
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise


async def drafted(house: House, added: WebhookAdded) -> None:
    """One event for the webhook: somebody is noted, and nothing mailed."""
    office = added.webhook.office
    await house.doorstep.invite(office=office, email=f"ana@{office}.example", is_draft=True)
    await hand_on(house)


async def recorded(house: House, webhook_id: UUID) -> list[str]:
    """The names in the audit of a webhook."""
    return [entry.event for entry in await house.run(lambda tx: audit.entries(tx, webhook_id))]
