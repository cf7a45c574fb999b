"""Workflows that are lost or failing, as `stuck` finds them and `restart` or the next deploy mends them."""

import asyncio
import shlex
from collections.abc import AsyncIterator

import pytest
import uuid_utils.compat as uuid_utils
from temporalio import workflow
from temporalio.client import WorkflowExecutionStatus
from temporalio.worker import Worker

from doorstep.domain.messages import Message
from doorstep.domain.states import State
from starter import comparing, visibility
from starter.troubles import Explanation
from tests.command_line import CommandLine
from tests.faults.own_stack import OwnStack, own_house, own_stack
from tests.functional.trouble import MINUTE, found, grow_older, kinds, listed, settled, terminate
from tests.house import House, eventually, work
from tests.temporal_cli import temporal
from workflows.attributes import TASK_QUEUE


@workflow.defn(name="InvitationWorkflow", sandboxed=False)
class Raising:
    """The workflow as a bad deploy brings it."""

    @workflow.run
    async def run(self, _ref: object) -> None:
        """Fail the task."""
        raise RuntimeError("a bug that was deployed")


@workflow.defn(name="PasswordLinkWorkflow", sandboxed=False)
class RaisingPasswordLink(Raising):
    """The other one, from the same deploy."""

    @workflow.run
    async def run(self, ref: object) -> None:
        """Fail the task."""
        await super().run(ref)


@pytest.fixture(scope="module")
async def stack() -> AsyncIterator[OwnStack]:
    async with own_stack() as running:
        yield running


@pytest.fixture(scope="module")
async def house(stack: OwnStack) -> AsyncIterator[House]:
    """Servers of our own, whose rows and workflows may be bent, with nobody at work and without a sweep."""
    async with own_house(stack) as built:
        yield built


async def test_f29_a_terminated_workflow_is_found_and_started_again(house: House, doorstep: CommandLine) -> None:
    """F29, F21: the row is open, nothing runs for it; the printed command starts it, audited, and the way goes on."""
    invitation = await settled(house)
    await terminate(house, invitation)

    [stuck] = (await doorstep.done("stuck", "--office", invitation.office.code))["stuck"]
    [command] = stuck["commands"]
    done = await doorstep.done(*shlex.split(command)[1:], "--as", "tess")
    again = await doorstep.done("restart", str(invitation.id))

    assert [each["kind"] for each in stuck["troubles"]] == ["workflow_missing"]
    assert stuck["sentences"][1].startswith("Its workflow was terminated at ")
    assert command == f"doorstep restart {invitation.id}"
    assert (done["is_restarted"], again["is_restarted"]) == (True, False)
    records = [
        (each.actor, each.via) for each in await house.doorstep.audit(invitation.id) if "restarted" in each.event
    ]
    assert records == [("tess", "cli")]
    assert await found(house, invitation) == []
    async with work(house):
        await house.set_up(invitation)
        await house.doorstep.approve(invitation.id, approver=f"boss1@{invitation.office.code}.example")
        await house.until_state(invitation, State.ACTIVE)
    assert len(house.mails(invitation.address, Message.INVITATION)) == 1


async def test_of_many_restarts_at_once_one_starts(house: House) -> None:
    """F17: Temporal runs one workflow under an id, however many people type the command."""
    invitation = await settled(house)
    await terminate(house, invitation)

    done = await asyncio.gather(*(house.doorstep.restart(invitation.id) for _ in range(5)))

    query = f"WorkflowId = '{invitation.workflow_id}' AND ExecutionStatus = 'Running'"
    await listed(house, invitation, WorkflowExecutionStatus.RUNNING)
    assert any(each.is_new for each in done)
    assert len([each async for each in house.client.list_workflows(query)]) == 1


async def test_what_has_ended_or_not_begun_is_not_started(house: House, doorstep: CommandLine) -> None:
    """F29, invariant 5: a revoked invitation and a draft need no workflow; the refusal says why and is recorded."""
    office = await house.office()
    draft = await house.doorstep.invite(office=office, email="ben@example.org", is_draft=True)
    async with work(house):
        ended = await house.pending(office)
        await house.doorstep.revoke(ended.id)
        await house.handle(ended).result()

    refused = await doorstep.refused("restart", str(ended.id))
    too_early = await doorstep.refused("restart", str(draft.id))

    assert (refused["code"], refused["status"]) == ("nothing_to_do", 409)
    assert refused["message"].startswith("It is revoked")
    assert f"doorstep send {draft.id}" in too_early["message"]
    assert (await house.events(ended))[-1] == "command.refused"
    described = await house.handle(ended).describe()
    assert described.status is WorkflowExecutionStatus.COMPLETED


