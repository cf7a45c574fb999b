"""`doorstep stuck` and `why` against real servers: what a row tells, and the printed command that mends it."""

import shlex
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from doorstep.domain.messages import Message
from doorstep.domain.states import State
from starter.troubles import Explanation
from tests.breaking import activation_broken
from tests.command_line import CommandLine
from tests.faults.misbehaving_smtp import ACCEPT, REFUSE_550
from tests.faults.own_stack import OwnStack, own_house, own_stack
from tests.functional.trouble import found, grow_older, kinds, settled, waiting
from tests.house import House, eventually, work

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
AWAY = {"TEMPORAL_ADDRESS": "127.0.0.1:1"}


@pytest.fixture(scope="module")
async def stack() -> AsyncIterator[OwnStack]:
    async with own_stack() as running:
        yield running


@pytest.fixture(scope="module")
async def house(stack: OwnStack) -> AsyncIterator[House]:
    """Servers of our own, whose rows and workflows may be bent, with nobody at work and without a sweep."""
    async with own_house(stack) as built:
        yield built


async def test_what_goes_well_is_not_listed(house: House, doorstep: CommandLine) -> None:
    """S3.2: an invitation whose workflow waits for the invitee needs nobody; Temporal was asked, and says so."""
    invitation = await settled(house)

    shown = await doorstep("stuck", "--office", invitation.office.code)
    data = await doorstep.done("stuck", "--office", invitation.office.code)
    why = await doorstep.done("why", str(invitation.id))

    assert (shown.status, shown.out.strip()) == (0, "Nothing is stuck.")
    assert data == {"stuck": [], "other_workflows": [], "is_temporal_asked": True, "has_more": False}
    assert (why["troubles"], why["commands"]) == ([], [f"doorstep resend {invitation.id}"])


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
    seen = text("UPDATE invitations SET seen_rev = rev WHERE id = :id")  # and then the worker died
    await house.run(lambda tx: tx.execute(seen, {"id": approved.id}))
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


async def test_an_unknown_invitation_or_office_is_refused(house: House, doorstep: CommandLine) -> None:
    """S3.2: nothing to explain is no explanation."""
    nobody = UUID(int=7)

    refused = [await doorstep.refused(command, str(nobody)) for command in ("why", "restart")]
    no_office = await doorstep.refused("stuck", "--office", "nowhere")

    assert [each["code"] for each in refused] == ["no_such_invitation"] * 2
    assert no_office["code"] == "no_such_office"
