"""The deadline across an outage, both ways, and servers that die: the row keeps what a person did (F03 to F06)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import psycopg
import pytest

from doorstep.domain.errors import Gone, Unavailable
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from doorstep.local.clock import _move_rows
from doorstep.security.links import Purpose
from doorstep.store import links, sweeping
from starter.sweep import sweep_once
from tests.faults.own_stack import OwnStack, own_house, own_stack
from tests.house import PASSWORD, House, eventually, work

pytestmark = pytest.mark.xdist_group("outage")
DAY = timedelta(hours=24)
MINUTE = timedelta(minutes=1)
AT_ONCE = timedelta(0)


@pytest.fixture(scope="module")
async def stack() -> AsyncIterator[OwnStack]:
    async with own_stack() as started:
        yield started


@pytest.fixture
async def home(stack: OwnStack) -> AsyncIterator[House]:
    """A house on servers that may be killed, with nobody at work."""
    for server in (stack.postgres, stack.temporal):
        if server.child is None:
            await server.start()
    async with own_house(stack) as built:
        yield built


async def link_of(house: House, invitation: Invitation) -> str:
    """The token, without reading a mail that may not have gone out."""
    record = await house.run(lambda tx: links.current(tx, Purpose.INVITATION, invitation.id, 1))
    assert record is not None
    return house.ring.token(record)


async def invited(house: House) -> Invitation:
    """An invitation whose mail went out before the outage."""
    async with work(house):
        invitation = await house.pending(await house.office())
        return await house.until_state(invitation, State.PENDING)


async def age(house: House, invitation: Invitation, by: timedelta) -> None:
    """Let the row grow older while no workflow can notice."""
    await _move_rows(house.settings.database_url.get_secret_value(), invitation.id, by)


async def swept(house: House) -> bool | None:
    """Sweep until nothing is behind any more; a server that has just come back may not hear the first time."""
    woken = await sweep_once(house.engine, house.doorstep.starter, older_than=AT_ONCE)
    behind = await house.run(lambda tx: sweeping.unseen_invitations(tx, older_than=AT_ONCE))
    return None if woken or behind else True


async def test_a_set_up_in_time_counts_while_worker_and_temporal_are_down(stack: OwnStack, home: House) -> None:
    """F03, F04, S4.38: done at 23 h 59 in the outage; its timer fires first afterwards, and the person is in."""
    invitation = await invited(home)
    token = await link_of(home, invitation)
    await stack.temporal.kill()
    await age(home, invitation, DAY - MINUTE)
    await home.doorstep.set_up(token, username=invitation.address, password=PASSWORD)
    await age(home, invitation, 2 * MINUTE)

    await stack.temporal.start()
    async with work(home):
        await eventually(lambda: swept(home), "the sweep to have told every workflow")
        waiting = await home.until_state(invitation, State.AWAITING_APPROVAL)
        await home.mail_of(invitation, Message.SET_UP_RECEIVED)

    assert waiting.username == invitation.address
    assert "invitation.expired" not in await home.events(invitation)


async def test_a_set_up_after_the_24_hours_never_counts(stack: OwnStack, home: House) -> None:
    """F04, S2.5: nobody noticed the end of the 24 hours, and the link is dead all the same; afterwards it expires."""
    invitation = await invited(home)
    token = await link_of(home, invitation)
    await stack.temporal.kill()
    await age(home, invitation, DAY + MINUTE)

    with pytest.raises(Gone) as refused:
        await home.doorstep.set_up(token, username=invitation.address, password=PASSWORD)
    still = await home.doorstep.show(invitation.id)
    await stack.temporal.start()
    async with work(home):
        await home.doorstep.starter.wake(still)
        await home.until_state(invitation, State.EXPIRED)

    assert refused.value.code == "expired"
    assert still.state is State.PENDING
    with pytest.raises(Gone):
        await home.doorstep.set_up(token, username=invitation.address, password=PASSWORD)


async def test_late_wakes_before_and_after_the_expiry_change_nothing(home: House) -> None:
    """F18: after the 24 hours a wake that arrives before the timer, and one after it, both find it expired."""
    invitation = await invited(home)
    token = await link_of(home, invitation)
    await age(home, invitation, DAY + MINUTE)
    await home.doorstep.starter.wake(invitation)

    async with work(home):
        await home.until_state(invitation, State.EXPIRED)
        await home.doorstep.starter.wake(invitation)
        with pytest.raises(Gone):
            await home.doorstep.set_up(token, username=invitation.address, password=PASSWORD)
        expired = await home.until_state(invitation, State.EXPIRED)

    assert expired.user_id is None
    assert (await home.events(invitation)).count("invitation.expired") == 1


async def test_an_invitation_made_while_temporal_is_down_goes_out_later(stack: OwnStack, home: House) -> None:
    """F05: the row is kept and the inviter gets an answer; the sweep starts the workflow when the server is back."""
    office = await home.office()
    await stack.temporal.kill()

    invitation = await home.doorstep.invite(office=office, email="later@example.org")
    await stack.temporal.start()
    async with work(home):
        await eventually(lambda: swept(home), "the sweep to have started the workflow")
        await home.mail_of(invitation, Message.INVITATION)

    assert invitation.state is State.PENDING
    assert len(home.mails("later@example.org")) == 1


async def test_f04_a_killed_temporal_finds_open_invitations_again(stack: OwnStack, home: House) -> None:
    """F04: SIGKILL while it waits; after the restart the approval goes through and the account is active."""
    invitation = await invited(home)
    async with work(home):
        await home.set_up(invitation)

    await stack.temporal.kill()
    await stack.temporal.start()
    async with work(home):
        await home.doorstep.approve(invitation.id, approver=f"boss1@{invitation.office.code}.example")
        await eventually(lambda: swept(home), "the workflow to have heard of the approval")
        active = await home.until_state(invitation, State.ACTIVE)

    assert (await home.events(invitation)).count("invitation.activated") == 1
    assert active.attention == ()


async def test_f06_a_transaction_that_is_cut_leaves_nothing_half_written(home: House) -> None:
    """F06: the server ends the connection in the middle; the caller hears 503, the row is unchanged, the next works."""
    office = await home.office()
    database_url = home.settings.database_url.get_secret_value()
    locked = asyncio.Event()

    async def cut() -> None:
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
            await locked.wait()
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'doorstep-tests' AND state = 'idle in transaction'"
            )

    async def half_of_it() -> None:
        from doorstep.store import audit  # noqa: PLC0415 - only this test writes by hand
        from doorstep.store.audit import CLOCK  # noqa: PLC0415

        async def write(tx: object) -> None:
            await audit.record(tx, "test.half", CLOCK, subject_id=None)  # type: ignore[arg-type]
            locked.set()
            await cutting
            await audit.record(tx, "test.half", CLOCK, subject_id=None)  # type: ignore[arg-type]

        await home.run(write)

    cutting = asyncio.create_task(cut())
    with pytest.raises(Unavailable) as refused:
        await half_of_it()
    found = await home.doorstep.office(office)

    assert refused.value.status == 503
    assert found.code == office
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        rows = await (await connection.execute("SELECT count(*) FROM audit WHERE event = 'test.half'")).fetchone()
    assert rows == (0,)


async def test_f06_postgres_killed_and_back(stack: OwnStack, home: House) -> None:
    """F06: while the database is away every door says so; when it is back the same client goes on."""
    office = await home.office()
    await stack.postgres.kill()

    with pytest.raises(Unavailable):
        await home.doorstep.office(office)
    await stack.postgres.start()
    found = await home.doorstep.office(office)

    assert found.code == office


async def test_f29_a_row_from_a_backup_gets_a_workflow_again(home: House) -> None:
    """F29: the database is set back to a day when the invitation was open, and its workflow is closed: it goes on."""
    invitation = await invited(home)
    async with work(home):
        await home.doorstep.revoke(invitation.id)
        await home.handle(invitation).result()
    database_url = home.settings.database_url.get_secret_value()
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        restored = "UPDATE invitations SET state = 'pending', seen_rev = 0 WHERE id = %s"
        await connection.execute(restored, [invitation.id])

    async with work(home):
        await eventually(lambda: swept(home), "the sweep to have started it again")
        await home.until_state(invitation, State.PENDING)
        await home.doorstep.revoke(invitation.id)
        result = await home.handle(invitation).result()

    assert result == {"state": "revoked"}
    assert len(home.mails(invitation.address, Message.INVITATION)) == 1
