"""The list of invitations and `stuck`, with a thousand and with a hundred thousand of them, taking turns."""

import asyncio
import os
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

from google.protobuf.duration_pb2 import Duration
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.service import RPCError

from activities.contracts import InvitationRef
from bench import population
from bench.figures import Figures, compared
from bench.ground import BOSS, Progress, own_stack, say, until
from doorstep import settings
from doorstep.domain.states import State
from doorstep.local.stack import Stack
from doorstep.store import migrate
from doorstep.store.engine import driver_url
from starter.client import Doorstep, connect
from workflows.attributes import ALL, OFFICE, STATE, TASK_QUEUE
from workflows.invitation import InvitationWorkflow

SIZES = (1_000, 100_000)
ROUNDS = 25
PAGE = 50
"""What both have: an office of the small one has no more."""
AT_ONCE = 20
BOUND = 1.5
Look = Callable[[Doorstep], Awaitable[object]]


async def _list(doorstep: Doorstep) -> object:
    return await doorstep.list(limit=PAGE)


async def _list_of_office(doorstep: Doorstep) -> object:
    return await doorstep.list(office="o3", limit=PAGE)


async def _list_of_state(doorstep: Doorstep) -> object:
    return await doorstep.list(state=State.PENDING, limit=PAGE)


async def _stuck(doorstep: Doorstep) -> object:
    survey = await doorstep.survey()
    if len(survey.found) != population.STUCK or not survey.is_temporal_asked:
        raise RuntimeError(
            f"stuck found {len(survey.found)} where {population.STUCK} are: this measures something else"
        )
    return survey


LOOKS: dict[str, Look] = {
    "list": _list,
    "list_of_office": _list_of_office,
    "list_of_state": _list_of_state,
    "stuck": _stuck,
}


async def measure(sizes: tuple[int, int] = SIZES) -> Figures:
    """Milliseconds of each, the median of rounds that take turns, and how they stand to each other."""
    async with own_stack() as stack, AsyncExitStack() as held:
        houses = [await held.enter_async_context(_house(stack, size)) for size in sizes]
        return {name: await _compare(name, look, houses, sizes) for name, look in LOOKS.items()}


async def _compare(name: str, look: Look, houses: list[Doorstep], sizes: tuple[int, int]) -> dict[str, float]:
    taken: list[list[float]] = [[], []]
    for each in houses:
        await look(each)  # connections are open, statements compiled
    for _ in range(ROUNDS):
        for house, times in zip(houses, taken, strict=True):
            start = time.perf_counter()
            await look(house)
            times.append(1000 * (time.perf_counter() - start))
    few, many = map(statistics.median, taken)
    return compared(name, sizes, (few, many), BOUND)


@asynccontextmanager
async def _house(stack: Stack, size: int) -> AsyncIterator[Doorstep]:
    """A database and a namespace of its own on the same servers, with rows and the workflows that wait for them."""
    client = await _namespace(stack.addresses()["temporal_address"], f"of-{size}")
    os.environ["TEMPORAL_NAMESPACE"] = client.namespace  # noqa: TID251 - a composition root
    async with populated(size) as doorstep:
        await _start_all(doorstep, client)
        yield doorstep


@asynccontextmanager
async def populated(size: int) -> AsyncIterator[Doorstep]:
    """The client API on a database of its own on the same server, with so many invitations."""
    chosen = settings.load()
    url = make_url(chosen.database_url.get_secret_value())
    outside = create_async_engine(driver_url(url.render_as_string(hide_password=False)), isolation_level="AUTOCOMMIT")
    async with outside.connect() as connection:
        await connection.execute(text(f"CREATE DATABASE of_{size}"))
    await outside.dispose()
    own = url.set(database=f"of_{size}").render_as_string(hide_password=False)
    await asyncio.to_thread(migrate.upgrade, own)
    async with connect(chosen.model_copy(update={"database_url": type(chosen.database_url)(own)})) as doorstep:
        for number in range(1, population.OFFICES + 1):
            await doorstep.office_set(f"o{number}")
            await doorstep.approvers_set(f"o{number}", [BOSS, f"second-{BOSS}"])
        await population.fill(doorstep.engine, size)
        say(f"  {size} invitations are there")
        yield doorstep


async def _namespace(address: str, name: str) -> Client:
    """A namespace with our search attributes; it takes the server some seconds to know them everywhere."""
    client = await Client.connect(address, namespace=name)
    retention = Duration()
    retention.FromTimedelta(timedelta(days=3))
    await client.workflow_service.register_namespace(
        RegisterNamespaceRequest(namespace=name, workflow_execution_retention_period=retention)
    )
    keyword = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
    request = AddSearchAttributesRequest(namespace=name, search_attributes={each.name: keyword for each in ALL})
    async with asyncio.timeout(60):
        while True:
            try:
                await client.operator_service.add_search_attributes(request)
                await client.count_workflows("InvitationState = 'pending'")
            except RPCError:
                await asyncio.sleep(0.5)
            else:
                return client


async def _start_all(doorstep: Doorstep, client: Client) -> None:
    """A workflow for each row that needs one; nobody works on them, and they wait as ever."""
    waiting = await population.open_ones(doorstep.engine)
    progress, turnstile = Progress("workflows", len(waiting)), asyncio.Semaphore(AT_ONCE)
    started = 0

    async def start(one: population.Open) -> None:
        nonlocal started
        pairs = [SearchAttributePair(STATE, one.state), SearchAttributePair(OFFICE, one.office)]
        async with turnstile:
            await client.start_workflow(
                InvitationWorkflow.run,
                InvitationRef(str(one.id)),
                id=f"invitation-{one.id}",
                task_queue=TASK_QUEUE,
                search_attributes=TypedSearchAttributes(pairs),
            )
        started += 1
        progress.at(started)

    await asyncio.gather(*map(start, waiting))

    async def are_listed() -> bool:
        return (await client.count_workflows("WorkflowType = 'InvitationWorkflow'")).count >= len(waiting)

    await until(are_listed)
