"""What a worker keeps in memory for invitations that wait, and what caches of other sizes cost."""

import asyncio
import time

import psutil
from sqlalchemy import text

from bench.figures import Figures
from bench.ground import begin, own_client, own_stack, say, until, until_mailed, worker
from doorstep.domain.states import State
from starter.client import Doorstep

WARM = 300
IDLE_SECONDS = 60.0
CACHES = (0, 10, 30, 100, 1000)
MEGABYTE = 1_000_000


async def measure_caches(rows: int) -> Figures:
    """Rows a second, and megabytes afterwards, by how many workflows a worker keeps."""
    measured: Figures = {}
    for size in CACHES:
        async with own_stack(), own_client("warm", "open") as doorstep, worker(cached_workflows=size) as process:
            await begin_and_end(doorstep, WARM // 6)
            start = time.perf_counter()
            await begin(doorstep, "open", rows)
            await until_mailed(doorstep.engine, "open", rows, f"cache of {size}")
            speed = rows / (time.perf_counter() - start)
            held = process.memory_info().rss / MEGABYTE
        say(f"  cache of {size}: {speed:.1f} rows a second, {held:.0f} MB")
        measured[f"cache_{size}"] = {"cached": float(size), "rows": float(rows), "per_s": speed, "mb": held}
    return measured


async def at_rest(process: psutil.Process) -> float:
    """Megabytes of a worker after a minute in which nothing happened."""
    await asyncio.sleep(IDLE_SECONDS)
    return float(process.memory_info().rss) / MEGABYTE


async def begin_and_end(doorstep: Doorstep, count: int) -> None:
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
