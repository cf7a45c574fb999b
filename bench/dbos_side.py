"""The same work on DBOS: a queue of durable workflows of two steps, which call what our activities call.

python -m bench.dbos_side ROWS, with the settings of Doorstep in the environment; prints rows a second. What it leaves
out is what a workflow does after the mail: it does not wait for anybody, which is in its favour.
"""

import asyncio
import os
import sys
import time
from typing import Any
from uuid import UUID

import dbos  # type: ignore[import-not-found, unused-ignore]  # only `make bench` installs it
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.post import Post
from bench.ground import BOSS, until_mailed
from doorstep import logs, settings
from doorstep.domain.destination import email_of
from doorstep.domain.requests import NewInvitation
from doorstep.mail.smtp import Mailer
from doorstep.store import creating
from doorstep.store.engine import driver_url, transact
from doorstep.text.texter import Texter
from starter.client import Doorstep, connect
from worker import build_post

OFFICE = "dbos"
WARM = 50
POLLED_EVERY = 0.05
"""Seconds; by default DBOS looks once a second, which would bound it."""

DBOS: Any = dbos.DBOS


class Side:
    """What the steps stand on; they are called by DBOS, in this process."""

    doorstep: Doorstep
    post: Post


@DBOS.step()  # type: ignore[untyped-decorator]
async def create(address: str) -> str:
    """The invitation with its link and audit; the same one if the step is repeated."""
    desk = Side.doorstep
    new = NewInvitation(office=OFFICE, email=email_of(address), idempotency_key=address)

    async def work(tx: AsyncConnection) -> str:
        invitation, _ = await creating.create(tx, desk.ring, desk.actor, new)
        return str(invitation.id)

    return await transact(desk.engine, work)


@DBOS.step(retries_allowed=True)  # type: ignore[untyped-decorator]
async def send(identifier: str) -> None:
    """Hand the mail over."""
    await Side.post.send_all(UUID(identifier))


@DBOS.workflow()  # type: ignore[untyped-decorator]
async def invite(address: str) -> None:
    """One row."""
    await send(await create(address))


async def run(rows: int) -> float:
    """Rows a second, from the first that is queued to the last mail."""
    chosen = settings.load()
    async with connect(chosen) as desk, Mailer.of(chosen) as mailer, Texter.of(chosen) as texter:
        await desk.office_set(OFFICE)
        await desk.approvers_set(OFFICE, [BOSS])
        Side.doorstep, Side.post = desk, build_post(desk.engine, mailer, texter, chosen)
        url = make_url(driver_url(chosen.database_url.get_secret_value()))
        system = url.set(database="beside_system").render_as_string(hide_password=False)
        DBOS(config={"name": "bench", "system_database_url": system, "log_level": "WARNING"})
        DBOS.launch()
        queue = await DBOS.register_queue_async(
            "invitations", worker_concurrency=chosen.activities_at_once, polling_interval_sec=POLLED_EVERY
        )
        await _invite_all(queue, 0, WARM)
        start = time.perf_counter()
        await _invite_all(queue, WARM, rows)
        return rows / (time.perf_counter() - start)


async def _invite_all(queue: Any, already: int, rows: int) -> None:
    for number in range(already, already + rows):
        await queue.enqueue_async(invite, f"row-{number}@dbos.example")
    await until_mailed(Side.doorstep.engine, OFFICE, already + rows, "DBOS")


if __name__ == "__main__":
    logs.set_up("ERROR")
    speed = asyncio.run(run(int(sys.argv[1])))
    sys.stdout.write(f"{speed}\n")
    sys.stdout.flush()
    os._exit(0)  # as in worker.py
