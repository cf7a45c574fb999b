"""A single invitation beside a batch of another office: how long it takes to its mail, idle and while rows run."""

import asyncio
import time

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.figures import Figures
from bench.ground import Progress, begin, mailed, own_client, own_stack, say, until, worker
from bench.lifecycle import percentile
from starter.client import Doorstep

IDLE = 60
SPACING = 1.0
"""Seconds between two single invitations, so that none of them waits for another one."""
FEWEST = 20
"""Of so few a 95th percentile means little; fewer are no measurement."""
BOUND = 3.0


async def measure(rows: int) -> Figures:
    """The median and the 95th percentile of both, and how they stand to each other."""
    async with own_stack(), own_client("single", "busy") as doorstep, worker():
        await _singles(doorstep, 10)
        idle = await _singles(doorstep, IDLE)
        say(f"  idle: p50 {percentile(idle, 0.5):.0f} ms, p95 {percentile(idle, 0.95):.0f} ms")
        await begin(doorstep, "busy", rows)
        busy = await _while_busy(doorstep, rows)
    if len(busy) < FEWEST:
        raise RuntimeError(f"the batch was over after {len(busy)} single invitations; take more rows: --rows")
    p50, p95 = ([percentile(each, share) for each in (idle, busy)] for share in (0.5, 0.95))
    say(f"  beside {rows} rows: p50 {p50[1]:.0f} ms, p95 {p95[1]:.0f} ms")
    return {
        "beside": {
            "rows": float(rows),
            "singles": float(len(busy)),
            "idle_p50_ms": p50[0],
            "idle_p95_ms": p95[0],
            "busy_p50_ms": p50[1],
            "busy_p95_ms": p95[1],
            "ratio_p50": p50[1] / p50[0],
            "ratio_p95": p95[1] / p95[0],
            "bound": BOUND,
        }
    }


async def _singles(doorstep: Doorstep, count: int) -> list[float]:
    return [await _single(doorstep) for _ in range(count)]


async def _while_busy(doorstep: Doorstep, rows: int) -> list[float]:
    """One after the other, as long as rows are left that nobody has mailed."""
    taken: list[float] = []
    progress = Progress("rows beside", rows)
    while (done := await mailed(doorstep.engine, "busy")) < rows:
        progress.at(done)
        taken.append(await _single(doorstep))
    return taken


async def _single(doorstep: Doorstep) -> float:
    """Milliseconds from the call to the moment at which the mail server has taken the mail."""
    began = time.time()
    invitation = await doorstep.invite(office="single", email=f"{time.time_ns()}@single.example")

    async def is_sent() -> bool:
        return await _sent(doorstep.engine, invitation.id) is not None

    await until(is_sent)
    sent = await _sent(doorstep.engine, invitation.id) or began
    await asyncio.sleep(max(0.0, began + SPACING - time.time()))
    return 1000 * (sent - began)


async def _sent(engine: AsyncEngine, invitation: object) -> float | None:
    """When the mail was handed over, by the clock of the database, which is the one of this machine."""
    query = text(
        "SELECT extract(epoch FROM sent_at)::float8 FROM deliveries WHERE subject_id = :id AND status = 'sent'"
    )
    async with engine.connect() as connection:
        found: float | None = (await connection.execute(query, {"id": invitation})).scalar_one_or_none()
    return found
