"""Deciding with the `temporal` command line alone: what works, and what no typo can break."""

import asyncio
import json
from typing import Any

import pytest

from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.permissions import permissions_of
from doorstep.domain.states import State
from tests.faults.misbehaving_smtp import ACCEPT, DEFER_451
from tests.histories import assert_healthy, history_of, names
from tests.house import House, eventually
from tests.members import boss_of, granted, refusals
from tests.temporal_cli import Given, query, signal, temporal, update

GOOD: dict[str, Any] = {"approver": "BOSS"}

REFUSED: dict[str, tuple[str, tuple[Given, ...]]] = {
    "nothing": ("approver_missing", ()),
    "two_values": ("malformed", (GOOD, GOOD)),
    "text": ("malformed", ('"BOSS"',)),
    "number": ("malformed", ("5",)),
    "list": ("malformed", (json.dumps([GOOD]),)),
    "null": ("approver_missing", ("null",)),
    "empty_object": ("approver_missing", ({},)),
    "approver_is_a_number": ("malformed", ({"approver": 5},)),
    "approver_is_blank": ("approver_missing", ({"approver": "  "},)),
    "permissions_are_a_text": ("malformed", (GOOD | {"permissions": "invoices"},)),
    "unknown_permission": ("unknown_permission", (GOOD | {"permissions": ["invoices", "moon"]},)),
    "stranger": ("not_an_approver", ({"approver": "stranger@example.org"},)),
    "unicode": ("not_an_approver", ({"approver": "🦀 Ω≈ç√∫ \u202e"},)),
    "nul": ("malformed", ({"approver": "BOSS\0"},)),
    "half_a_surrogate_pair": ("malformed", (r'{"approver": "BOSS\ud800"}',)),
    "large": ("malformed", (json.dumps("x" * 100_000),)),
}


NO_SUCH = "encoding=no/such"


def typed(given: tuple[Given, ...], invitation: Invitation) -> list[Given]:
    """What is typed, with the administrator of this office in it."""
    texts = [each if isinstance(each, str) else json.dumps(each) for each in given]
    return [text.replace("BOSS", boss_of(invitation)) for text in texts]


async def approve_well(house: House, invitation: Invitation) -> None:
    """A good approval still works, and no task ever failed."""
    said = await signal(house, invitation, "approve", {"approver": boss_of(invitation)})
    assert said.status == 0, said
    await house.until_state(invitation, State.ACTIVE)
    await assert_healthy(house, invitation)


async def test_a_signal_approves(house: House) -> None:
    """S4.43, S4.44, decision 6: one line in a terminal approves, and the permissions asked for are granted."""
    invitation = await house.waiting(await house.office())

    said = await signal(house, invitation, "approve", {"approver": boss_of(invitation)})

    assert (said.status, said.err) == (0, "")
    active = await house.until_state(invitation, State.ACTIVE)
    assert active.decided_by == boss_of(invitation)
    assert await granted(house, invitation) == [permissions_of([])]
    assert await house.handle(invitation).result() == {"state": "active"}


async def test_a_signal_approves_with_other_permissions(house: House) -> None:
    """S4.42: the permissions that the administrator names are granted, and no others."""
    invitation = await house.waiting(await house.office())
    decision = {"approver": boss_of(invitation).upper(), "permissions": ["messages", "invoices"], "note": "as agreed"}

    await signal(house, invitation, "approve", decision)

    active = await house.until_state(invitation, State.ACTIVE)
    assert await granted(house, invitation) == [{"invoices", "messages"}]
    assert active.decision_note == "as agreed"


async def test_an_update_approves_and_answers(house: House) -> None:
    """S4.43: an update carries the same object and prints where the invitation stands."""
    invitation = await house.waiting(await house.office())

    said = await update(house, invitation, "approve", {"approver": boss_of(invitation), "permissions": ["invoices"]})

    assert said.status == 0, said
    assert said.json["result"] == {"state": "active", "waiting_for": "nothing: it has come to its end"}
    assert await granted(house, invitation) == [{"invoices"}]


@pytest.mark.parametrize("case", REFUSED)
async def test_a_bad_approval_is_refused_and_breaks_nothing(house: House, case: str) -> None:
    """T21, F18, decision 7: signal or update, it is recorded, shown and explained; a good one still works."""
    code, given = REFUSED[case]
    invitation = await house.waiting(await house.office())
    words = typed(given, invitation)

    signalled = await signal(house, invitation, "approve", *words)
    await house.until(invitation, lambda row: row.last_refusal == code)
    updated = await update(house, invitation, "approve", *words)

    assert signalled.status == 0, signalled
    assert updated.status == 1
    assert f"type: {code}" in updated.err
    [status] = (await query(house, invitation)).json["queryResult"]
    assert (status["state"], status["last_refusal"]) == ("awaiting_approval", code)
    entries = await refusals(house, invitation)
    assert [(e.via, e.code, e.detail["command"]) for e in entries] == [("temporal", code, "approve")] * 2
    assert all(str(e.detail["identity"]).startswith("temporal-cli:") for e in entries)
    claims_a_name = code in ("not_an_approver", "unknown_permission")
    assert all(("temporal-cli:" in e.actor) is not claims_a_name for e in entries)
    await approve_well(house, invitation)


