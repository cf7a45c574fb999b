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
from bench.ground import ROOT, begin, own_client, own_stack, say, temporal_variables, until_mailed, worker
from bench.memory import at_rest, begin_and_end
from doorstep import settings
from doorstep.settings import child_environment
from doorstep.store import migrate
from doorstep.store.engine import driver_url
from starter.client import Doorstep

WARM = 300
"""Invitations behind the worker before anything is measured, all of them over."""

COMPARED = 2_000
"""Rows of the loop and of DBOS, which go at one pace from beginning to end."""

BOUND = 1.05
"""Of the memory with nothing open."""


async def measure(rows: int) -> Figures:
    """All three and how they stand to each other, and what the worker holds before and after the batch."""
    compared = min(rows, COMPARED)
    async with own_stack(), own_client("warm", "loop", "batch") as doorstep:
        async with worker() as process:
            await begin_and_end(doorstep, WARM)
            empty = await at_rest(process)
            in_batch = await _batch(doorstep, rows)
            full = await at_rest(process)
            in_loop = await _loop(doorstep, compared)
        on_dbos = await _dbos(compared)
    say(f"  rows a second: batch {in_batch:.1f}, loop {in_loop:.1f}, DBOS {on_dbos:.1f}")
    say(f"  the worker: {empty:.0f} MB with nothing open, {full:.0f} MB with {rows}")
    return {
        "batch": {
            "rows": float(rows),
            "compared": float(compared),
            "batch_per_s": in_batch,
            "loop_per_s": in_loop,
            "dbos_per_s": on_dbos,
            "ratio_to_loop": in_batch / in_loop,
            "ratio_to_dbos": in_batch / on_dbos,
        },
        "memory": {"open": float(rows), "empty_mb": empty, "full_mb": full, "ratio": full / empty, "bound": BOUND},
    }


async def _batch(doorstep: Doorstep, rows: int) -> float:
    """Rows a second from the creation, the rehearsal of every row included, to the last mail."""
    start = time.perf_counter()
    await begin(doorstep, "batch", rows)
    say(f"  batch: every row rehearsed after {time.perf_counter() - start:.1f} s")
    await until_mailed(doorstep.engine, "batch", rows, "batch")
    return rows / (time.perf_counter() - start)


async def _loop(doorstep: Doorstep, rows: int) -> float:
    """Rows a second of `for row in rows: await invite(...)`, to the last mail."""
    start = time.perf_counter()
    for number in range(rows):
        await doorstep.invite(office="loop", email=f"row-{number}@loop.example")
    await until_mailed(doorstep.engine, "loop", rows, "loop")
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
