"""`worker.py` as a process: it stops cleanly whenever it is told to, and says what is missing before it begins."""

import asyncio
import signal
import socket
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from google.protobuf.duration_pb2 import Duration
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest

from doorstep.domain.messages import Message
from doorstep.domain.states import State
from doorstep.local.probes import fetched
from doorstep.local.temporal import temporal_binary
from doorstep.security.links import new_ring_text
from tests.faults.aftermath import copies_of, is_clean
from tests.faults.misbehaving_smtp import MisbehavingSmtp, Session
from tests.faults.own_stack import OwnStack, own_house, own_stack, until_said
from tests.house import PATIENCE, House, eventually

pytestmark = pytest.mark.timeout(240)  # each starts several processes, which import for seconds
RUNS = 5
"""At once; the other tests of this file end some ten more, each with the status that it has to have."""


@dataclass
class GatedSmtp(MisbehavingSmtp):
    """A mail server that takes a mail only when its gate is open, and knows that one is at the gate."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: asyncio.Event = field(default_factory=asyncio.Event)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = GatedSession(self, reader, writer, is_encrypted=False)
        await session.run()
        session.drop()


@dataclass(eq=False)
class GatedSession(Session):
    """One connection to it."""

    async def _take(self, content: bytes) -> None:
        assert isinstance(self.server, GatedSmtp)
        self.server.waiting.set()
        await self.server.gate.wait()
        await super()._take(content)


@pytest.fixture(scope="module")
async def stack() -> AsyncIterator[OwnStack]:
    async with own_stack() as running:
        yield running


@pytest.fixture
async def house(stack: OwnStack) -> AsyncIterator[House]:
    async with own_house(stack, smtp=GatedSmtp()) as built:
        assert isinstance(built.smtp, GatedSmtp)
        built.smtp.gate.set()
        yield built


async def ended(process: Process) -> tuple[int, str]:
    """The exit status of a process, and what it still said."""
    _, said = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode or 0, said.decode()


async def handles_sigterm(process: Process) -> bool | None:
    """True once the process has a handler of its own, which it sets before its heavy imports."""
    lines = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii").splitlines()  # noqa: ASYNC240 - no disk
    caught = next(int(line.split()[1], 16) for line in lines if line.startswith("SigCgt"))
    return True if caught & (1 << (signal.SIGTERM - 1)) else None


async def test_f02_a_stop_during_a_mail_lets_it_arrive(stack: OwnStack, house: House) -> None:
    """F02: SIGTERM while the mail server thinks: the mail is finished and noted, the status is 0, no second copy."""
    smtp = house.smtp
    assert isinstance(smtp, GatedSmtp)
    smtp.gate.clear()
    worker = await stack.worker(stack.environment(house, DOORSTEP_SMTP_TIMEOUT_SECONDS="60"))
    office = await house.office()
    invitation = await house.doorstep.invite(office=office, email=f"ana@{office}.example")
    await asyncio.wait_for(smtp.waiting.wait(), PATIENCE)

    worker.send_signal(signal.SIGTERM)
    await until_said(worker, "worker_draining")
    smtp.gate.set()

    status, said = await ended(worker)
    assert status == 0
    assert "worker_stopped" in said
    row = await house.doorstep.show(invitation.id)
    assert not row.unsent()
    after = await stack.worker(stack.environment(house))
    await until_said(after, "worker_ready")
    await is_clean(house, invitation, State.PENDING, [(invitation.address, Message.INVITATION)])
    assert len(copies_of(house, invitation.address, Message.INVITATION)) == 1
    after.send_signal(signal.SIGTERM)
    assert (await ended(after))[0] == 0


async def test_f02_a_stop_at_the_start_is_clean(stack: OwnStack, house: House) -> None:
    """F02: SIGTERM while a worker still imports, connects or checks ends it with status 0 and without a trace."""
    workers = [await stack.worker(stack.environment(house)) for _ in range(4)]

    async def stop(worker: Process, seconds: float) -> tuple[int, str]:
        await eventually(lambda: handles_sigterm(worker), "the handler")
        await asyncio.sleep(seconds)  # some way into the start, wherever that is
        worker.send_signal(signal.SIGTERM)
        return await ended(worker)

    outcomes = await asyncio.gather(*(stop(worker, 0.6 * n) for n, worker in enumerate(workers)))

    assert [status for status, _ in outcomes] == [0, 0, 0, 0]
    assert not [said for _, said in outcomes if "Traceback" in said]


async def test_f28_every_run_ends_with_status_0(stack: OwnStack, house: House) -> None:
    """F28: workers that did some work end with status 0, whatever the SDK does at the end of an interpreter."""
    office = await house.office()
    workers = [await stack.worker(stack.environment(house)) for _ in range(RUNS)]
    sent = [await house.doorstep.invite(office=office, email=f"{n}@{office}.example") for n in range(20)]
    await asyncio.gather(*(until_said(worker, "worker_ready") for worker in workers))
    for invitation in sent:
        await house.until_state(invitation, State.PENDING)

    for worker in workers:
        worker.send_signal(signal.SIGTERM)
    outcomes = await asyncio.gather(*map(ended, workers))

    assert [status for status, _ in outcomes] == [0] * RUNS
    assert all("worker_stopped" in said for _, said in outcomes)


async def test_a_missing_search_attribute_is_named_with_its_mend(stack: OwnStack, house: House) -> None:
    """F-start: without the search attributes no worker starts, and it prints the command that registers them."""
    week = Duration(seconds=7 * 86400)
    request = RegisterNamespaceRequest(namespace="bare", workflow_execution_retention_period=week)
    await house.client.workflow_service.register_namespace(request)
    environment = stack.environment(house, TEMPORAL_NAMESPACE="bare")

    async def refusal() -> str | None:
        status, said = await ended(await stack.worker(environment))
        return said if status == 2 and "missing" in said else None  # the server takes a moment to know a namespace

    said = await eventually(refusal, "the worker to miss the attributes")

    assert "missing: InvitationState, Office, BatchId" in said
    (mend,) = [line.partition("mend it with: ")[2] for line in said.splitlines() if "mend it with" in line]
    assert mend.startswith("temporal operator search-attribute create --namespace bare")
    command = [str(temporal_binary()), *mend.split()[1:], "--address", stack.temporal_address]
    mending = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
    assert await mending.wait() == 0
    worker = await stack.worker(environment)
    await until_said(worker, "worker_ready")
    worker.send_signal(signal.SIGTERM)
    assert (await ended(worker))[0] == 0


async def test_a_missing_migration_and_key_are_named_at_once(stack: OwnStack, house: House) -> None:
    """F-start, T23: an empty database and a key that open links need are named, each with its mend; status 2."""
    office = await house.office()
    await house.doorstep.invite(office=office, email=f"ana@{office}.example")
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE empty")
    empty = stack.database_url.replace("/doorstep?", "/empty?")
    ring = {"DOORSTEP_LINK_KEYS": new_ring_text("k9")}

    without_tables = await ended(await stack.worker(stack.environment(house, DOORSTEP_DATABASE_URL=empty)))
    without_key = await ended(await stack.worker(stack.environment(house, **ring)))

    assert without_tables[0] == without_key[0] == 2
    assert "the schema is at nothing" in without_tables[1]
    assert "doorstep migrate" in without_tables[1]
    assert "not in the ring: t1" in without_key[1]
    assert "Traceback" not in without_tables[1] + without_key[1]


async def test_servers_that_do_not_answer_are_named(stack: OwnStack, house: House) -> None:
    """F-start: a worker without settings, without a database or without Temporal says so and ends with status 2."""
    environment = stack.environment(house)
    nowhere = "postgresql://doorstep@127.0.0.1:1/doorstep"
    bare = {name: value for name, value in environment.items() if not name.startswith("DOORSTEP_")}

    faulty = (
        bare | {"DOORSTEP_HOME": "/dev/null"},
        environment | {"DOORSTEP_DATABASE_URL": nowhere},
        environment | {"TEMPORAL_ADDRESS": "127.0.0.1:1"},
    )
    workers = [await stack.worker(each) for each in faulty]

    outcomes = await asyncio.gather(*map(ended, workers))

    assert [status for status, _ in outcomes] == [2, 2, 2]
    for (_, said), word in zip(outcomes, ("DOORSTEP_SMTP_URL", "database", "TEMPORAL_ADDRESS"), strict=True):
        assert word in said
        assert "Traceback" not in said


async def test_the_metrics_page_answers(stack: OwnStack, house: House) -> None:
    """Operations: where an address for metrics is set, Prometheus finds the SDK's figures there."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = stack.environment(house, DOORSTEP_METRICS_ADDRESS=f"127.0.0.1:{port}")
    worker = await stack.worker(environment)
    await until_said(worker, "worker_ready")

    page = await eventually(lambda: fetched(port, "/metrics"), "the metrics")

    assert b"temporal_" in page
    worker.send_signal(signal.SIGTERM)
    assert (await ended(worker))[0] == 0
