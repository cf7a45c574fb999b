"""What has to be in place, each check with the command that mends it: for the worker's start and for `doctor`."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio.api.enums.v1 import IndexedValueType, TaskQueueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from doorstep.domain.errors import Unavailable
from doorstep.security.links import KeyRing, KeyRingError
from doorstep.settings import Settings, SettingsError
from doorstep.store import links, migrate
from doorstep.store.engine import transact
from doorstep.text.gateway import gateway_from
from workflows.attributes import ALL, TASK_QUEUE

SECONDS = 5
POLLS_EVERY = 120
"""Seconds in which a worker asks at least once; Temporal lists those that are gone for some minutes more."""


class NotReady(Exception):
    """Something is missing; each line of the text names it and the command that mends it."""


@dataclass(frozen=True)
class Check:
    """One finding: what was looked at, whether it is right, what was seen, and the command that mends it."""

    name: str
    is_ok: bool
    seen: str
    mend: str = ""


async def database(engine: AsyncEngine) -> Check:
    """Whether PostgreSQL answers, and can be written to."""

    async def ask(tx: AsyncConnection) -> tuple[str, str]:
        row = (
            await tx.execute(text("SELECT current_setting('server_version'), current_setting('transaction_read_only')"))
        ).one()
        return str(row[0]), str(row[1])

    try:
        version, is_read_only = await transact(engine, ask)
    except Unavailable:
        return Check("database", False, "does not answer", "check DOORSTEP_DATABASE_URL, or start it: doorstep up")
    if is_read_only == "on":
        return Check("database", False, "is read-only", "point DOORSTEP_DATABASE_URL at the primary server")
    return Check("database", True, f"PostgreSQL {version}")


async def migrations(engine: AsyncEngine) -> Check:
    """Whether the schema is the one of this code."""
    mend = "doorstep migrate"
    expected = await asyncio.to_thread(migrate.head)

    async def ask(tx: AsyncConnection) -> str | None:
        exists = (await tx.execute(text("SELECT to_regclass('alembic_version')"))).scalar_one()
        return (
            None
            if exists is None
            else (await tx.execute(text("SELECT version_num FROM alembic_version"))).scalar_one_or_none()
        )

    try:
        current = await transact(engine, ask)
    except Unavailable:
        return Check("migrations", False, "the database does not answer", "doorstep up")
    if current != expected:
        return Check("migrations", False, f"the schema is at {current or 'nothing'}, the code needs {expected}", mend)
    return Check("migrations", True, f"at {expected}")


async def search_attributes(client: Client) -> Check:
    """Whether Temporal answers and knows our search attributes; without them no workflow starts."""
    try:
        request = ListSearchAttributesRequest(namespace=client.namespace)
        answer = await asyncio.wait_for(client.operator_service.list_search_attributes(request), SECONDS)
    except (RPCError, RuntimeError, OSError, TimeoutError):
        return Check("temporal", False, "does not answer", "check TEMPORAL_ADDRESS, or start it: doorstep up")
    keyword = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
    missing = [key.name for key in ALL if answer.custom_attributes.get(key.name) != keyword]
    if missing:
        flags = " ".join(f"--name {name} --type Keyword" for name in missing)
        mend = f"temporal operator search-attribute create --namespace {client.namespace} {flags}"
        return Check("search attributes", False, f"missing: {', '.join(missing)}", mend)
    return Check("search attributes", True, ", ".join(key.name for key in ALL))


async def worker(client: Client, queue: str = TASK_QUEUE) -> Check:
    """Whether a worker asks for tasks; without one nothing is sent, reminded or activated."""
    mend = "start one: python worker.py; on this machine: doorstep up"
    for kind in (TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY):
        asked = TaskQueue(name=queue)
        request = DescribeTaskQueueRequest(namespace=client.namespace, task_queue=asked, task_queue_type=kind)
        try:
            answer = await asyncio.wait_for(client.workflow_service.describe_task_queue(request), SECONDS)
        except (RPCError, RuntimeError, OSError, TimeoutError):
            return Check("worker", False, "Temporal does not tell", "check TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE")
        present = time.time() - POLLS_EVERY
        if not any(each.last_access_time.ToSeconds() > present for each in answer.pollers):
            return Check("worker", False, f"none asks for the tasks of the queue {queue}", mend)
    return Check("worker", True, f"asks for the tasks of the queue {queue}")


async def keys(settings: Settings, engine: AsyncEngine) -> Check:
    """Whether the ring can be read and still holds every key that open links were made with."""
    try:
        ring = KeyRing.parse(settings.link_keys.get_secret_value())
    except KeyRingError as error:
        return Check("link keys", False, str(error), "doorstep key new")
    try:
        missing = sorted(await transact(engine, links.keys_in_use) - ring.keys.keys())
    except Unavailable:
        return Check("link keys", False, "the database does not answer", "doorstep up")
    except ProgrammingError:
        return Check("link keys", False, "the schema has no place for them yet", "doorstep migrate")
    if missing:
        sentence = f"open links or signing secrets were made with keys that are not in the ring: {', '.join(missing)}"
        mend = "put them back at the end of DOORSTEP_LINK_KEYS, or resend and rotate"
        return Check("link keys", False, sentence, mend)
    return Check("link keys", True, f"{len(ring.keys)} in the ring, {next(iter(ring.keys))} signs")


async def mail(settings: Settings) -> Check:
    """Whether the mail server takes a connection."""
    url = urlsplit(settings.smtp_url.get_secret_value())
    port = url.port or (465 if url.scheme == "smtps" else 25)
    return await _reached("mail server", url.hostname, port, "check DOORSTEP_SMTP_URL")


async def texts(settings: Settings) -> Check:
    """Whether the text gateway takes a connection; without one nobody is invited by text."""
    try:
        gateway = gateway_from(settings)
    except SettingsError as error:
        return Check("text gateway", False, str(error), "check DOORSTEP_TEXT_URL")
    if gateway is None:
        return Check("text gateway", True, "none: invitations go by mail alone")
    url = urlsplit(gateway.base_url)
    port = url.port or (443 if url.scheme == "https" else 80)
    return await _reached("text gateway", url.hostname, port, "check DOORSTEP_TEXT_URL")


async def _reached(name: str, host: str | None, port: int, mend: str) -> Check:
    try:
        _reader, writer = await asyncio.wait_for(asyncio.open_connection(host, port), SECONDS)
    except (OSError, TimeoutError):
        return Check(name, False, f"{host}:{port} does not answer", mend)
    writer.close()
    return Check(name, True, f"{host}:{port} answers")


async def require_ready(settings: Settings, engine: AsyncEngine, client: Client) -> None:
    """Raise for everything without which a worker cannot work; a mail server may be down, mail waits.

    Raises:
        NotReady: naming all of it at once.
    """
    asked: list[Callable[[], Awaitable[Check]]] = [
        lambda: migrations(engine),
        lambda: search_attributes(client),
        lambda: keys(settings, engine),
    ]
    findings = [await ask() for ask in asked]
    faults = [f"{each.name}: {each.seen}\n  mend it with: {each.mend}" for each in findings if not each.is_ok]
    if faults:
        raise NotReady("\n".join(faults))


async def all_checks(settings: Settings, engine: AsyncEngine, client: Client) -> list[Check]:
    """Every check, for `doctor`; of a worker nothing is known while Temporal does not answer."""
    temporal = await search_attributes(client)
    is_reached = temporal.name != "temporal"
    return [
        await database(engine),
        await migrations(engine),
        temporal,
        *([await worker(client)] if is_reached else []),
        await keys(settings, engine),
        await mail(settings),
        await texts(settings),
    ]
