"""`doorstep stuck`, `why` and `restart` against real servers: each finding, and the printed command that mends it."""

import asyncio
import shlex
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest
import uuid_utils.compat as uuid_utils
from sqlalchemy import text
from temporalio import workflow
from temporalio.client import WorkflowExecutionStatus
from temporalio.worker import Worker

from doorstep.domain.errors import Conflict, Unavailable
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from doorstep.local.clock import _move_rows
from starter import comparing, visibility
from starter.troubles import Explanation
from tests.breaking import activation_broken
from tests.command_line import CommandLine, environment
from tests.faults.misbehaving_smtp import ACCEPT, REFUSE_550
from tests.faults.own_stack import OwnStack, own_house, own_stack
from tests.house import House, eventually, work
from tests.temporal_cli import temporal
from workflows.attributes import TASK_QUEUE

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
AWAY = {"TEMPORAL_ADDRESS": "127.0.0.1:1"}


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


@pytest.fixture
def doorstep(house: House) -> CommandLine:
    """Somebody at a terminal of it."""
    return CommandLine(environment(house.settings, house.client.service_client.config.target_host))


async def grow_older(house: House, invitation: Invitation, by: timedelta) -> None:
    """Move the row alone, as if nobody had been at work meanwhile."""
    await _move_rows(house.settings.database_url.get_secret_value(), invitation.id, by)


async def settled(house: House, office: str = "") -> Invitation:
    """A pending invitation that its workflow knows all about, for longer than a minute; the worker is gone again."""
    async with work(house):
        invitation = await house.pending(office or await house.office())
        await house.until_state(invitation, State.PENDING)
    await grow_older(house, invitation, 2 * MINUTE)
    return invitation


async def waiting(house: House) -> Invitation:
    """An invitation that waits for approval; the worker is gone again."""
    async with work(house):
        return await house.waiting(await house.office())


async def found(house: House, invitation: Invitation) -> list[Explanation]:
    """What is stuck in the office of an invitation."""
    return [each async for each in house.doorstep.stuck(office=invitation.office.code)]


def kinds(explanations: list[Explanation]) -> list[str]:
    """The troubles, by their stable words."""
    return [trouble.kind.value for each in explanations for trouble in each.troubles]


async def listed(house: House, invitation: Invitation, status: WorkflowExecutionStatus) -> None:
    """Until the list of workflows, which follows by a moment, has the one of `invitation` with this status."""

    async def look() -> bool | None:
        query = f"WorkflowId = '{invitation.workflow_id}' AND ExecutionStatus = '{status.name.title()}'"
        return True if [each async for each in house.client.list_workflows(query)] else None

    await eventually(look, f"the list to say {status.name}")


async def terminate(house: House, invitation: Invitation) -> None:
    """End a workflow as somebody in the Temporal UI may."""
    await house.handle(invitation).terminate("by a test")
    await listed(house, invitation, WorkflowExecutionStatus.TERMINATED)


async def test_what_goes_well_is_not_listed(house: House, doorstep: CommandLine) -> None:
    """S3.2: an invitation whose workflow waits for the invitee needs nobody; Temporal was asked, and says so."""
    invitation = await settled(house)

    shown = await doorstep("stuck", "--office", invitation.office.code)
    data = await doorstep.done("stuck", "--office", invitation.office.code)
    why = await doorstep.done("why", str(invitation.id))

    assert (shown.status, shown.out.strip()) == (0, "Nothing is stuck.")
    assert data == {"stuck": [], "other_workflows": [], "is_temporal_asked": True, "has_more": False}
    assert (why["troubles"], why["commands"]) == ([], [f"doorstep resend {invitation.id}"])


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


async def test_f20_a_row_from_the_future_is_listed_with_what_it_says(house: House, doorstep: CommandLine) -> None:
    """F20: id, raw state and "upgrade Doorstep"; the other rows are listed as ever, and nothing crashes."""
    invitation = await settled(house)
    constraint = "ALTER TABLE invitations DROP CONSTRAINT ck_invitations_state"
    change = "UPDATE invitations SET state = :state WHERE id = :id"

    async def become(state: str, *statements: str) -> None:
        async def alter(tx: object) -> None:
            for each in (*statements, change):
                await tx.execute(text(each), {"state": state, "id": invitation.id})  # type: ignore[attr-defined]

        await house.run(alter)

    await become("paused", constraint)
    try:
        shown = await doorstep("stuck", "--office", invitation.office.code)
        why = await doorstep.done("why", str(invitation.id))
        refused = await doorstep.refused("show", str(invitation.id))
    finally:
        await become("pending")

    assert shown.out.splitlines()[0].split() == [str(invitation.id), "paused"]
    assert "upgrade Doorstep" in shown.out
    assert shown.err == ""
    assert (why["state"], why["troubles"][0]["kind"]) == ("paused", "row_unreadable")
    assert (refused["code"], refused["status"]) == ("row_unreadable", 409)


async def test_an_office_that_lost_its_administrators_is_found_without_a_flag(
    house: House, doorstep: CommandLine
) -> None:
    """S4.21, S4.23: the present list counts; the printed command, with an address, mends it."""
    invitation = await waiting(house)
    gone = text("DELETE FROM approvers WHERE office = :office")
    await house.run(lambda tx: tx.execute(gone, {"office": invitation.office.code}))

    [stuck] = await found(house, invitation)
    words = shlex.split(stuck.commands[0].replace("ADDRESS", "zoe@example.org"))[1:]
    mended = await doorstep(*words)

    assert (kinds([stuck]), (await house.doorstep.show(invitation.id)).attention) == (["no_approver"], ())
    assert mended.status == 0
    assert await found(house, invitation) == []


