"""F22: every history that a release has written replays with the workflows of today.

A test that fails here says that invitations under way would get stuck: put the change behind `workflow.patched`, and
never record the history anew to make it pass, unless no release holds it yet.
"""

import base64
import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner
from temporalio.workflow import NondeterminismError

from activities.contracts import InvitationRef
from tests.replay.paths import NAMES
from workflows.registry import INTERCEPTORS, WORKFLOWS

HISTORIES = Path(__file__).with_name("histories")
ADDRESS = re.compile(r"[^\s@\"'<>{}\\]+@[\w.-]+")


def text_of(name: str) -> str:
    """A recorded history, as it lies there."""
    return (HISTORIES / f"{name}.json").read_text(encoding="utf-8")


def started_as(name: str) -> str:
    """The type of the workflow that a history is of."""
    first = json.loads(text_of(name))["events"][0]
    return str(first["workflowExecutionStartedEventAttributes"]["workflowType"]["name"])


@pytest.mark.parametrize("name", NAMES)
async def test_a_recorded_history_replays(name: str) -> None:
    """F22: today's code takes every decision that the history holds."""
    replayer = Replayer(workflows=list(WORKFLOWS), interceptors=list(INTERCEPTORS))

    await replayer.replay_workflow(WorkflowHistory.from_json(name, text_of(name)))


def test_every_path_is_recorded_and_nothing_else_lies_there() -> None:
    """F22: a path that is added is recorded, one that is dropped is taken away on purpose."""
    recorded = {path.stem for path in HISTORIES.glob("*.json")}

    assert recorded == set(NAMES)
    assert len(recorded) >= 29


def test_every_registered_workflow_is_replayed() -> None:
    """F22: a new workflow needs a history."""
    registered = {workflow._Definition.must_from_class(each).name for each in WORKFLOWS}

    assert {started_as(name) for name in NAMES} == registered


@workflow.defn(name="InvitationWorkflow")
class Changed:
    """What a careless change could make of it."""

    @workflow.run
    async def run(self, _ref: InvitationRef) -> None:
        """Wait where the real one sends."""
        await workflow.sleep(60)


async def test_the_replay_notices_a_change() -> None:
    """F22: the gate closes: other commands than those recorded are an error."""
    replayer = Replayer(workflows=[Changed], workflow_runner=UnsandboxedWorkflowRunner())

    with pytest.raises(NondeterminismError):
        await replayer.replay_workflow(WorkflowHistory.from_json("changed", text_of("active_by_wake")))


def texts(value: Any) -> Iterator[str]:
    """Every text in a history, payloads decoded."""
    match value:
        case {"data": str(data), **others}:
            yield base64.b64decode(data).decode()
            yield from texts(others)
        case dict():
            for each in value.values():
                yield from texts(each)
        case list():
            for each in value:
                yield from texts(each)
        case str():
            yield value


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_history_holds_nobody_and_no_machine(name: str) -> None:
    """T03: it can be published: no path, no host, and no address but the examples that somebody signalled."""
    found = list(texts(json.loads(text_of(name))))

    addresses = {each for text in found for each in ADDRESS.findall(text)} - {"1@machine"}
    assert {address.rpartition(".")[2] for address in addresses} <= {"example", "org"}
    assert all(address.endswith((".example", "@example.org")) for address in addresses)
    host = socket.gethostname()
    assert not [text for text in found if host == text or f"@{host}" in text or ".py" in text or "/home/" in text]
