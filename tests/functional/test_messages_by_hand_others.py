"""The other commands of the `temporal` command line, what the Temporal UI shows, and switching all of it off."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from activities.contracts import Carried, SignalsRef, UpdateRef
from activities.decisions import DecisionActivities
from activities.invitations import InvitationActivities
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from doorstep.mail.smtp import Mailer
from doorstep.text.texter import Texter
from tests.histories import assert_healthy, history_of, name_of, names
from tests.house import House, eventually, text_of
from tests.members import boss_of, refusals, user_named
from tests.temporal_cli import Given, query, signal, temporal, update
from worker import build_post

AT_ONCE = timedelta(0)


async def test_a_signal_rejects_with_a_reason(house: House) -> None:
    """S4.46: a rejection deletes the user in the same step and mails the reason."""
    invitation = await house.waiting(await house.office())

    await signal(house, invitation, "reject", {"approver": boss_of(invitation), "reason": "Not one of ours."})

    await house.until_state(invitation, State.REJECTED)
    mail = await house.mail_of(invitation, Message.REJECTED)
    assert "Not one of ours." in text_of(mail)
    assert await user_named(house, invitation.address) is None
    assert await house.handle(invitation).result() == {"state": "rejected"}
    await assert_healthy(house, invitation)


async def test_an_update_rejects_silently(house: House) -> None:
    """S4.46: asked to be silent, it deletes the user and mails nothing."""
    invitation = await house.waiting(await house.office())

    said = await update(house, invitation, "reject", {"approver": boss_of(invitation), "silent": True})

    assert said.json["result"]["state"] == "rejected"
    assert await house.handle(invitation).result() == {"state": "rejected"}
    assert await user_named(house, invitation.address) is None
    assert house.mails(invitation.address, Message.REJECTED) == []


@pytest.mark.parametrize("given", [(), ({"by": "clerk@office.example"},), ("null",)], ids=["blank", "by", "null"])
async def test_a_signal_resends(house: House, given: tuple[Any, ...]) -> None:
    """Decision 3: it makes a new generation; nothing has to be typed, and a name is taken as the actor's."""
    invitation = await house.pending(await house.office(resend_cooldown=AT_ONCE))

    await signal(house, invitation, "resend", *given)

    resent = await house.until(invitation, lambda row: row.generation == 2 and not row.unsent())
    first, second = house.mails(invitation.address, Message.INVITATION)
    assert house.token(first) != house.token(second)
    [entry] = [each for each in await house.doorstep.audit(resent.id) if each.event == "invitation.resent"]
    assert entry.via == "temporal"
    assert entry.actor == ("clerk@office.example" if given and "by" in given[0] else entry.detail["identity"])


async def test_an_update_that_resends_too_soon_says_when(house: House) -> None:
    """Decision 3: an inbox is not flooded; the answer says how long to wait, and afterwards it works."""
    invitation = await house.pending(await house.office())

    refused = await update(house, invitation, "resend")
    await house.pass_time(invitation, timedelta(seconds=61))
    resent = await update(house, invitation, "resend")

    assert refused.status == 1
    assert "try again in" in refused.err
    assert "type: too_soon" in refused.err
    assert resent.json["result"]["state"] == "pending"
    assert (await house.doorstep.show(invitation.id)).generation == 2


async def test_a_resend_after_the_set_up_points_to_the_administrators(house: House) -> None:
    """F18: whoever has set up a user needs no link; the answer offers to remind the administrators."""
    invitation = await house.waiting(await house.office(resend_cooldown=AT_ONCE))

    said = await update(house, invitation, "resend")

    assert said.status == 1
    assert "type: already_accepted" in said.err
    assert "administrators can be reminded" in said.err


async def test_signal_and_update_revoke(house: House) -> None:
    """S2.10: from any open state it is taken back, with what was set up."""
    office = await house.office()
    pending, waiting = await house.pending(office), await house.waiting(office)

    await signal(house, pending, "revoke")
    said = await update(house, waiting, "revoke", {"by": "clerk@office.example", "reason": "moved away"})

    await house.until_state(pending, State.REVOKED)
    assert said.json["result"]["state"] == "revoked"
    assert await user_named(house, waiting.address) is None
    for each in (pending, waiting):
        assert await house.handle(each).result() == {"state": "revoked"}
    assert (await house.doorstep.show(waiting.id)).decision_note == "moved away"


@pytest.mark.parametrize("command", ["resend", "revoke"])
async def test_commands_without_an_approver_read_their_json_strictly_too(house: House, command: str) -> None:
    """T21, F18: a wrong type is refused, never guessed at, although every field is optional."""
    invitation = await house.pending(await house.office(resend_cooldown=AT_ONCE))
    junk: list[Given] = ['"x"', "7", "[]", {"by": 5}, {"reason": []}]

    said = [await update(house, invitation, command, each) for each in junk]

    assert [each.status for each in said] == [1] * 5
    assert all("type: malformed" in each.err for each in said)
    row = await house.doorstep.show(invitation.id)
    assert (row.state, row.generation, row.last_refusal) == (State.PENDING, 1, "malformed")
    await assert_healthy(house, invitation)


