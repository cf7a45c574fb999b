"""Signing in and forgotten passwords in every state that an invitation can be in (decision 8)."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from doorstep.domain.errors import Conflict, Forbidden, Gone, Invalid
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from doorstep.local.clock import fast_forward_link
from doorstep.store import tables as t
from doorstep.store.users import username_key
from tests.functional.racing import sweep_up
from tests.house import PASSWORD, House, eventually, text_of
from tests.members import boss_of

DAY = timedelta(days=1)
NEW_PASSWORD = "five other words for later"
STATES = ["draft", "pending", "awaiting_approval", "active", "expired", "declined", "revoked", "rejected"]


async def reached(house: House, state: str) -> Invitation:
    """An invitation in that state."""
    office = await house.office(resend_cooldown=timedelta(0))
    if state == "draft":
        return await house.doorstep.invite(office=office, email=f"ana@{office}.example", is_draft=True)
    invitation = await house.pending(office)
    if state in ("awaiting_approval", "active", "rejected"):
        await house.set_up(invitation)
    match state:
        case "active":
            await house.doorstep.approve(invitation.id, approver=boss_of(invitation))
        case "rejected":
            await house.doorstep.reject(invitation.id, approver=boss_of(invitation))
        case "expired":
            await house.pass_time(invitation, DAY)
        case "declined":
            await house.doorstep.decline(house.token(await house.mail_of(invitation, Message.INVITATION)))
        case "revoked":
            await house.doorstep.revoke(invitation.id)
    return await house.until_state(invitation, State(state))


async def forgotten(house: House, name: str, *, source: str) -> UUID:
    """The request of somebody who forgot a password, once its workflow has looked who is meant."""
    await house.doorstep.forgot(name, source=source)
    p = t.password_links.c

    async def look() -> UUID | None:
        query = select(p.id).where(p.asked_key == username_key(name), p.state != "asked", p.seen_rev == p.rev)
        found: UUID | None = (
            await house.run(lambda tx: tx.execute(query.order_by(p.created_at.desc()).limit(1)))
        ).scalar_one_or_none()
        return found

    return await eventually(look, "the request to be looked at")


def password_workflow(house: House, request: UUID) -> Any:
    """The workflow of a request."""
    return house.client.get_workflow_handle(f"password-link-{request}")


@pytest.mark.parametrize("state", STATES)
async def test_signing_in_works_for_the_active_alone(house: House, state: str) -> None:
    """S4.41, T08: whoever waits learns it with the right password; everybody else gets one and the same answer."""
    invitation = await reached(house, state)
    source = invitation.office.code

    codes = []
    for password in (PASSWORD, "the wrong password of somebody"):
        try:
            await house.doorstep.sign_in(invitation.address, password, source=source)
            codes.append("in")
        except Forbidden as refused:
            codes.append(refused.code)

    right = {"active": "in", "awaiting_approval": "waiting_for_approval"}
    assert codes == [right.get(state, "sign_in_failed"), "sign_in_failed"]


@pytest.mark.parametrize("state", STATES)
async def test_what_a_forgotten_password_gets_follows_the_state(house: House, state: str) -> None:
    """Decision 8: pending gets the invitation again, expired a new link, unapproved patience, active a reset."""
    invitation = await reached(house, state)
    before = [mail["X-Doorstep-Message"] for mail in house.mails(invitation.address)]
    expected = {
        "pending": Message.INVITATION,
        "expired": Message.INVITATION,
        "awaiting_approval": Message.SET_UP_RECEIVED,
        "active": Message.PASSWORD_RESET,
    }.get(state)

    await forgotten(house, invitation.address, source=invitation.office.code)
    await sweep_up(house, invitation)

    if expected is None:
        assert [mail["X-Doorstep-Message"] for mail in house.mails(invitation.address)] == before
        return
    mail = await house.mail_of(invitation, expected, copies=before.count(expected) + 1)
    first = house.mails(invitation.address, Message.INVITATION)[0]
    if state == "pending":
        assert house.token(mail) == house.token(first)
    if state == "expired":
        assert house.token(mail) != house.token(first)
        await house.set_up(await house.until_state(invitation, State.PENDING))
    if state == "awaiting_approval":
        assert "as soon as you can sign in" in " ".join(text_of(mail).split())


async def test_an_unknown_name_gets_nothing_and_leaves_no_trace(house: House) -> None:
    """Decision 8, T08: the same call, the same workflow, and no mail."""
    office = await house.office()

    request = await forgotten(house, f"nobody@{office}.example", source=office)

    assert await password_workflow(house, request).result() == {"state": "moot"}
    assert [each for each in house.smtp.stored if office in str(each)] == []


async def test_a_reset_link_works_once_and_ends_every_session(house: House) -> None:
    """S4.16, decision 8, T24: the new password counts, old sessions and the link are dead, and the user is told."""
    invitation = await reached(house, "active")
    source = invitation.office.code
    session = await house.doorstep.sign_in(invitation.address, PASSWORD, source=source)
    request = await forgotten(house, invitation.address, source=source)
    token = house.token(await house.mail_of(invitation, Message.PASSWORD_RESET))

    await house.doorstep.reset(token, password=NEW_PASSWORD, source=source)

    with pytest.raises(Gone) as used:
        await house.doorstep.reset(token, password=NEW_PASSWORD, source=source)
    with pytest.raises(Forbidden):
        await house.doorstep.sign_in(invitation.address, PASSWORD, source=source)
    assert (used.value.code, used.value.status) == ("reset_link_dead", 410)
    assert await house.doorstep.home(session) is None
    assert await house.doorstep.sign_in(invitation.address, NEW_PASSWORD, source=source)
    await house.mail_of(invitation, Message.PASSWORD_CHANGED)
    assert await password_workflow(house, request).result() == {"state": "used"}


async def test_of_two_tabs_one_resets(house: House) -> None:
    """T10: two forms sent at once with one link: one password is set, the other is refused."""
    invitation = await reached(house, "active")
    source = invitation.office.code
    await forgotten(house, invitation.address, source=source)
    token = house.token(await house.mail_of(invitation, Message.PASSWORD_RESET))

    ends = await asyncio.gather(
        *(house.doorstep.reset(token, password=f"{NEW_PASSWORD} {n}", source=source) for n in range(2)),
        return_exceptions=True,
    )

    assert [end.code for end in ends if isinstance(end, Gone)] == ["reset_link_dead"]
    assert ends.count(None) == 1


async def test_a_reset_link_dies_after_24_hours(house: House) -> None:
    """S4.13, decision 8: unused for a day it answers 410 and its workflow ends with `expired`."""
    invitation = await reached(house, "active")
    source = invitation.office.code
    request = await forgotten(house, invitation.address, source=source)
    token = house.token(await house.mail_of(invitation, Message.PASSWORD_RESET))

    await fast_forward_link(house.client, house.settings.database_url.get_secret_value(), request, DAY)

    with pytest.raises(Gone):
        await house.doorstep.reset(token, password=NEW_PASSWORD, source=source)
    assert await password_workflow(house, request).result() == {"state": "expired"}


async def test_an_invitation_link_opens_no_reset_and_the_reverse(house: House) -> None:
    """T09: a link has one purpose."""
    invitation = await reached(house, "active")
    source = invitation.office.code
    await forgotten(house, invitation.address, source=source)
    invited = house.token(await house.mail_of(invitation, Message.INVITATION))
    reset = house.token(await house.mail_of(invitation, Message.PASSWORD_RESET))

    with pytest.raises(Gone) as no_reset:
        await house.doorstep.reset(invited, password=NEW_PASSWORD, source=source)
    with pytest.raises(Gone) as no_set_up:
        await house.doorstep.set_up(reset, username="somebody", password=NEW_PASSWORD, source=source)

    assert (no_reset.value.code, no_set_up.value.code) == ("reset_link_dead", "link_unknown")


async def test_the_live_link_can_be_passed_on_by_hand_while_there_is_one(house: House) -> None:
    """S3.8, decision 3: support reads out the link that was mailed; the audit knows; afterwards there is none."""
    invitation = await reached(house, "pending")
    mailed = house.token(await house.mail_of(invitation, Message.INVITATION))

    link = await house.doorstep.link(invitation.id, actor="support@office.example")
    await house.set_up(invitation)

    assert link == f"http://portal.example/invitation/{mailed}"
    assert "invitation.link_shown" in await house.events(invitation)
    with pytest.raises(Conflict):
        await house.doorstep.link(invitation.id)


async def test_a_taken_username_is_refused_and_the_link_lives_on(house: House) -> None:
    """S4.17, decision 9: usernames are unique without case; a refused form consumes nothing."""
    office = await house.office()
    await house.set_up(await house.pending(office), username=f"ana.{office}")
    second = await house.pending(office)
    token = house.token(await house.mail_of(second, Message.INVITATION))

    with pytest.raises(Invalid) as refused:
        await house.doorstep.set_up(token, username=f"ANA.{office}", password=PASSWORD)
    done = await house.set_up(second, username=f"zoe.{office}")

    assert (refused.value.code, refused.value.field) == ("username_taken", "username")
    assert done.state is State.AWAITING_APPROVAL
