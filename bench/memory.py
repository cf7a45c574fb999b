"""What a worker keeps in memory for invitations that wait: nothing open beside thousands, and caches of all sizes."""

import asyncio
import time

import psutil
from sqlalchemy import text

from bench.batch import begin
from bench.figures import Figures
from bench.ground import own_client, own_stack, say, until, until_mailed, worker
from doorstep.domain.states import State
from starter.client import Doorstep

WARM = 300
IDLE_SECONDS = 60.0
BOUND = 1.05
CACHES = (0, 10, 30, 100, 1000)
MEGABYTE = 1_000_000


async def measure(rows: int) -> Figures:
    """Megabytes of one worker after a minute of rest: after a few invitations that are over, and with `rows` open."""
    async with own_stack(), own_client("warm", "open") as doorstep, worker() as process:
        await _begin_and_end(doorstep, WARM)
        empty = await _at_rest(process)
        say(f"  nothing open: {empty:.0f} MB")
        await begin(doorstep, "open", rows)
        await until_mailed(doorstep.engine, "open", rows, "open")
        full = await _at_rest(process)
    say(f"  {rows} open: {full:.0f} MB")
    return {"memory": {"open": float(rows), "empty_mb": empty, "full_mb": full, "ratio": full / empty, "bound": BOUND}}


async def measure_caches(rows: int) -> Figures:
    """Rows a second, and megabytes afterwards, by how many workflows a worker keeps."""
    measured: Figures = {}
    for size in CACHES:
        async with own_stack(), own_client("warm", "open") as doorstep, worker(cached_workflows=size) as process:
            await _begin_and_end(doorstep, WARM // 6)
            start = time.perf_counter()
            await begin(doorstep, "open", rows)
            await until_mailed(doorstep.engine, "open", rows, f"cache of {size}")
            speed = rows / (time.perf_counter() - start)
            held = process.memory_info().rss / MEGABYTE
        say(f"  cache of {size}: {speed:.1f} rows a second, {held:.0f} MB")
        measured[f"cache_{size}"] = {"cached": float(size), "rows": float(rows), "per_s": speed, "mb": held}
    return measured


async def _at_rest(process: psutil.Process) -> float:
    await asyncio.sleep(IDLE_SECONDS)
    return float(process.memory_info().rss) / MEGABYTE


async def _begin_and_end(doorstep: Doorstep, count: int) -> None:
    """What a worker does once in its life is done: modules, connections, statements. Nothing stays open."""
    await begin(doorstep, "warm", count)
    await until_mailed(doorstep.engine, "warm", count, "warming up")
    for each in await doorstep.list(office="warm", state=State.PENDING, limit=count):
        await doorstep.revoke(each.id)
    query = text("SELECT count(*) FROM invitations WHERE office = 'warm' AND seen_rev < rev")

    async def are_over() -> bool:
        async with doorstep.engine.connect() as connection:
            return not (await connection.execute(query)).scalar_one()

    await until(are_over)
