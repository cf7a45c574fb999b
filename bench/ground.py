"""What the measurements stand on: a stack of their own, real workers beside it, and offices to invite for."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from doorstep import settings
from doorstep.domain.batches import BatchState, NewRow
from doorstep.local.home import ANY_PORTS, Home
from doorstep.local.stack import Stack
from doorstep.settings import child_environment
from starter.client import Doorstep, connect

ROOT = Path(__file__).resolve().parents[1]
PARTS = frozenset({"postgres", "migrations", "temporal", "mailbox"})
BOSS = "boss@office.example"
LOOK_EVERY = 0.5
"""Seconds between two looks at how far it is, so that looking costs nothing."""


def say(line: str) -> None:
    """A line for whoever waits."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


@dataclass
class Progress:
    """A line for every tenth of the way."""

    what: str
    of: int
    _told: int = 0

    def at(self, done: int) -> None:
        """Tell, if another tenth is done."""
        if 10 * done // self.of > self._told:
            self._told = 10 * done // self.of
            say(f"  {self.what}: {done} of {self.of}")


@asynccontextmanager
async def own_stack() -> AsyncIterator[Stack]:
    """Servers of one's own, which are gone afterwards; the settings of this process lead there."""
    with TemporaryDirectory(prefix="doorstep-bench-") as folder:
        async with Stack(Home.at(Path(folder)), parts=PARTS, ports=ANY_PORTS, say=say) as stack:
            os.environ |= stack.values  # noqa: TID251 - a composition root, for the settings of this process
            yield stack


@asynccontextmanager
async def own_client(*offices: str) -> AsyncIterator[Doorstep]:
    """The client API on those servers, with offices that may invite."""
    async with connect(settings.load()) as doorstep:
        for office in offices:
            await doorstep.office_set(office)
            await doorstep.approvers_set(office, [BOSS])
        yield doorstep


@asynccontextmanager
async def worker(**changed: object) -> AsyncIterator[psutil.Process]:
    """`worker.py` as a process, with some settings changed."""
    more = {f"DOORSTEP_{name.upper()}": str(value) for name, value in changed.items()}
    environment = child_environment(
        {"DOORSTEP_LOG_LEVEL": "WARNING", "PYTHONPATH": str(ROOT)} | temporal_variables() | more
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "worker", cwd=ROOT, env=environment)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        await process.wait()


def temporal_variables() -> dict[str, str]:
    """What tells a process of its own where the server is."""
    return {k: v for k, v in os.environ.items() if k.startswith("TEMPORAL_")}  # noqa: TID251 - for a process of its own


async def until(holds: Callable[[], Awaitable[bool]], *, every: float = LOOK_EVERY) -> None:
    """Look again and again until it holds."""
    while True:
        if await holds():
            return
        await asyncio.sleep(every)


async def mailed(engine: AsyncEngine, office: str) -> int:
    """How many invitations of an office the mail server has taken."""
    query = (
        "SELECT count(*) FROM deliveries d JOIN invitations i ON i.id = d.subject_id "
        "WHERE i.office = :office AND d.message = 'invitation' AND d.status = 'sent'"
    )
    async with engine.connect() as connection:
        return int((await connection.execute(text(query), {"office": office})).scalar_one())


async def until_mailed(engine: AsyncEngine, office: str, count: int, what: str) -> None:
    """Wait until so many are, and tell how far it is."""
    progress = Progress(what, count)
    while (done := await mailed(engine, office)) < count:
        progress.at(done)
        await asyncio.sleep(LOOK_EVERY)
    progress.at(count)


async def begin(doorstep: Doorstep, office: str, rows: int) -> None:
    """Create and start a batch of rows with addresses of their own; answers once it invites."""
    new = [NewRow(email=f"row-{number}@{office}.example") for number in range(rows)]
    batch = await doorstep.batch_create(office, rows=new)

    async def is_checked() -> bool:
        return (await doorstep.batch(batch.id)).state is not BatchState.CHECKING

    await until(is_checked)
    await doorstep.batch_start(batch.id)
