"""The worker dies by SIGKILL before, during and after every activity there is, and everything still comes out right."""

import asyncio
import signal
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from activities.decisions import DecisionActivities
from activities.invitations import InvitationActivities
from activities.passwords import PasswordActivities
from doorstep.domain.events import Event
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from tests.faults import scenarios as s
from tests.faults.misbehaving_smtp import ACCEPT
from tests.faults.own_stack import OwnStack, own_house, own_stack
from tests.faults.scenarios import WITH_MAIL, Scenario, Subject
from tests.house import House, eventually
from worker import activities_of

pytestmark = pytest.mark.timeout(240)  # two or three deaths and rebirths each
HOLDERS = (InvitationActivities, DecisionActivities, PasswordActivities)
ACTIVITIES = sorted(each.__name__ for holder in HOLDERS for each in activities_of(holder))
SECOND = timedelta(seconds=1)
SOON_OVER: dict[str, object] = {"reminder_share": 1.0, "validity": 3 * SECOND, "reissue_window": SECOND}
SOON_REMINDED: dict[str, object] = {"reminder_share": 0.05, "validity": 160 * SECOND}
INVITED = (("invitee", Message.INVITATION),)
REMINDED = (*INVITED, ("invitee", Message.REMINDER))
ANNOUNCED = (*INVITED, ("invitee", Message.SET_UP_RECEIVED), ("boss", Message.APPROVAL_NEEDED))
WELCOMED = (*ANNOUNCED, ("invitee", Message.APPROVED), ("invitee", Message.WELCOME))
RESET = (*WELCOMED, ("invitee", Message.PASSWORD_RESET))

SCENARIOS = {
    "send_invitation": Scenario(s.nothing, s.send, State.PENDING, INVITED, WITH_MAIL),
    "remind_invitee": Scenario(s.pending, s.until(Event.REMINDED), State.PENDING, REMINDED, rules=SOON_REMINDED),
    "expire_invitation": Scenario(s.pending, s.until(Event.EXPIRED), State.EXPIRED, INVITED, rules=SOON_OVER),
    "close_invitation": Scenario(s.expired, s.until(Event.CLOSED), State.EXPIRED, INVITED, rules=SOON_OVER),
    "announce_set_up": Scenario(s.pending, s.set_up, State.AWAITING_APPROVAL, ANNOUNCED, WITH_MAIL),
    "remind_approvers": Scenario(
        s.waiting,
        s.until(Event.APPROVERS_REMINDED),
        State.AWAITING_APPROVAL,
        (*ANNOUNCED, ("boss", Message.APPROVAL_REMINDER)),
        rules={"approval_reminder": 2 * SECOND},
    ),
    "escalate_approval": Scenario(
        s.waiting,
        s.until(Event.ESCALATED),
        State.AWAITING_APPROVAL,
        (*ANNOUNCED, ("boss", Message.APPROVAL_ESCALATION)),
        rules={"approval_reminder": SECOND, "approval_escalation": 2 * SECOND},
    ),
    "activate_account": Scenario(s.waiting, s.approve, State.ACTIVE, WELCOMED),
    "tell_outcome": Scenario(s.active_with_unsent, s.mend_the_mail, State.ACTIVE, WELCOMED, WITH_MAIL),
    "carry_signals": Scenario(s.waiting, s.approve_by_signal, State.ACTIVE, WELCOMED),
    "carry_update": Scenario(s.waiting, s.approve_by_update, State.ACTIVE, WELCOMED),
    "answer_forgotten_password": Scenario(s.active, s.forget, State.ACTIVE, RESET, WITH_MAIL),
    "tell_password_changed": Scenario(
        s.forgotten, s.reset, State.ACTIVE, (*RESET, ("invitee", Message.PASSWORD_CHANGED))
    ),
    "expire_password_link": Scenario(s.forgotten, s.let_the_link_die, State.ACTIVE, RESET),
}


@pytest.fixture(scope="module")
async def stack() -> AsyncIterator[OwnStack]:
    async with own_stack() as running:
        yield running


@pytest.fixture(scope="module")
async def mortal_house(stack: OwnStack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[House, Path]]:
    """A house whose worker dies where a file in the folder says so."""
    arms = tmp_path_factory.mktemp("arms")
    async with own_house(stack) as house:
        environment = stack.environment(house, DOORSTEP_SWEEP_SECONDS="0.5", DOORSTEP_DRAIN_SECONDS="2")
        with (tmp_path_factory.getbasetemp() / "killable.log").open("wb") as log:
            program = ("tests/faults/killable_worker.py", str(arms))
            worker = await stack.worker(environment, *program, log=log.fileno())
            yield house, arms
            worker.send_signal(signal.SIGTERM)
            try:
                assert await asyncio.wait_for(worker.wait(), 60) == 0
            finally:
                end_all(worker.pid)


def end_all(pid: int) -> None:
    """A worker that does not stop when it is told to fails this test, and holds up no other."""
    if psutil.pid_exists(pid):
        for process in (*psutil.Process(pid).children(), psutil.Process(pid)):
            process.kill()


def test_f01_every_activity_has_a_scenario() -> None:
    """F01: whoever writes an activity says here how it comes about, so that it is killed like the others."""
    assert set(ACTIVITIES) == set(SCENARIOS)


@pytest.mark.parametrize("name", ACTIVITIES)
async def test_f01_the_worker_dies_at_every_moment(mortal_house: tuple[House, Path], name: str) -> None:
    """F01: SIGKILL before an activity, after a mail was taken, and after it: one outcome, and all copies identical."""
    (house, arms), scenario = mortal_house, SCENARIOS[name]
    house.smtp.mode = ACCEPT
    for moment in scenario.moments:
        (arms / f"{name}.{moment}").touch()

    subjects = await asyncio.gather(*(play(house, scenario) for _ in scenario.moments))

    await eventually(lambda: none_left(arms), "the worker to have died at every moment")
    for subject in subjects:
        await scenario.holds(house, subject)


async def play(house: House, scenario: Scenario) -> Subject:
    office = await house.office(**scenario.rules)  # type: ignore[arg-type]
    draft = await house.doorstep.invite(office=office, email=f"ana@{office}.example", is_draft=True)
    subject = Subject(office, draft)
    await scenario.prepare(house, subject)
    await scenario.act(house, subject)
    return subject


async def none_left(arms: Path) -> bool | None:
    return None if list(arms.glob("*")) else True  # noqa: ASYNC240 - a handful of files
