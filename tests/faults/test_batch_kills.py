"""Everything dies in turn while a batch runs: every row comes to one result, and nobody is invited twice."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.batches import Batch, BatchState, NewRow
from doorstep.domain.errors import Unavailable
from doorstep.domain.messages import Message
from doorstep.store import tables as t
from tests.faults.own_stack import OwnStack, own_house, own_stack, until_said
from tests.house import House, eventually

pytestmark = pytest.mark.timeout(900)
ROWS = 240
"""In the suite; `--batch-rows 2000` takes as many as the promise names, and some minutes."""

PATIENCE = 300.0


@pytest.fixture
def count(request: pytest.FixtureRequest) -> int:
    """How many rows the batch has."""
    return int(request.config.getoption("--batch-rows", default=None) or ROWS)


@asynccontextmanager
async def program(stack: OwnStack, environment: dict[str, str], *words: str, says: str) -> AsyncIterator["Mortal"]:
    """A process of ours that may be killed."""
    mortal = Mortal(stack, environment, words, says)
    await mortal.start()
    try:
        yield mortal
    finally:
        await mortal.kill()


class Mortal:
    """A process, started again after each death."""

    def __init__(self, stack: OwnStack, environment: dict[str, str], words: tuple[str, ...], says: str) -> None:
        self._stack, self._environment, self._words, self._says = stack, environment, words, says

    async def start(self) -> None:
        """Start it, and wait until it says that it is ready."""
        self._process = await self._stack.worker(self._environment, *self._words)
        await until_said(self._process, self._says)
        self._reader = asyncio.create_task(self._read())

    async def kill(self) -> None:
        """End it at once, without a word."""
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGKILL)
        await self._process.wait()
        await self._reader

    async def _read(self) -> None:
        """A pipe that nobody reads would stop it."""
        assert self._process.stderr is not None
        while await self._process.stderr.readline():
            pass


async def test_f01_everything_dies_in_turn_while_a_batch_runs(count: int) -> None:
    """F01, F04, F06: worker, web, PostgreSQL and Temporal are killed; a row has one result and one invitation."""
    async with own_stack() as stack, own_house(stack) as house:
        environment = stack.environment(house, DOORSTEP_SWEEP_SECONDS="0.5", DOORSTEP_DRAIN_SECONDS="2")
        office = await house.office()
        rows = [NewRow(email=f"p{n}@{office}.example", name=f"Person {n}") for n in range(count - 2)]
        rows += [NewRow(email=rows[0].email), NewRow(email="nobody")]
        async with (
            program(stack, environment, says="worker_ready") as worker,
            program(stack, environment | {"DOORSTEP_WEB_PORT": "0"}, "-m", "web", says="web_ready") as web,
        ):
            batch = await house.doorstep.batch_create(office, rows=rows, starts_by_itself=True)
            await reached(house, batch, 0.1)
            await worker.kill()
            await worker.start()
            await reached(house, batch, 0.3)
            await web.kill()
            await stack.postgres.kill(signal.SIGQUIT)
            await stack.postgres.start()
            returning = asyncio.create_task(web.start())  # takes as long as many rows
            await reached(house, batch, 0.6)
            await stack.temporal.kill()
            await stack.temporal.start()
            await returning
            done = await ended(house, batch)
            await eventually(lambda: mailed(house, office, count - 2), "every mail", patience=PATIENCE)

        assert (done.sent.ok, done.sent.skipped, done.sent.refused) == (count - 2, 1, 1)
        assert await house.run(lambda tx: invitations_of(tx, office)) == dict.fromkeys(
            (row.email for row in rows[: count - 2]), 1
        )
        copies_are_identical(house, office)


async def reached(house: House, batch: Batch, share: float) -> None:
    """Wait until that share of the rows is done."""

    async def look() -> bool | None:
        with suppress(Unavailable):
            found = await house.doorstep.batch(batch.id)
            assert found.state is not BatchState.DONE, "it was over before everything had died: take more rows"
            await asyncio.sleep(0.1)
            return True if found.sent.done >= share * found.sent.rows else None
        return None

    await eventually(look, f"{share:.0%} of the rows", patience=PATIENCE)


async def ended(house: House, batch: Batch) -> Batch:
    """The batch, done."""

    async def look() -> Batch | None:
        with suppress(Unavailable):
            found = await house.doorstep.batch(batch.id)
            await asyncio.sleep(0.3)
            return found if found.state is BatchState.DONE else None
        return None

    return await eventually(look, "the batch to be done", patience=PATIENCE)


async def mailed(house: House, office: str, count: int) -> bool | None:
    """Whether every mail arrived, and none is left to be sent."""
    i, d = t.invitations.c, t.deliveries.c
    joined = t.deliveries.join(t.invitations, i.id == d.subject_id)
    query = select(func.count()).select_from(joined).where(i.office == office, d.status == "sent")

    async def sent(tx: AsyncConnection) -> int:
        return int((await tx.execute(query)).scalar_one())

    with suppress(Unavailable):
        is_there = await house.run(sent) == count
        await asyncio.sleep(0.3)
        return True if is_there else None
    return None


async def invitations_of(tx: AsyncConnection, office: str) -> Counter[str]:
    """How many invitations each address has."""
    i = t.invitations.c
    return Counter((await tx.execute(select(i.address).where(i.office == office))).scalars())


def copies_are_identical(house: House, office: str) -> None:
    """Every mail of an invitation is the same, byte for byte."""
    copies: dict[str, set[bytes]] = {}
    for stored in house.smtp.stored:
        (recipient,) = stored.recipients
        if recipient.endswith(f"@{office}.example") and stored.message == Message.INVITATION:
            copies.setdefault(recipient, set()).add(stored.content)
    assert copies
    assert {recipient: len(found) for recipient, found in copies.items() if len(found) > 1} == {}