async def test_what_the_clock_says_is_found_although_nobody_raised_a_flag(house: House) -> None:
    """S4.43, F03: with no worker for days, an approval that is overdue and one that was never activated are listed."""
    overdue = await waiting(house)
    approved = await waiting(house)
    await grow_older(house, overdue, 73 * HOUR)
    await house.doorstep.approve(approved.id, approver=f"boss1@{approved.office.code}.example")
    await grow_older(house, approved, 2 * MINUTE)

    late, stalled = await found(house, overdue), await found(house, approved)

    assert (late[0].invitation.attention if late[0].invitation else None) == ()
    assert kinds(late) == ["approval_overdue"]
    assert late[0].commands == (f"doorstep approve {overdue.id} --as boss1@{overdue.office.code}.example",)
    assert kinds(stalled) == ["not_activated"]
    assert stalled[0].commands == ("doorstep doctor",)


async def test_f10_a_mail_that_nobody_tries_is_found_after_a_quarter_of_an_hour(house: House) -> None:
    """F10, F03: queued too long, with the hour on the clock of the office."""
    office = await house.office()
    invitation = await house.doorstep.invite(office=office, email=f"ana@{office}.example")
    await grow_older(house, invitation, 14 * MINUTE)
    early = [each for each in await found(house, invitation) if "mail_waiting" in kinds([each])]
    await grow_older(house, invitation, 2 * MINUTE)

    [stuck] = await found(house, invitation)

    assert kinds([stuck]) == ["mail_waiting", "change_unseen"]
    assert "it was not tried yet" in stuck.sentences[1]
    assert "NZ" in stuck.sentences[1]
    assert len(early) <= 1


async def test_s3_7_an_address_that_was_refused_is_shown_with_its_reply(house: House, doorstep: CommandLine) -> None:
    """S3.7, F12: the failed delivery is shown, and the printed command sends it elsewhere."""
    office = await house.office()
    async with work(house):
        house.smtp.mode = REFUSE_550
        invitation = await house.doorstep.invite(office=office, email=f"ana@{office}.example")
        await house.until(invitation, lambda row: "undeliverable" in row.attention and not row.unsent())
        house.smtp.mode = ACCEPT
        [stuck] = await found(house, invitation)
        words = shlex.split(stuck.commands[0].replace("NEW_ADDRESS", f"zoe@{office}.example"))[1:]
        mended = await doorstep(*words)
        await house.mail_of(invitation, Message.INVITATION, to=f"zoe@{office}.example")

    assert kinds([stuck]) == ["undeliverable"]
    assert "refused the address (address_refused, reply 550, tried once, at " in stuck.sentences[1]
    assert mended.status == 0
    assert await found(house, invitation) == []


async def test_an_activation_that_fails_is_told_with_its_tries(house: House) -> None:
    """F09, F16: flagged in the row, counted by Temporal; it works by itself once the cause is gone."""
    async with work(house):
        invitation = await house.waiting(await house.office())
        office = invitation.office.code
        async with activation_broken(house, office):
            await house.doorstep.approve(invitation.id, approver=f"boss1@{office}.example")

            async def failing() -> Explanation | None:
                why = await house.doorstep.why(invitation.id)
                return why if kinds([why]) == ["activation_failing"] and "so far" in why.sentences[1] else None

            why = await eventually(failing, "the activation to fail")
            stuck = await found(house, invitation)
        await house.until_state(invitation, State.ACTIVE)

    assert [each.id for each in stuck] == [invitation.id]
    assert why.commands == ("doorstep doctor",)


async def test_without_temporal_the_rows_are_still_told(house: House, doorstep: CommandLine) -> None:
    """F04: one line says what is not known; a restart is refused, and nothing is recorded as done."""
    invitation = await waiting(house)
    await grow_older(house, invitation, 73 * HOUR)
    office = invitation.office.code

    stuck = await doorstep("stuck", "--office", office, **AWAY)
    data = await doorstep("stuck", "--office", office, "--json", **AWAY)
    why = await doorstep("why", str(invitation.id), **AWAY)
    refused = await doorstep("restart", str(invitation.id), **AWAY)

    assert (stuck.status, stuck.err) == (0, "")
    assert "overdue" in stuck.out
    assert stuck.out.strip().splitlines()[-1].startswith("Temporal does not answer")
    assert data.json["is_temporal_asked"] is False
    assert [each["id"] for each in data.json["stuck"]] == [str(invitation.id)]
    assert "overdue" in why.out
    assert "Temporal does not answer" in why.out
    assert (refused.status, refused.err.startswith("Temporal does not answer")) == (1, True)
    assert "invitation.restarted" not in await house.events(invitation)


async def test_rows_and_workflows_are_compared_page_by_page(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """F26: slices smaller than what is there find the same, in every position; the progress ends at the whole."""
    office = await house.office()
    async with work(house):
        sent = [await house.pending(office) for _ in range(8)]
        for each in sent:
            await house.until_state(each, State.PENDING)
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

    assert [each.id for each in survey.found] == [each.id for each in lost]
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


async def test_an_unknown_invitation_or_office_is_refused(house: House, doorstep: CommandLine) -> None:
    """S3.2: nothing to explain is no explanation."""
    nobody = UUID(int=7)

    refused = [await doorstep.refused(command, str(nobody)) for command in ("why", "restart")]
    no_office = await doorstep.refused("stuck", "--office", "nowhere")

    assert [each["code"] for each in refused] == ["no_such_invitation"] * 2
    assert no_office["code"] == "no_such_office"
    with pytest.raises(Conflict) as closed:
        await house.doorstep.link((await waiting(house)).id)
    assert closed.value.code == "no_live_link"
    assert issubclass(visibility.TemporalAway, Unavailable)
