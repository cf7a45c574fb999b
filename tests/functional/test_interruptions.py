"""A person's word, or the sweep's, while an activity is out on the network or failing."""

from datetime import timedelta

from temporalio.client import WorkflowExecutionStatus

from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from doorstep.store import sweeping
from doorstep.store.orders import change
from starter.sweep import sweep_once
from tests.faults.misbehaving_smtp import ACCEPT, Mode
from tests.functional.racing import come_first, pass_on_row
from tests.house import House, eventually

MINUTE = timedelta(minutes=1)
HANGS = Mode("MAIL", action="stall")
"""At a command, and not at the greeting: a connection of the test before may still be open."""


async def under_way(house: House, invitation: Invitation) -> None:
    """Wait until an activity of the invitation is out on the network."""

    async def look() -> bool | None:
        description = await house.handle(invitation).describe()
        started = [
            each for each in description.raw_description.pending_activities if each.HasField("last_started_time")
        ]
        return True if started else None

    await eventually(look, "an activity to be under way")


async def test_f14_a_wake_while_the_mail_server_hangs_loses_nothing(house: House) -> None:
    """F14: an attempt that was cut and ends by a time-out does not end the workflow; the mail goes out later."""
    house.smtp.mode = HANGS
    invitation = await house.doorstep.invite(office=await house.office(), email="hang@example.org")
    await under_way(house, invitation)

    await house.doorstep.starter.wake(invitation)
    await house.until(invitation, lambda row: row.deliveries[0].cause != "")
    house.smtp.mode = ACCEPT
    await house.mail_of(invitation, Message.INVITATION)

    waiting = await house.until(invitation, lambda row: not row.unsent())
    assert waiting.state is State.PENDING
    assert (await house.handle(invitation).describe()).status is WorkflowExecutionStatus.RUNNING


async def test_the_sweep_knocks_ever_more_rarely(house: House) -> None:
    """F20: what was woken in vain is left alone twice as long each time, so that no history fills with wakes."""
    invitation = await house.pending(await house.office())
    await house.run(lambda tx: change(tx, invitation.id, frozenset({State.PENDING})))  # a change whose wake was lost

    await come_first(house, invitation)

    async def is_due() -> bool:
        return invitation.id in await house.run(lambda tx: sweeping.unseen_invitations(tx, older_than=4 * MINUTE))

    due = [await is_due()]
    await house.run(lambda tx: sweeping.woke(tx, [invitation.id], []))
    for pause in (0, 5, 4):
        await pass_on_row(house, invitation, pause * MINUTE)
        due.append(await is_due())
    woken = await sweep_once(house.engine, house.doorstep.starter, older_than=4 * MINUTE)
    heard = await house.until(invitation, lambda row: row.seen_rev == row.rev)

    assert due == [True, False, False, True]
    assert woken >= 1
    assert heard.state is State.PENDING
    assert not await is_due()
