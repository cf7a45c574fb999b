"""The state table of the design on real servers: approving, rejecting, revoking, and what waits too long."""

import asyncio
from datetime import timedelta

import pytest

from doorstep.domain.errors import Conflict, Forbidden, Gone, Refused
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from tests.breaking import activation_broken
from tests.faults.misbehaving_smtp import ACCEPT, DEFER_451
from tests.house import PASSWORD, House, text_of
from tests.members import boss_of, granted, refusals, user_named

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


async def active(house: House) -> Invitation:
    """An invitation whose person is active and has not signed in."""
    invitation = await house.waiting(await house.office(resend_cooldown=timedelta(0)))
    await house.doorstep.approve(invitation.id, approver=boss_of(invitation))
    await house.handle(invitation).result()
    return await house.until_state(invitation, State.ACTIVE)


async def set_up_anyway(house: House, invitation: Invitation) -> None:
    """Try the link that was mailed."""
    token = house.token(await house.mail_of(invitation, Message.INVITATION))
    await house.doorstep.set_up(token, username=invitation.address, password=PASSWORD)


@pytest.mark.parametrize("state", ["draft", "pending", "awaiting_approval", "expired"])
async def test_an_open_invitation_is_revoked(house: House, state: str) -> None:
    """S2.3, S3.9: the link is dead, the workflow ends, and a user who waited is gone with the username free again."""
    office = await house.office()
    address = f"ana@{office}.example"
    if state == "draft":
        invitation = await house.doorstep.invite(office=office, email=address, is_draft=True)
    else:
        invitation = await house.pending(office, email=address)
    if state == "awaiting_approval":
        await house.set_up(invitation, username=f"ana.{office}")
    if state == "expired":
        await house.pass_time(invitation, DAY)
        await house.until_state(invitation, State.EXPIRED)

    await house.doorstep.revoke(invitation.id, reason="moved away")

    row = await house.until_state(invitation, State.REVOKED)
    assert (row.user_id, row.decision_note) == (None, "moved away")
    assert await house.handle(invitation).result() == {"state": "revoked"}
    assert await user_named(house, f"ana.{office}") is None
    if state != "draft":
        with pytest.raises(Gone) as refused:
            await set_up_anyway(house, invitation)
        assert refused.value.code == "link_revoked"


async def test_a_username_is_free_again_after_a_revocation(house: House) -> None:
    """S4.47: what an unapproved user held can be chosen by somebody else."""
    office = await house.office()
    first = await house.set_up(await house.pending(office), username=f"ana.{office}")
    second = await house.pending(office)

    await house.doorstep.revoke(first.id)
    done = await house.set_up(second, username=f"ANA.{office}")

    assert done.username == f"ANA.{office}"


async def test_approval_with_changed_permissions_grants_exactly_those(house: House) -> None:
    """S4.42, S4.44: the administrator changes the permissions first; what was asked stays in the record."""
    invitation = await house.waiting(await house.office(), roles=["buyer"])

    approved = await house.doorstep.approve(invitation.id, approver=boss_of(invitation), permissions=["messages"])

    await house.until_state(invitation, State.ACTIVE)
    assert await granted(house, invitation) == [{"messages"}]
    assert (approved.granted, set(approved.permissions) > {"messages"}) == (("messages",), True)


@pytest.mark.parametrize("is_silent", [False, True], ids=["told", "silent"])
async def test_a_rejection_deletes_the_user_and_leaves_the_way_open(house: House, *, is_silent: bool) -> None:
    """S4.46, S4.48: the user is gone at once, the person is told unless silently, and can be invited again."""
    office = await house.office()
    address = f"ana@{office}.example"
    invitation = await house.waiting(office, email=address)

    rejected = await house.doorstep.reject(
        invitation.id, approver=boss_of(invitation), reason="Not one of ours.", is_silent=is_silent
    )
    gone = await user_named(house, address)
    result = await house.handle(invitation).result()
    again = await house.pending(office, email=address)
    await house.mail_of(again, Message.INVITATION, copies=2)
    again = await house.set_up(again)

    assert (rejected.state, rejected.user_id, gone, result) == (State.REJECTED, None, None, {"state": "rejected"})
    told = [text_of(mail) for mail in house.mails(address, Message.REJECTED)]
    assert len(told) == (not is_silent)
    assert all("Not one of ours." in text for text in told)
    assert (again.id == invitation.id, again.state) == (False, State.AWAITING_APPROVAL)


async def test_of_two_simultaneous_decisions_one_stands(house: House) -> None:
    """T11, decision 11: approve and reject at once: one wins, the other is refused, and the user agrees with it."""
    invitation = await house.waiting(await house.office(approvers=2))
    one, two = invitation.office.approvers

    ends = await asyncio.gather(
        house.doorstep.approve(invitation.id, approver=one),
        house.doorstep.reject(invitation.id, approver=two),
        return_exceptions=True,
    )

    [refused] = [end for end in ends if isinstance(end, Conflict)]
    assert refused.code == "already_decided"
    row = await house.until(invitation, lambda row: row.state in (State.ACTIVE, State.REJECTED))
    assert (await user_named(house, invitation.address) is not None) is (row.state is State.ACTIVE)


