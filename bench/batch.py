"""Rows a second: a batch, a plain loop over the client API, and the same work on DBOS, one after the other.

The same work: a row becomes an invitation with its link, audit and delivery, and its mail is in the hands of the mail
server; nothing of it is lost by a crash. One Python process works at a time, on the same servers.
"""

import asyncio
import sys
import time

from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from bench.figures import Figures
from bench.ground import ROOT, own_client, own_stack, say, temporal_variables, until, until_mailed, worker
from doorstep import settings
from doorstep.domain.batches import BatchState, NewRow
from doorstep.settings import child_environment
from doorstep.store import migrate
from doorstep.store.engine import driver_url
from starter.client import Doorstep

SLICE = 1000


async def measure(rows: int) -> Figures:
    """All three, and how they stand to each other."""
    async with own_stack(), own_client("loop", "batch") as doorstep:
        async with worker():
            warm = await _loop(doorstep, 50)
            say(f"  warmed up at {warm:.1f} rows a second")
            in_batch = await _batch(doorstep, rows)
            in_loop = await _loop(doorstep, rows, already=50)
        on_dbos = await _dbos(rows)
    say(f"  rows a second: batch {in_batch:.1f}, loop {in_loop:.1f}, DBOS {on_dbos:.1f}")
    return {
        "batch": {
            "rows": float(rows),
            "batch_per_s": in_batch,
            "loop_per_s": in_loop,
            "dbos_per_s": on_dbos,
            "ratio_to_loop": in_batch / in_loop,
            "ratio_to_dbos": in_batch / on_dbos,
        }
    }


async def begin(doorstep: Doorstep, office: str, rows: int) -> None:
    """Create and start a batch of rows with addresses of their own; answers once it invites."""
    new = [NewRow(email=f"row-{number}@{office}.example") for number in range(rows)]
    batch = await doorstep.batch_create(office, rows=new)

    async def is_checked() -> bool:
        return (await doorstep.batch(batch.id)).state is not BatchState.CHECKING

    await until(is_checked)
    await doorstep.batch_start(batch.id)


async def _batch(doorstep: Doorstep, rows: int) -> float:
    """Rows a second from the creation, the rehearsal of every row included, to the last mail."""
    start = time.perf_counter()
    await begin(doorstep, "batch", rows)
    say(f"  batch: every row rehearsed after {time.perf_counter() - start:.1f} s")
    await until_mailed(doorstep.engine, "batch", rows, "batch")
    return rows / (time.perf_counter() - start)


async def _loop(doorstep: Doorstep, rows: int, *, already: int = 0) -> float:
    """Rows a second of `for row in rows: await invite(...)`, to the last mail."""
    start = time.perf_counter()
    for number in range(already, already + rows):
        await doorstep.invite(office="loop", email=f"row-{number}@loop.example")
    await until_mailed(doorstep.engine, "loop", already + rows, "loop")
    return rows / (time.perf_counter() - start)


async def _dbos(rows: int) -> float:
    """Rows a second of `bench.dbos_side`, a process of its own with a database of its own on the same server."""
    url = make_url(settings.load().database_url.get_secret_value())
    outside = create_async_engine(driver_url(url.render_as_string(hide_password=False)), isolation_level="AUTOCOMMIT")
    async with outside.connect() as connection:
        await connection.execute(text("CREATE DATABASE beside"))
    await outside.dispose()
    own = url.set(database="beside").render_as_string(hide_password=False)
    await asyncio.to_thread(migrate.upgrade, own)
    more = {"DOORSTEP_DATABASE_URL": own, "PYTHONPATH": str(ROOT)}
    environment = child_environment(temporal_variables() | more)
    return await _told(
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bench.dbos_side",
            str(rows),
            cwd=ROOT,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
        )
    )


async def _told(process: asyncio.subprocess.Process) -> float:
    """What a process says goes on to whoever waits; its last word is the figure."""
    last = ""
    if process.stdout is not None:
        async for line in process.stdout:
            last = line.decode().rstrip()
            say(last)
    if await process.wait() != 0:
        raise RuntimeError("DBOS did not do its work; `make bench` installs it")
    return float(last.split()[-1])
