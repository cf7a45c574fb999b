"""Rows that do not fit the workflows, or the code: a backup that was restored, a row from the future (F20, F29)."""

from collections.abc import AsyncIterator
from datetime import timedelta

import psycopg
import pytest
from psycopg import AsyncConnection as Connection

from doorstep.domain.events import Event
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from doorstep.local.clock import _move_rows
from starter.sweep import sweep_once
from tests.faults.own_stack import OwnStack, own_house, own_stack
from tests.house import House, work

HOUR = timedelta(hours=1)
TABLES = {"invitations": "id", "deliveries": "subject_id", "links": "subject_id"}


@pytest.fixture(scope="module")
async def stack() -> AsyncIterator[OwnStack]:
    async with own_stack() as running:
        yield running


@pytest.fixture(scope="module")
async def house(stack: OwnStack) -> AsyncIterator[House]:
    """Servers of our own, whose tables may be bent, with a worker and without its sweep."""
    async with own_house(stack) as built, work(built):
        yield built


async def connected(house: House) -> Connection[tuple[object, ...]]:
    """A connection beside the product."""
    return await Connection.connect(house.settings.database_url.get_secret_value(), autocommit=True)


async def back_up(house: House, invitation: Invitation) -> None:
    """Keep the rows of an invitation as they are."""
    async with await connected(house) as connection:
        for table, column in TABLES.items():
            await connection.execute(f"DROP TABLE IF EXISTS kept_{table}".encode())
            kept = f"CREATE TABLE kept_{table} AS SELECT * FROM {table} WHERE {column} = %s"  # noqa: S608 - our own names
            await connection.execute(kept.encode(), [invitation.id])


async def restore(house: House, invitation: Invitation) -> None:
    """Make the rows what they were; a user that was made since is gone."""
    async with await connected(house) as connection, connection.transaction():
        for table, column in reversed(TABLES.items()):
            gone = f"DELETE FROM {table} WHERE {column} = %s"  # noqa: S608 - our own names
            await connection.execute(gone.encode(), [invitation.id])
        for table in TABLES:
            await connection.execute(f"INSERT INTO {table} SELECT * FROM kept_{table}".encode())  # noqa: S608 - our own names
        await connection.execute("DELETE FROM users WHERE email_key = %s", [invitation.address_key])


async def settled(house: House) -> Invitation:
    """A pending invitation that its workflow knows all about."""
    invitation = await house.pending(await house.office())
    return await house.until_state(invitation, State.PENDING)


async def sweep(house: House) -> int:
    """What every worker does every few seconds."""
    return await sweep_once(house.engine, house.doorstep.starter)


async def test_f29_a_restored_row_expires_although_its_workflow_is_closed(house: House) -> None:
    """F29: the row is open again, the workflow ended long ago and believes to have seen it; the sweep finds it."""
    invitation = await settled(house)
    await back_up(house, invitation)
    await house.doorstep.revoke(invitation.id)
    await house.handle(invitation).result()

    await restore(house, invitation)
    assert (await house.doorstep.show(invitation.id)).state is State.PENDING
    in_time = await sweep(house)
    await _move_rows(house.settings.database_url.get_secret_value(), invitation.id, 25 * HOUR)
    late = await sweep(house)

    assert (in_time, late) == (0, 1)
    await house.until_state(invitation, State.EXPIRED)
    assert await sweep(house) == 0


async def test_f29_a_restored_row_can_be_set_up_although_its_workflow_is_closed(house: House) -> None:
    """F29: whoever uses the restored link is in, and a new run of the workflow tells the administrators."""
    invitation = await settled(house)
    token = house.token(await house.mail_of(invitation, Message.INVITATION))
    await back_up(house, invitation)
    await house.doorstep.revoke(invitation.id)
    await house.handle(invitation).result()

    await restore(house, invitation)
    await house.doorstep.set_up(token, username=invitation.address, password="four plain words together")

    row = await house.until_state(invitation, State.AWAITING_APPROVAL)
    await house.mail_of(invitation, Message.APPROVAL_NEEDED, to=row.office.approvers[0])
    await house.doorstep.approve(invitation.id, approver=row.office.approvers[0])
    assert await house.handle(invitation).result() == {"state": "active"}


async def test_f29_a_workflow_believes_a_row_that_went_back(house: House) -> None:
    """F29: the workflow waits for an approval, the row waits for the invitee again; the row is right."""
    invitation = await settled(house)
    await back_up(house, invitation)
    await house.set_up(invitation)

    await restore(house, invitation)
    await house.pass_time(invitation, 25 * HOUR)

    row = await house.until_state(invitation, State.EXPIRED)
    assert row.user_id is None
    status = await house.handle(invitation).query("status")
    assert isinstance(status, dict)
    assert status["state"] == "expired"


async def test_f29_an_expired_row_whose_workflow_is_lost_is_closed(house: House) -> None:
    """F29, decision 2: Temporal forgot the workflow; after the week the sweep starts one that closes the row."""
    invitation = await settled(house)
    await house.pass_time(invitation, 25 * HOUR)
    await house.until_state(invitation, State.EXPIRED)
    await house.handle(invitation).terminate()
    await _move_rows(house.settings.database_url.get_secret_value(), invitation.id, 8 * 24 * HOUR)

    woken = await sweep(house)

    assert woken == 1
    await house.until(invitation, lambda row: row.closed_at is not None)
    assert await house.handle(invitation).result() == {"state": "expired"}


async def test_f20_a_row_from_the_future_stands_in_its_own_way_alone(house: House) -> None:
    """F20, F23: a state that this code does not know: lists, sweep and every other invitation go on without it."""
    office = await house.office()
    poisoned, healthy = [await house.pending(office) for _ in range(2)]  # in this order they are listed
    behind = "UPDATE invitations SET rev = rev + 1, changed_at = now() - interval '1 hour' WHERE office = %s"
    async with await connected(house) as connection:
        await connection.execute("ALTER TABLE invitations DROP CONSTRAINT ck_invitations_state")
        await connection.execute("UPDATE invitations SET state = 'paused' WHERE id = %s", [poisoned.id])
        await connection.execute(behind, [office])

        listed = [each.id for each in await house.doorstep.list(office=office)]
        stuck = [(each.id, each.state) async for each in house.doorstep.stuck(office=office)]
        woken = await sweep(house)

        assert (woken, listed) == (1, [healthy.id])
        assert stuck == [(poisoned.id, "paused"), (healthy.id, "pending")]
        await house.until_state(healthy, State.PENDING)
        await connection.execute("UPDATE invitations SET state = 'pending' WHERE id = %s", [poisoned.id])

    again = await house.doorstep.revoke(poisoned.id)
    assert again.state is State.REVOKED
    await house.until_state(poisoned, State.REVOKED)


async def test_f20_what_the_schema_refuses_never_gets_in(house: House) -> None:
    """F20: with the constraints in place no such row can be written by hand either."""
    invitation = await settled(house)

    async with await connected(house) as connection:
        with pytest.raises(psycopg.errors.CheckViolation):
            await connection.execute("UPDATE deliveries SET message = 'song' WHERE subject_id = %s", [invitation.id])

    assert (await house.events(invitation)).count(Event.CREATED) == 1