@pytest.mark.parametrize("command", ["approve", "reject"])
async def test_only_a_listed_administrator_decides(house: House, command: str) -> None:
    """T21, S4.24: anybody else is refused with 403, and the try is on record under that name."""
    invitation = await house.waiting(await house.office())

    with pytest.raises(Forbidden) as refused:
        await getattr(house.doorstep, command)(invitation.id, approver="stranger@example.org")

    assert refused.value.code == "not_an_approver"
    [entry] = await refusals(house, invitation)
    assert (entry.actor, entry.detail) == ("stranger@example.org", {"command": command})
    assert (await house.doorstep.show(invitation.id)).state is State.AWAITING_APPROVAL


async def test_four_eyes_keep_the_inviter_from_approving(house: House) -> None:
    """T21: where the office asks for two people, the inviter cannot be the second."""
    office = await house.office(approvers=2, four_eyes=True)
    inviter, other = f"boss1@{office}.example", f"boss2@{office}.example"
    invitation = await house.waiting(office, actor=inviter)

    with pytest.raises(Forbidden) as refused:
        await house.doorstep.approve(invitation.id, approver=inviter.upper())
    await house.doorstep.approve(invitation.id, approver=other)

    assert refused.value.code == "four_eyes"
    await house.until_state(invitation, State.ACTIVE)


async def test_nothing_is_ever_approved_by_a_time_out(house: House) -> None:
    """Decision 6: reminded after 24 hours, escalated and flagged after 72, and after a month it still waits."""
    invitation = await house.waiting(await house.office())
    boss = boss_of(invitation)

    await house.pass_time(invitation, DAY)
    await house.mail_of(invitation, Message.APPROVAL_REMINDER, to=boss)
    reminded = await house.until_state(invitation, State.AWAITING_APPROVAL)
    await house.pass_time(invitation, 2 * DAY)
    await house.mail_of(invitation, Message.APPROVAL_ESCALATION, to=boss)
    escalated = await house.until_state(invitation, State.AWAITING_APPROVAL)
    stuck = [each.id async for each in house.doorstep.stuck(office=invitation.office.code)]
    await house.pass_time(invitation, 30 * DAY)

    assert (reminded.attention, escalated.attention) == ((), ("approval_overdue",))
    assert invitation.id in stuck
    assert (await house.doorstep.show(invitation.id)).state is State.AWAITING_APPROVAL
    assert len(house.mails(boss)) == 3
    approved = await house.doorstep.approve(invitation.id, approver=boss)
    assert approved.attention == ()


async def test_a_resend_while_it_awaits_approval_is_refused(house: House) -> None:
    """F18: the person has set up already; the answer points to the administrators."""
    invitation = await house.waiting(await house.office(resend_cooldown=timedelta(0)))

    with pytest.raises(Conflict) as refused:
        await house.doorstep.resend(invitation.id)

    assert refused.value.code == "already_accepted"
    assert "administrators can be reminded" in refused.value.message


async def test_an_activation_that_fails_is_flagged_and_retried_until_it_works(house: House) -> None:
    """Decision 11: a human has approved, so it is never given up; meanwhile it shows in `stuck`."""
    office = await house.office()
    invitation = await house.waiting(office)

    async with activation_broken(house, office):
        await house.doorstep.approve(invitation.id, approver=boss_of(invitation))
        flagged = await house.until(invitation, lambda row: "activation_failing" in row.attention)
        with pytest.raises(Forbidden) as waiting:
            await house.doorstep.sign_in(invitation.address, PASSWORD, source=office)

    assert (flagged.state, waiting.value.code) == (State.APPROVED, "waiting_for_approval")
    mended = await house.until_state(invitation, State.ACTIVE)
    assert mended.attention == ()
    assert len(house.mails(invitation.address, Message.WELCOME)) == 1


async def test_whoever_is_active_can_sign_in_although_no_mail_goes_out(house: House) -> None:
    """S4.44: the account is active at the first commit; the good news is retried alone."""
    invitation = await house.waiting(await house.office())
    house.smtp.mode = DEFER_451

    await house.doorstep.approve(invitation.id, approver=boss_of(invitation))
    await house.until(invitation, lambda row: row.state is State.ACTIVE)
    session = await house.doorstep.sign_in(invitation.address, PASSWORD, source=invitation.office.code)
    house.smtp.mode = ACCEPT

    assert await house.doorstep.home(session) is not None
    assert await house.handle(invitation).result() == {"state": "active"}
    assert len(house.mails(invitation.address, Message.APPROVED)) == 1


async def test_until_the_first_sign_in_staff_can_send_again_and_remove(house: House) -> None:
    """S2.10: the good news goes out again; then the user is removed and the person can be invited anew."""
    invitation = await active(house)

    await house.doorstep.resend(invitation.id)
    await house.mail_of(invitation, Message.APPROVED, copies=2)
    await house.doorstep.revoke(invitation.id)

    removed = await house.until_state(invitation, State.REVOKED)
    assert removed.user_id is None
    assert await user_named(house, invitation.address) is None
    again = await house.pending(invitation.office.code, email=invitation.address)
    assert again.id != invitation.id


@pytest.mark.parametrize("command", ["resend", "revoke"])
async def test_after_the_first_sign_in_no_longer(house: House, command: str) -> None:
    """S2.11: a person who has signed in is neither removed nor told again that they can."""
    invitation = await active(house)
    await house.doorstep.sign_in(invitation.address, PASSWORD, source=invitation.office.code)

    with pytest.raises(Refused) as refused:
        await getattr(house.doorstep, command)(invitation.id)

    assert (refused.value.code, refused.value.status) == ("signed_in_already", 403)
    assert (await house.doorstep.show(invitation.id)).state is State.ACTIVE