async def test_metadata_shows_what_to_paste(house: House) -> None:
    """Decision 7, S4.43: the details say what it waits for with the exact JSON, and every handler explains itself."""
    invitation = await house.waiting(await house.office())

    words = ("--workflow-id", invitation.workflow_id, "--output", "json")
    [shown] = (await temporal(house, "workflow", "metadata", *words)).json["queryResult"]
    described = (await temporal(house, "workflow", "describe", *words)).json

    assert '`approve`: `{"approver": "you@office.example"}`' in shown["currentDetails"]
    assert "Waiting for a username administrator" in shown["currentDetails"]
    for kind in ("signalDefinitions", "updateDefinitions"):
        own = {each["name"]: each["description"] for each in shown["definition"][kind]}
        assert own.keys() >= {"approve", "reject", "resend", "revoke"}
        assert all(own.values())
    summary = described["executionConfig"]["userMetadata"]["summary"]
    assert summary == f"Invitation of office {invitation.office.code}"


async def test_what_is_pasted_from_the_details_works(house: House) -> None:
    """S4.43: the JSON in the current details, with one's own address in it, approves."""
    invitation = await house.waiting(await house.office())
    words = ("--workflow-id", invitation.workflow_id, "--output", "json")
    [shown] = (await temporal(house, "workflow", "metadata", *words)).json["queryResult"]
    line = next(line for line in shown["currentDetails"].splitlines() if "`approve`" in line)
    pasted = line.split("`")[3].replace("you@office.example", boss_of(invitation))

    said = await update(house, invitation, "approve", pasted)

    assert said.json["result"]["state"] == "active"


async def timers(house: House, invitation: Invitation, number: int) -> None:
    """Wait until the workflow has started that many timers."""

    async def look() -> bool | None:
        return names(await history_of(house, invitation))["TIMER_STARTED"] == number or None

    await eventually(look, f"timer {number}")


async def test_every_timer_and_activity_has_a_summary(house: House) -> None:
    """S4.43: the history of the UI reads like a story: no timer and no activity without its line."""
    invitation = await house.pending(await house.office())
    await timers(house, invitation, 1)  # whoever comes sooner keeps a timer from being started
    await house.set_up(invitation)
    await timers(house, invitation, 2)
    await update(house, invitation, "approve", {"approver": boss_of(invitation)})

    events = (await history_of(house, invitation)).events

    told = [e for e in events if name_of(e) in {"TIMER_STARTED", "ACTIVITY_TASK_SCHEDULED"}]
    assert len(told) == 5
    assert all(event.user_metadata.summary.data for event in told)


@pytest.fixture
async def environment(house: House) -> AsyncIterator[tuple[ActivityEnvironment, Mailer]]:
    """Where an activity runs without a worker, and what it sends with."""
    async with Mailer.of(house.settings) as mailer:
        yield ActivityEnvironment(client=house.client), mailer


async def step_into(
    environment: ActivityEnvironment, house: House, invitation: Invitation, *, attempt: int
) -> ActivityEnvironment:
    """The environment as an activity of that workflow sees it."""
    run = (await house.handle(invitation).describe()).run_id
    environment.info = replace(
        environment.info, workflow_id=invitation.workflow_id, workflow_run_id=run, attempt=attempt
    )
    return environment


def decisions(house: House, mailer: Mailer, policy: str) -> DecisionActivities:
    """The activities as a worker with that setting has them."""
    post = build_post(house.engine, mailer, Texter.of(house.settings), house.settings)
    return DecisionActivities(post, InvitationActivities(post), policy=policy)


async def test_deny_refuses_even_a_listed_administrator(
    house: House, environment: tuple[ActivityEnvironment, Mailer]
) -> None:
    """T21: with DOORSTEP_OPERATOR_SIGNALS=deny nothing sent to Temporal decides anything, and each try is recorded."""
    invitation = await house.pending(await house.office())
    await signal(house, invitation, "approve", {"approver": boss_of(invitation)})
    await house.until(invitation, lambda row: row.last_refusal == "not_set_up_yet")
    await house.set_up(invitation)
    there = await step_into(environment[0], house, invitation, attempt=1)

    carried = await there.run(
        decisions(house, environment[1], "deny").carry_signals, SignalsRef(str(invitation.id), first=0)
    )

    row = await house.doorstep.show(invitation.id)
    assert carried.standing.last_refusal == "operator_signals_denied"
    assert (row.state, row.last_refusal) == (State.AWAITING_APPROVAL, "operator_signals_denied")
    assert [entry.code for entry in await refusals(house, invitation)] == ["not_set_up_yet", "operator_signals_denied"]


async def test_a_decision_whose_answer_was_lost_is_not_refused_as_a_second_one(
    house: House, environment: tuple[ActivityEnvironment, Mailer]
) -> None:
    """F01, decision 11: tried again after it was carried out, the same message answers as the first time."""
    invitation = await house.waiting(await house.office())
    await house.handle(invitation).execute_update("approve", {"approver": boss_of(invitation)}, id="one")
    before = await house.doorstep.audit(invitation.id)
    there = await step_into(environment[0], house, invitation, attempt=2)

    carried: Carried = await there.run(
        decisions(house, environment[1], "listed").carry_update, UpdateRef(str(invitation.id), "one")
    )

    assert (carried.standing.state, carried.refusal_code) == ("active", None)
    assert await house.doorstep.audit(invitation.id) == before


async def test_query_works_on_a_workflow_that_has_ended(house: House) -> None:
    """S4.43: support still sees how it ended."""
    invitation = await house.pending(await house.office())
    await update(house, invitation, "revoke")
    await house.handle(invitation).result()

    [status] = (await query(house, invitation)).json["queryResult"]

    assert (status["state"], status["waiting_for"]) == ("revoked", "nothing: it has come to its end")
