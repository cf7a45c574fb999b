"""What an invitation costs in Temporal: events of its history and billable Actions, each with a limit."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from pydantic import SecretStr
from temporalio.client import WorkflowHistory

from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from tests.faults.misbehaving_texts import MisbehavingTexts
from tests.faults.own_stack import own_house, own_stack
from tests.functional.direct import add, office_with_account, pass_time, result_of, token_of
from tests.histories import actions, history_of, names, table
from tests.house import House, work
from tests.members import boss_of
from tests.replay.paths_of_passwords import added_used
from tests.replay.paths_of_people import (
    consent_accepted,
    erased_while_pending,
    existing_user_granted,
    invited_by_text,
)

DAY = timedelta(days=1)


async def assert_within(house: House, invitation: Invitation, *, events: int, billed: int) -> None:
    """The history is no longer and no dearer than that; the figure is printed."""
    assert_cheap(await history_of(house, invitation), events=events, billed=billed)


def assert_cheap(history: WorkflowHistory, *, events: int, billed: int) -> None:
    """The same for a history that is there already."""
    counted = (names(history).total() - given_out_again(history), actions(history).total())
    print(f"{counted[0]} events, {counted[1]} actions")  # noqa: T201 - the figure, for whoever asks with -s
    assert counted[0] <= events, table(history)
    assert counted[1] <= billed, table(history)


def given_out_again(history: WorkflowHistory) -> int:
    """The events of tasks that the worker did not take, or not end, in time: a machine with much to do is the cause."""
    counted = names(history)
    if not counted["WORKFLOW_TASK_TIMED_OUT"]:
        return 0
    begun = sum(counted[f"WORKFLOW_TASK_{name}"] for name in ("SCHEDULED", "STARTED", "TIMED_OUT"))
    return begun - 2 * (counted["WORKFLOW_TASK_COMPLETED"] + counted["WORKFLOW_TASK_FAILED"])


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


BUDGETS: list[tuple[Callable[[House], Awaitable[str]], int, int]] = [
    (existing_user_granted, 26, 6),
    (consent_accepted, 40, 10),
    (erased_while_pending, 26, 6),
    (added_used, 32, 6),
]
"""Each way with the events that its history may have, and the Actions that it may cost."""


@pytest.mark.parametrize(("walk", "events", "billed"), BUDGETS, ids=[walk.__name__ for walk, _, _ in BUDGETS])
async def test_each_other_way_stays_within_its_budget(
    house: House, walk: Callable[[House], Awaitable[str]], events: int, billed: int
) -> None:
    """S2.17, S4.12, T34: a grant is cheaper than the happy way, consent costs the same; so do way A and an erasure."""
    workflow_id = await walk(house)

    history = await house.client.get_workflow_handle(workflow_id).fetch_history()
    assert_cheap(history, events=events, billed=billed)


async def test_a_link_to_the_passwords_that_nobody_uses_stays_within_its_budget(house: House) -> None:
    """S4.13: two mails, 24 hours, the end."""
    pair = await add(house, await office_with_account(house))
    await token_of(house, pair)
    await pass_time(house, pair, DAY)
    await result_of(house, pair)

    history = await house.client.get_workflow_handle(pair.workflow_id).fetch_history()
    assert_cheap(history, events=25, billed=4)


async def test_an_invitation_by_text_costs_what_a_mail_does() -> None:
    """S0.8, S0.17: the way to the person makes no difference to Temporal."""
    async with (
        own_stack() as stack,
        MisbehavingTexts() as texts,
        own_house(stack, text_url=SecretStr(texts.url)) as house,
        work(house),
    ):
        workflow_id = await invited_by_text(house)
        history = await house.client.get_workflow_handle(workflow_id).fetch_history()

    assert len(texts.stored) == 4
    assert_cheap(history, events=40, billed=10)
