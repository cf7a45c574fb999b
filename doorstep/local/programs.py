"""The parts of the stack that are Python programs of this house: mailbox, worker and web."""

import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from doorstep.local.home import Home, port_of
from doorstep.local.probes import fetched, listens
from doorstep.local.processes import Part
from doorstep.local.temporal import has_worker
from doorstep.settings import child_environment

ROOT = Path(__file__).resolve().parents[2]
"""Where `worker.py` and `web` lie beside us."""


def mailbox_part(home: Home, values: Mapping[str, str]) -> Part:
    """The mail server and its page."""
    smtp_port, page_port = port_of(values, "smtp"), port_of(values, "mailbox_page")
    arguments = ["--folder", str(home.mail), "--smtp-port", str(smtp_port), "--page-port", str(page_port)]

    async def is_ready() -> bool:
        return await listens(smtp_port) and await fetched(page_port, "/mailbox.css") is not None

    command = ["doorstep.local.mailbox", *arguments]
    return _part(home, values, "mailbox", command, is_ready=is_ready)


def worker_part(home: Home, values: Mapping[str, str]) -> Part:
    """The worker; ready once it asks Temporal for work."""

    async def is_ready() -> bool:
        return await has_worker(port_of(values, "temporal_ui"))

    # Longer than the drain of the worker, so that its activities end by themselves.
    return _part(home, values, "worker", ["worker"], is_ready=is_ready, stop_within=40.0)


def web_part(home: Home, values: Mapping[str, str]) -> Part:
    """The pages and the API; ready when they say so themselves."""

    async def is_ready() -> bool:
        return await fetched(port_of(values, "web"), "/health/ready") is not None

    return _part(home, values, "web", ["web"], is_ready=is_ready)


def _part(
    home: Home,
    values: Mapping[str, str],
    name: str,
    module: Sequence[str],
    *,
    is_ready: Callable[[], Awaitable[bool]],
    stop_within: float = 10.0,
) -> Part:
    ours = {
        "DOORSTEP_ENVIRONMENT": "development",
        "DOORSTEP_HOME": str(home.folder),
        "PYTHONUNBUFFERED": "1",  # a log that is read while the program still runs
        "TEMPORAL_CONFIG_FILE": os.devnull,  # a profile of this user leads to another server
    }
    return Part(
        name=name,
        command=[sys.executable, "-m", *module],
        log=home.log(name),
        note=home.note(name),
        is_ready=is_ready,
        environment=child_environment({**values, **ours}),
        directory=ROOT,
        stop_within=stop_within,
    )