async def test_f21_a_workflow_that_its_worker_cannot_run_is_found_and_goes_on_after_the_next_deploy(
    house: House,
) -> None:
    """F21: a bad deploy is told within seconds although the row looks well; the mended one carries on, one mail."""
    office = await house.office()
    invitation = await house.doorstep.invite(office=office, email=f"ana@{office}.example")
    async with Worker(house.client, task_queue=TASK_QUEUE, workflows=[Raising]):

        async def flagged() -> Explanation | None:
            return next(iter(await found(house, invitation)), None)

        stuck = await eventually(flagged, "the failing workflow to be reported")
        why = await house.doorstep.why(invitation.id)

    assert stuck.id == invitation.id
    assert kinds([stuck, why]) == ["workflow_failing", "workflow_failing"]
    assert "The worker has failed the task of its workflow" in why.sentences[1]
    assert why.commands[0].startswith(f"temporal workflow show --workflow-id {invitation.workflow_id} --address 127.")
    async with work(house):
        await house.until_state(invitation, State.PENDING)
    assert len(house.mails(invitation.address)) == 1


async def test_f29_a_workflow_without_a_row_is_found_and_ended(house: House) -> None:
    """F29: the backup is older than the invitation; the printed line ends the workflow that nobody needs."""
    identifier = uuid_utils.uuid7()
    name = f"invitation-{identifier}"
    await house.client.start_workflow("InvitationWorkflow", id=name, task_queue=TASK_QUEUE)

    async def look() -> Explanation | None:
        listed = [each async for each in house.doorstep.stuck() if each.id == identifier]
        return listed[0] if listed else None

    stuck = await eventually(look, "the workflow to be listed")
    said = await temporal(house, *shlex.split(stuck.commands[0])[1:-2], "--reason", "gone")

    assert (stuck.invitation, kinds([stuck])) == (None, ["row_missing"])
    assert said.status == 0, said.err
    described = await house.client.get_workflow_handle(name).describe()
    assert described.status is WorkflowExecutionStatus.TERMINATED


async def test_rows_and_workflows_are_compared_page_by_page(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """F26: slices smaller than what is there find the same, counted first or not; the progress ends at the whole."""
    office = await house.office()
    async with work(house):
        sent = [await house.pending(office) for _ in range(8)]
    for each in sent:
        await grow_older(house, each, 2 * MINUTE)
    lost = [sent[0], sent[2], sent[3], sent[7]]
    for each in lost:
        await terminate(house, each)
    monkeypatch.setattr(comparing, "SLICE", 3)
    monkeypatch.setattr(visibility, "PAGE", 2)
    steps: list[tuple[int, int]] = []

    survey = await house.doorstep.survey(office=office, progress=lambda done, of: steps.append((done, of)))
    cut = await house.doorstep.survey(office=office, limit=2)
    monkeypatch.setattr(comparing, "NEWEST", 2)
    counted = await house.doorstep.survey(office=office)

    assert [each.id for each in survey.found] == [each.id for each in lost]
    assert [each.id for each in counted.found] == [each.id for each in lost]
    assert steps == [(3, 8), (6, 8), (8, 8)]
    assert (survey.has_more, cut.has_more, len(cut.found)) == (False, True, 2)


async def test_a_workflow_of_another_kind_that_fails_is_told_too(house: House, doorstep: CommandLine) -> None:
    """F21: a forgotten password must not wait unseen because it belongs to no invitation."""
    name = f"password-link-{uuid_utils.uuid7()}"
    await house.client.start_workflow("PasswordLinkWorkflow", None, id=name, task_queue=TASK_QUEUE)
    try:
        async with Worker(house.client, task_queue=TASK_QUEUE, workflows=[RaisingPasswordLink]):

            async def reported() -> bool | None:
                survey = await house.doorstep.survey()
                return True if name in survey.other_workflows else None

            await eventually(reported, "the failing workflow to be reported")
            shown = await doorstep("stuck")
    finally:
        await house.client.get_workflow_handle(name).terminate()

    assert f"temporal workflow show --workflow-id {name}" in shown.out
