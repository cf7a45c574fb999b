"""A PostgreSQL and a Temporal server of one's own, to be killed and started again at will."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from temporalio.client import Client, Interceptor, OutboundInterceptor, StartWorkflowInput, WorkflowHandle

from doorstep.local.home import ANY_PORTS, Home, settle
from doorstep.local.ports import Claims
from doorstep.local.postgres import FAST, database_url, postgres_part
from doorstep.local.processes import Child, Part, start
from doorstep.local.temporal import temporal_part
from doorstep.store import migrate
from tests.faults.misbehaving_smtp import MisbehavingSmtp
from tests.house import House, build_house

ROOT = Path(__file__).resolve().parents[2]


class Impatient(Interceptor):
    """A workflow task that died with its worker is given to another one soon, and not after ten seconds."""

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:  # noqa: A002 - SDK name
        """Wrap `next`."""
        return _Impatient(next)


class _Impatient(OutboundInterceptor):
    async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[Any, Any]:  # noqa: A002 - SDK name
        input.task_timeout = timedelta(seconds=2)
        return await super().start_workflow(input)


@dataclass
class Server:
    """One server, running or not."""

    part: Part
    child: Child | None = None

    async def start(self) -> None:
        """Start it, with what it kept from the time before."""
        self.child = await start(self.part)

    async def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it at once, without a word; SIGQUIT is what PostgreSQL calls an immediate stop."""
        if self.child is not None:
            os.kill(self.child.pid, how)
            await self.child.gone.wait()
            self.child = None

    async def stop(self) -> None:
        """End it in order."""
        if self.child is not None:
            await self.child.stop()
            self.child = None


@dataclass
class OwnStack:
    """The servers, and where they are reached; the addresses outlive a restart."""

    postgres: Server
    temporal: Server
    database_url: str
    temporal_address: str

    def environment(self, house: House, **more: str) -> dict[str, str]:
        """What a process of ours has to be told to work for `house` on these servers."""
        settings = house.settings
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("DOORSTEP_", "TEMPORAL_"))}  # noqa: TID251 - for a process of its own
        return inherited | {
            "DOORSTEP_HOME": os.devnull,
            "DOORSTEP_DATABASE_URL": self.database_url,
            "DOORSTEP_SMTP_URL": house.smtp.url,
            "DOORSTEP_SMTP_TIMEOUT_SECONDS": "5",
            "DOORSTEP_PUBLIC_URL": settings.public_url,
            "DOORSTEP_SENDER": settings.sender,
            "DOORSTEP_LINK_KEYS": settings.link_keys.get_secret_value(),
            "TEMPORAL_ADDRESS": self.temporal_address,
            "TEMPORAL_CONFIG_FILE": os.devnull,
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            **more,
        }

    async def worker(
        self, environment: dict[str, str], *program: str, log: int = asyncio.subprocess.PIPE
    ) -> asyncio.subprocess.Process:
        """`worker.py`, or another program, as a process; it says on stderr what it does."""
        command = [sys.executable, *(program or ("-m", "worker"))]
        return await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=environment, stderr=log)


@asynccontextmanager
async def own_stack() -> AsyncIterator[OwnStack]:
    """Both servers with the schema and the search attributes, and nobody at work."""
    with TemporaryDirectory(prefix="doorstep-") as folder:
        home, claims = Home.at(Path(folder)), Claims()
        url = database_url(home)
        values = settle(home, claims, usual=ANY_PORTS, database_url=url)
        postgres, temporal = Server(postgres_part(home, FAST)), Server(temporal_part(home, values))
        try:
            await asyncio.gather(postgres.start(), temporal.start())
            await asyncio.to_thread(migrate.upgrade, url)
            yield OwnStack(postgres, temporal, url, values["TEMPORAL_ADDRESS"])
        finally:
            await asyncio.gather(temporal.stop(), postgres.stop())
            claims.close()


@asynccontextmanager
async def own_house(stack: OwnStack, *, smtp: MisbehavingSmtp | None = None, **changed: object) -> AsyncIterator[House]:
    """A house on these servers, without a worker."""
    client = await Client.connect(stack.temporal_address, interceptors=[Impatient()])
    async with smtp or MisbehavingSmtp() as server, build_house(stack.database_url, client, server, **changed) as built:
        yield built


async def until_said(process: asyncio.subprocess.Process, word: str, *, within: float = 60.0) -> list[str]:
    """The lines of stderr up to the one that has `word`."""
    lines: list[str] = []
    assert process.stderr is not None
    async with asyncio.timeout(within):
        while not lines or word not in lines[-1]:
            line = await process.stderr.readline()
            assert line, f"ended with {await process.wait()} before it said {word}: {''.join(lines)}"
            lines.append(line.decode())
    return lines
