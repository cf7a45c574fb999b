"""A database that answers late, wrongly or not at all: one answer, 503, and nothing half-written (F07 to F09)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import literal, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.errors import Conflict, Gone, Unavailable
from doorstep.domain.events import Event
from doorstep.domain.invitation import Invitation
from doorstep.domain.states import State
from doorstep.store.engine import create_engine, transact
from starter.client import Doorstep
from tests.faults.aftermath import users_of
from tests.faults.cutting_proxy import Cut, CuttingProxy, cutting_proxy
from tests.faults.own_stack import OwnStack, own_house, own_stack
from tests.house import PASSWORD, House

DAY = timedelta(hours=24)
Work = Callable[[AsyncConnection], Awaitable[object]]


@pytest.fixture(scope="module")
async def stack() -> AsyncIterator[OwnStack]:
    async with own_stack() as running:
        yield running


@pytest.fixture(scope="module")
async def house(stack: OwnStack) -> AsyncIterator[House]:
    """Servers of our own, since some tests change the database for everybody; nobody is at work."""
    async with own_house(stack) as built:
        yield built


@asynccontextmanager
async def by_another_way(house: House) -> AsyncIterator[tuple[Doorstep, CuttingProxy]]:
    """The client API over a line that can be cut."""
    async with cutting_proxy(house.settings.database_url.get_secret_value()) as proxy:
        engine = create_engine(proxy.url, application="doorstep-cut", pool_size=1)
        yield replace(house.doorstep, engine=engine), proxy
        await engine.dispose()


async def invited(house: House) -> tuple[Invitation, str]:
    """A pending invitation and its token; no mail is needed for it."""
    office = await house.office()
    invitation = await house.doorstep.invite(office=office, email=f"ana@{office}.example")
    link = await house.doorstep.link(invitation.id)
    return invitation, link.rpartition("/")[2]


@pytest.mark.parametrize("cut", ["before", "after"])
async def test_f07_a_set_up_whose_commit_is_lost_can_be_tried_again(house: House, cut: Cut) -> None:
    """F07: the line is cut at the commit: the person hears 503, tries again, and is set up exactly once."""
    invitation, token = await invited(house)

    async with by_another_way(house) as (doorstep, proxy):
        proxy.cut = cut
        with pytest.raises(Unavailable) as caught:
            await doorstep.set_up(token, username=invitation.address, password=PASSWORD)
        again = doorstep.set_up(token, username=invitation.address, password=PASSWORD)
        if cut == "before":
            await again
        else:
            with pytest.raises(Gone, match="set up your user already"):
                await again

    assert caught.value.status == 503
    row = await house.doorstep.show(invitation.id)
    assert row.state is State.AWAITING_APPROVAL
    assert await users_of(house, invitation) == 1
    assert (await house.events(invitation)).count(Event.SET_UP) == 1


@pytest.mark.parametrize("cut", ["before", "after"])
async def test_f07_an_invitation_whose_commit_is_lost_is_made_once(house: House, cut: Cut) -> None:
    """F07, F17: the same request with its idempotency key again makes no second invitation."""
    office = await house.office()

    async def ask(doorstep: Doorstep) -> Invitation:
        return await doorstep.invite(office=office, email=f"ana@{office}.example", idempotency_key="erp-1")

    async with by_another_way(house) as (doorstep, proxy):
        proxy.cut = cut
        with pytest.raises(Unavailable):
            await ask(doorstep)
        made = await ask(doorstep)

    assert [each.id for each in await house.doorstep.list(office=office)] == [made.id]
    assert (await house.events(made)).count(Event.CREATED) == 1


@pytest.mark.parametrize("cut", ["before", "after"])
async def test_f07_a_decision_whose_commit_is_lost_stands_once(house: House, cut: Cut) -> None:
    """F07: an approval tried again is carried out, or answered with who decided it: the same administrator."""
    invitation, token = await invited(house)
    await house.doorstep.set_up(token, username=invitation.address, password=PASSWORD)
    boss = invitation.office.approvers[0]

    async with by_another_way(house) as (doorstep, proxy):
        proxy.cut = cut
        with pytest.raises(Unavailable):
            await doorstep.approve(invitation.id, approver=boss)
        again = doorstep.approve(invitation.id, approver=boss)
        if cut == "before":
            await again
        else:
            with pytest.raises(Conflict) as caught:
                await again
            assert boss in caught.value.full_message

    assert (await house.doorstep.show(invitation.id)).state is State.APPROVED
    assert (await house.events(invitation)).count(Event.APPROVED) == 1


async def test_f08_a_deadlock_is_tried_once_more(house: House) -> None:
    """F08: two transactions that lock two rows crosswise both succeed; the one that was the victim ran twice."""
    rows = [(await invited(house))[0].id for _ in range(2)]
    both_hold_one, runs = asyncio.Barrier(2), [0, 0]
    lock = text("SELECT 1 FROM invitations WHERE id = :id FOR UPDATE")

    async def crosswise(tx: AsyncConnection, number: int) -> None:
        runs[number] += 1
        await tx.execute(lock, {"id": rows[number]})
        if sum(runs) <= 2:
            await both_hold_one.wait()
        await tx.execute(lock, {"id": rows[1 - number]})

    await asyncio.gather(*(house.run(lambda tx, n=n: crosswise(tx, n)) for n in range(2)))  # type: ignore[misc]

    assert sorted(runs) == [1, 2]


async def test_f08_two_deadlocks_in_a_row_are_an_answer(house: House) -> None:
    """F08: who is the victim twice hears 503, never an error of the driver."""
    always = text("DO $$ BEGIN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END $$")

    with pytest.raises(Unavailable):
        await house.run(lambda tx: tx.execute(always))


@pytest.mark.parametrize(
    "statements",
    [
        ("SET LOCAL statement_timeout = '50ms'", "SELECT pg_sleep(5)"),
        ("SET LOCAL idle_in_transaction_session_timeout = '1ms'", "SELECT pg_sleep(0)", "SELECT 1"),
        ("SET TRANSACTION READ ONLY", "UPDATE offices SET name = 'x'"),
        ("DO $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '53100'; END $$",),
    ],
    ids=["slow", "idle", "read-only", "disk full"],
)
async def test_f09_a_database_that_cannot_serve_is_503(house: House, statements: tuple[str, ...]) -> None:
    """F09: a slow query, a session that was ended, a standby and a full disk all come out as one answer."""

    async def work(tx: AsyncConnection) -> None:
        for statement in statements:
            await tx.execute(text(statement))
            await asyncio.sleep(0.05)  # long enough to be idle for a millisecond

    with pytest.raises(Unavailable) as caught:
        await house.run(work)

    assert caught.value.code == "database_unavailable"
    await house.office()


async def test_f09_a_lock_that_is_held_is_503(house: House) -> None:
    """F09: who waits for a row that somebody holds gives up in bounded time, and the row is as it was."""
    invitation, _ = await invited(house)
    held, done = asyncio.Event(), asyncio.Event()

    async def hold(tx: AsyncConnection) -> None:
        await tx.execute(text("SELECT 1 FROM invitations WHERE id = :id FOR UPDATE"), {"id": invitation.id})
        held.set()
        await done.wait()

    holding = asyncio.create_task(house.run(hold))
    await held.wait()
    with pytest.raises(Unavailable):
        await house.doorstep.revoke(invitation.id)
    done.set()
    await holding

    assert (await house.doorstep.show(invitation.id)).state is State.PENDING


async def test_f09_an_exhausted_pool_is_503_and_recovers(house: House) -> None:
    """F09: with every connection taken the next caller hears 503 within seconds; afterwards all is well."""
    engine = create_engine(house.settings.database_url.get_secret_value(), application="doorstep-small", pool_size=1)
    all_taken, release = asyncio.Barrier(3), asyncio.Event()

    async def hold(_tx: AsyncConnection) -> None:
        await all_taken.wait()
        await release.wait()

    held = [asyncio.create_task(transact(engine, hold)) for _ in range(2)]
    await all_taken.wait()

    with pytest.raises(Unavailable):
        await transact(engine, lambda tx: tx.execute(select(literal(1))))
    release.set()
    await asyncio.gather(*held)

    await transact(engine, lambda tx: tx.execute(select(literal(1))))
    await engine.dispose()