async def test_a_payload_of_an_unknown_kind_is_refused(house: House) -> None:
    """F18, decision 7: what no converter can read is malformed, however many values it has."""
    invitation = await house.waiting(await house.office())

    one = await update(house, invitation, "approve", GOOD, meta=NO_SUCH)
    two = await update(house, invitation, "approve", GOOD, GOOD, meta=NO_SUCH)
    await signal(house, invitation, "approve", GOOD, meta=NO_SUCH)
    await signal(house, invitation, "approve", GOOD, GOOD, meta=NO_SUCH)

    assert one.status == two.status == 1
    assert "type: malformed" in one.err
    await approve_well(house, invitation)
    assert [entry.code for entry in await refusals(house, invitation)] == ["malformed"] * 3


async def test_an_early_approval_is_refused_and_never_kept(house: House) -> None:
    """Decision 7, T21: before the set-up there is nothing to approve; afterwards it still waits for somebody."""
    invitation = await house.pending(await house.office())

    said = await update(house, invitation, "approve", {"approver": boss_of(invitation)})
    await signal(house, invitation, "approve", {"approver": boss_of(invitation)})

    async def refused_twice() -> bool | None:
        return len(await refusals(house, invitation)) == 2 or None

    await eventually(refused_twice, "the update and the signal to be refused")
    await house.set_up(invitation)

    assert said.status == 1
    assert "type: not_set_up_yet" in said.err
    assert (await house.doorstep.show(invitation.id)).state is State.AWAITING_APPROVAL
    await approve_well(house, invitation)


async def test_a_second_decision_is_refused_with_the_first_one_standing(house: House) -> None:
    """Decision 7, S4.46: who comes second hears that it is decided; nothing is undone."""
    office = await house.office(approvers=2)
    invitation = await house.waiting(office)
    first, second = invitation.office.approvers
    house.smtp.mode = DEFER_451  # it stays open: the last mails still have to go out
    await signal(house, invitation, "approve", {"approver": first})
    await house.until(invitation, lambda row: row.state is State.ACTIVE)

    said = await update(house, invitation, "reject", {"approver": second})
    house.smtp.mode = ACCEPT

    assert said.status == 1
    assert "type: already_decided" in said.err
    assert first not in said.err
    row = await house.until_state(invitation, State.ACTIVE)
    assert (row.decided_by, row.last_refusal) == (first, "already_decided")
    assert Message.REJECTED not in {delivery.message for delivery in row.deliveries}


async def test_after_the_end_the_command_line_says_so(house: House) -> None:
    """F18: a message to a workflow that has ended is refused by the server, in words."""
    invitation = await house.waiting(await house.office())
    await approve_well(house, invitation)
    await house.handle(invitation).result()

    signalled = await signal(house, invitation, "approve", {"approver": boss_of(invitation)})
    updated = await update(house, invitation, "approve", {"approver": boss_of(invitation)})

    assert signalled.status == updated.status == 1
    assert "already completed" in signalled.err
    assert "already completed" in updated.err


async def test_unknown_names_and_payloads_for_wake_do_no_harm(house: House) -> None:
    """F18: an unknown signal, an unknown update, `wake` and `status` with anything: the workflow goes on."""
    invitation = await house.waiting(await house.office())

    said = [
        await signal(house, invitation, "aprove", {"approver": boss_of(invitation)}),
        await signal(house, invitation, "wake", "5", '{"a": [1, 2]}'),
        await signal(house, invitation, "wake", "5", meta=NO_SUCH),
        await query(house, invitation, '"junk"', "{}"),
    ]
    unknown = await update(house, invitation, "aprove", {"approver": boss_of(invitation)})

    assert [each.status for each in said] == [0, 0, 0, 0]
    assert said[3].json["queryResult"][0]["state"] == "awaiting_approval"
    assert unknown.status == 1
    assert "known updates: [approve reject resend revoke]" in unknown.err
    assert await refusals(house, invitation) == []
    await approve_well(house, invitation)


async def test_a_thousand_signals_are_weathered(house: House) -> None:
    """T21: a flood is refused one by one, the history stays far below its limit, and a good approval follows."""
    invitation = await house.waiting(await house.office())
    handle = house.handle(invitation)
    junk: list[Any] = [None, 5, {}, {"approver": "stranger@example.org"}]

    for _ in range(50):
        await asyncio.gather(*(handle.signal("approve", each) for each in junk * 5))
    await handle.signal("approve", {"approver": boss_of(invitation)})
    assert await handle.result() == {"state": "active"}

    codes = [entry.code for entry in await refusals(house, invitation)]
    assert {code: codes.count(code) for code in set(codes)} == {
        "approver_missing": 500,
        "malformed": 250,
        "not_an_approver": 250,
    }
    counted = names(await history_of(house, invitation))
    assert counted["WORKFLOW_TASK_FAILED"] == 0
    assert counted.total() < 6_000  # the server warns at 10,240


async def test_status_answers_everything_that_the_design_names(house: House) -> None:
    """S4.43: the query says where it stands, since when, what it waits for, and what can be done."""
    invitation = await house.waiting(await house.office())

    said = await temporal(
        house, "workflow", "query", "--workflow-id", invitation.workflow_id, "--name", "status", "--output", "json"
    )

    [status] = said.json["queryResult"]
    assert status.keys() == {
        *("state", "since", "waiting_for", "expires_at"),
        *("deliveries", "attention", "allowed_commands", "last_refusal"),
    }
    assert status["allowed_commands"] == ["revoke", "approve", "reject"]
    assert status["deliveries"] == {"invitation": "sent", "set_up_received": "sent", "approval_needed": "sent"}
