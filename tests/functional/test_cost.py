"""What an invitation costs in Temporal: events of its history and billable Actions, each with a limit."""

from datetime import timedelta

from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from tests.histories import actions, history_of, names, table
from tests.house import House
from tests.members import boss_of

DAY = timedelta(days=1)


async def assert_within(house: House, invitation: Invitation, *, events: int, billed: int) -> None:
    """The history is no longer and no dearer than that; the figure is printed."""
    history = await history_of(house, invitation)
    counted = (names(history).total(), actions(history).total())
    print(f"{counted[0]} events, {counted[1]} actions")  # noqa: T201 - the figure, for whoever asks with -s
    assert counted[0] <= events, table(history)
    assert counted[1] <= billed, table(history)


async def test_the_happy_way_stays_within_40_events_and_11_actions(house: House) -> None:
    """S4.45: from the invitation to the active account."""
    invitation = await house.waiting(await house.office())
    await house.doorstep.approve(invitation.id, approver=boss_of(invitation))
    await house.handle(invitation).result()

    await assert_within(house, invitation, events=40, billed=11)


async def test_an_approval_by_signal_is_no_dearer(house: House) -> None:
    """S4.43: whoever decides in the Temporal UI does not pay for it."""
    invitation = await house.waiting(await house.office())
    await house.handle(invitation).signal("approve", {"approver": boss_of(invitation)})
    await house.handle(invitation).result()

    await assert_within(house, invitation, events=40, billed=11)


async def test_an_invitation_that_nobody_answers_stays_within_its_budget(house: House) -> None:
    """S4.13, decision 2: sent, reminded, expired, closed a week later."""
    invitation = await house.pending(await house.office())
    await house.pass_time(invitation, DAY / 2)
    await house.mail_of(invitation, Message.REMINDER)
    await house.pass_time(invitation, DAY / 2)
    await house.until_state(invitation, State.EXPIRED)
    await house.pass_time(invitation, 7 * DAY)
    await house.handle(invitation).result()

    await assert_within(house, invitation, events=48, billed=9)


async def test_a_revoked_invitation_stays_within_its_budget(house: House) -> None:
    """S2.10: sent and taken back."""
    invitation = await house.pending(await house.office())
    await house.doorstep.revoke(invitation.id)
    await house.handle(invitation).result()

    await assert_within(house, invitation, events=24, billed=6)
