"""What the history of a workflow says: its events, what of them is billed, and whether a task of it ever failed."""

from collections import Counter

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

from doorstep.domain.invitation import Invitation
from tests.house import House

BILLED = {
    "WORKFLOW_EXECUTION_STARTED",
    "TIMER_STARTED",
    "ACTIVITY_TASK_SCHEDULED",
    "WORKFLOW_EXECUTION_SIGNALED",
    "WORKFLOW_EXECUTION_UPDATE_ACCEPTED",
    "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES",
}
"""What Temporal Cloud counts as an Action, besides each retry of an activity."""

OF_THE_TESTS = {"WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED", "WORKFLOW_EXECUTION_OPTIONS_UPDATED"}
"""Written by the tests' own clock; no production has it."""

TASK = {"WORKFLOW_TASK_SCHEDULED", "WORKFLOW_TASK_STARTED", "WORKFLOW_TASK_COMPLETED"}
"""What one task of a workflow writes."""


async def history_of(house: House, invitation: Invitation) -> WorkflowHistory:
    """The history of the newest run."""
    return await house.handle(invitation).fetch_history()


def name_of(event: HistoryEvent) -> str:
    """The type of an event, without its prefix."""
    return EventType.Name(event.event_type).removeprefix("EVENT_TYPE_")


def names(history: WorkflowHistory) -> Counter[str]:
    """How often each type occurs, without what the tests' clock brought."""
    return Counter(_without_the_clock([name_of(event) for event in history.events]))


def _without_the_clock(ordered: list[str]) -> list[str]:
    """Without the clock's events, and without the tasks that nothing else gave rise to.

    An event that comes while a task is under way waits for its end, and one more task follows it: on a machine with
    much to do, moving time costs three events that no production pays for.
    """
    kept: list[str] = []
    due_to_clock = 0
    for before, name in zip(["", *ordered], ordered, strict=False):
        if before in OF_THE_TESTS and name == "WORKFLOW_TASK_SCHEDULED":
            due_to_clock = len(TASK)
        if due_to_clock and name in TASK:
            due_to_clock -= 1
        elif name not in OF_THE_TESTS:
            kept.append(name)
    return kept


def actions(history: WorkflowHistory) -> Counter[str]:
    """What is billed, by type; a signal that comes with the start is one Action with it."""
    counted = Counter({name: count for name, count in names(history).items() if name in BILLED})
    retries = [event.activity_task_started_event_attributes.attempt - 1 for event in history.events]
    counted["ACTIVITY_RETRIES"] = sum(retry for retry in retries if retry > 0)
    return +counted


def table(history: WorkflowHistory) -> str:
    """Every type with its count, and whether it is billed; for the message of a failed test."""
    billed = actions(history)
    lines = [f"{count:4}  {billed.get(name, 0):4}  {name}" for name, count in names(history).most_common()]
    return "\n".join(["events  actions", *lines, f"{names(history).total():4}  {billed.total():4}  in all"])


async def assert_healthy(house: House, invitation: Invitation) -> None:
    """No task of the workflow ever failed, whatever was sent to it."""
    failed = names(await history_of(house, invitation))["WORKFLOW_TASK_FAILED"]
    assert failed == 0, f"{failed} workflow tasks failed"
