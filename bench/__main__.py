"""`make bench`: the measurements that are named, or all of them, each on an embedded stack of its own.

Each adds its figures to build/bench.json; the tables and charts of docs/performance.md are made of that file.
"""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable

from bench import batch, beside, figures, hub, lists, lives, memory, pages
from bench.figures import Figures
from bench.ground import say
from doorstep import logs

ROWS = 2_000
"""Of a batch, unless `--rows` says otherwise: `--rows 10000` takes a small machine half an hour."""
CACHED_ROWS = 500

Measure = Callable[[int], Awaitable[Figures]]
MEASUREMENTS: dict[str, tuple[str, Measure]] = {
    "lives": ("lives of an invitation beside a bare workflow", lambda _rows: lives.measure()),
    "lists": ("the list and `stuck` at 1,000 and at 100,000 invitations", lambda _rows: lists.measure()),
    "hub": ("the pages of the Team Hub at 1,000 and at 100,000 invitations", lambda _rows: hub.measure()),
    "batch": ("rows a second of a batch, a loop and DBOS; memory of a worker", batch.measure),
    "beside": ("single invitations beside the batch of another office", beside.measure),
    "caches": ("what smaller caches cost", lambda rows: memory.measure_caches(min(rows, CACHED_ROWS))),
}


def arguments() -> argparse.Namespace:
    """What to measure."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"out of: {', '.join(MEASUREMENTS)}, pages")
    parser.add_argument("--rows", type=int, default=ROWS, help=f"rows of a batch; by default {ROWS}")
    chosen = parser.parse_args()
    unknown = [name for name in chosen.names if name not in {*MEASUREMENTS, "pages"}]
    if unknown:
        parser.error(f"there is no measurement {unknown[0]}; there are {', '.join(MEASUREMENTS)}")
    return chosen


async def main(chosen: argparse.Namespace) -> None:
    """Measure, and write what was measured after each, so that nothing is lost if a later one fails."""
    logs.set_up("ERROR")
    names = chosen.names or list(MEASUREMENTS)
    for name in names:
        if name == "pages":
            continue
        what, measure = MEASUREMENTS[name]
        say(f"{name}: {what}")
        start = time.monotonic()
        measured = await measure(chosen.rows)
        figures.add(measured)
        say(f"  took {time.monotonic() - start:.0f} s")
    for line in pages.write(figures.read()):
        say(line)


if __name__ == "__main__":
    asyncio.run(main(arguments()))
    sys.stdout.flush()
    os._exit(0)  # as in worker.py: the SDK may crash an interpreter that is being torn down
