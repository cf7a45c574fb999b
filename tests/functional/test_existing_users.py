"""Somebody who has a user already: granted and welcomed, asked first where the office wants that, or set up at last."""

from datetime import timedelta

import pytest

from doorstep.domain.errors import Conflict, Gone
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from tests.functional.knowing import (
    belongs_to,
    done,
    member_elsewhere,
    messages_from,
    person_at,
    users_of,
    welcomed,
)
from tests.house import PASSWORD, House, mobile, text_of
from tests.members import boss_of, user_named
from tests.pages import token_of

DAY = timedelta(days=1)


async def test_s2_17_an_existing_user_is_granted_and_welcomed(house: House) -> None:
    """S2.17, S2.18, S2.12: no link; it waits for approval at once, then one mail; one user, two offices."""
    first = await member_elsewhere(house)
    office = await house.office()

    invited = await house.doorstep.invite(office=office, email=first.address.replace("ana@", "ANA@"), roles=["buyer"])
    with pytest.raises(Conflict) as no_link:
        await house.doorstep.link(invited.id)
    await house.mail_of(invited, Message.APPROVAL_NEEDED, to=boss_of(invited))
    active = await welcomed(house, invited)

    assert (invited.state, invited.is_existing, no_link.value.code) == (State.AWAITING_APPROVAL, True, "no_live_link")
    assert await messages_from(house, office, invited.address) == [Message.WELCOME_EXISTING]
    text = text_of(await house.mail_of(active, Message.WELCOME_EXISTING))
    assert f"{house.settings.public_url}/sign-in" in text
    assert active.username in text
    assert active.user_id == (await house.doorstep.show(first.id)).user_id
    assert await users_of(house, first.address) == [first.username]
    assert await belongs_to(house, first.username) == {first.office.code, office}


async def test_s2_17_without_approval_the_grant_is_active_by_itself(house: House) -> None:
    """S2.17, decision 6: where nobody has to approve the person is in, and told once."""
    first = await member_elsewhere(house)
    office = await house.office(approval_required=False)

    invited = await house.doorstep.invite(office=office, email=first.address)

    assert invited.state is State.APPROVED
    await house.until_state(invited, State.ACTIVE)
    await house.mail_of(invited, Message.WELCOME_EXISTING)
    assert await messages_from(house, office, first.address) == [Message.WELCOME_EXISTING]
    assert await belongs_to(house, first.username) == {first.office.code, office}


async def test_s2_18_a_known_number_is_the_same_person(house: House) -> None:
    """S2.18: whoever is invited under the number of a user, and under no address, is that user."""
    number = mobile()
    first = await member_elsewhere(house, phone=number)
    office = await house.office()

    invited = await house.doorstep.invite(office=office, phone=number)

    assert (invited.state, invited.username) == (State.AWAITING_APPROVAL, first.username)
    await house.doorstep.erase((await house.doorstep.revoke(invited.id)).id)
    await house.doorstep.user_delete(first.username)


async def test_s2_18_a_number_alone_does_not_make_two_people_one(house: House) -> None:
    """S2.12, S2.18: in a household that shares a number everyone with an address of their own is somebody else."""
    number = mobile()
    ana = await member_elsewhere(house, phone=number)
    office = await house.office()

    ben = await house.doorstep.invite(office=office, email=person_at(office, "ben"), phone=number)
    zoe = await house.doorstep.invite(office=office, email=person_at(office, "zoe"), phone=number)

    assert (ben.state, ben.user_id, zoe.state) == (State.PENDING, None, State.PENDING)
    assert ben.id != zoe.id
    done = await house.set_up(ben)
    assert sorted(await users_of(house, number)) == sorted([ana.username, done.username])


async def test_decision_5_an_office_may_ask_for_consent_first(house: House) -> None:
    """Decision 5: a link goes out that asks an existing user alone; it takes no password and makes no second user."""
    first = await member_elsewhere(house)
    office = await house.office(existing_users="consent")
    invited = await house.settled(await house.doorstep.invite(office=office, email=first.address))
    token = await token_of(house, invited)

    with pytest.raises(Conflict) as has_user:
        await house.doorstep.set_up(token, username=f"second.{office}", password=PASSWORD)
    view = await house.doorstep.open_link(token)
    accepted = await house.doorstep.accept(token)
    with pytest.raises(Gone) as used:
        await house.doorstep.accept(token)

    assert (invited.state, invited.is_existing) == (State.PENDING, True)
    assert (has_user.value.code, used.value.code) == ("has_user", "already_set_up")
    assert (view.needs_consent, view.username, view.refusal) == (True, first.username, None)
    assert accepted.state is State.AWAITING_APPROVAL
    await house.settled(accepted)  # so that each mail goes out before the next one is due
    await welcomed(house, invited)
    assert await messages_from(house, office, first.address) == [
        *(Message.INVITATION, Message.SET_UP_RECEIVED),
        Message.WELCOME_EXISTING,
    ]
    assert await users_of(house, first.address) == [first.username]


async def test_decision_5_who_declines_keeps_the_user(house: House) -> None:
    """Decision 5: "not me" ends the invitation and touches nothing that the person has elsewhere."""
    first = await member_elsewhere(house)
    office = await house.office(existing_users="consent")
    invited = await house.doorstep.invite(office=office, email=first.address)

    declined = await house.doorstep.decline(await token_of(house, invited))

    assert declined.state is State.DECLINED
    assert await belongs_to(house, first.username) == {first.office.code}
    assert await house.doorstep.sign_in(first.username, PASSWORD, source=office)


async def test_accepting_takes_a_user(house: House) -> None:
    """Decision 5, S2.12: whoever has no user cannot do without a password."""
    office = await house.office(existing_users="consent")
    invited = await house.pending(office)
    token = await token_of(house, invited)

    with pytest.raises(Conflict) as refused:
        await house.doorstep.accept(token)

    assert refused.value.code == "needs_user"
    assert (await house.doorstep.show(invited.id)).state is State.PENDING
    assert (await house.set_up(invited)).state is State.AWAITING_APPROVAL


@pytest.mark.parametrize("way", ["invite", "send", "resend", "readdress"])
async def test_a_suspended_user_is_not_invited(house: House, way: str) -> None:
    """S2.17: it is refused with the command that resumes; after that the same thing works."""
    first = await member_elsewhere(house)
    do, office = house.doorstep, await house.office(resend_cooldown=timedelta(0), existing_users="consent")
    made = None
    if way == "send":
        made = await do.invite(office=office, email=first.address, is_draft=True)
    if way == "resend":
        made = await do.invite(office=office, email=first.address)
    if way == "readdress":
        made = await do.invite(office=office, email=person_at(office, "zoe"))
    await do.user_suspend(first.username)

    async def ask() -> Invitation:
        if made is None:
            return await do.invite(office=office, email=first.address)
        more = [first.address] if way == "readdress" else []
        return await getattr(do, way)(made.id, *more)  # type: ignore[no-any-return]

    with pytest.raises(Conflict) as refused:
        await ask()
    await do.user_resume(first.username)
    asked = await ask()

    assert refused.value.code == "user_suspended"
    assert "doorstep user resume" in refused.value.message
    assert first.username not in refused.value.message
    assert (asked.state, asked.is_existing) == (State.PENDING, True)


async def test_a_suspended_user_cannot_accept(house: House) -> None:
    """Decision 5, T24: who is shut out accepts nothing; the link lives on until the user is resumed."""
    first = await member_elsewhere(house)
    invited = await house.doorstep.invite(office=await house.office(existing_users="consent"), email=first.address)
    token = await token_of(house, invited)
    await house.doorstep.user_suspend(first.username)

    with pytest.raises(Conflict) as refused:
        await house.doorstep.accept(token)
    await house.doorstep.user_resume(first.username)
    accepted = await house.doorstep.accept(token)

    assert refused.value.code == "user_suspended"
    assert "doorstep user" not in refused.value.message
    assert accepted.state is State.AWAITING_APPROVAL


async def test_whoever_was_deleted_is_somebody_new(house: House) -> None:
    """S4.48, S2.3: no user, no membership; the next invitation has a link and a set-up again."""
    first = await member_elsewhere(house)
    await house.doorstep.user_delete(first.username)

    again = await house.doorstep.invite(office=await house.office(), email=first.address)
    here = await house.doorstep.invite(office=first.office.code, email=first.address)

    assert (again.state, here.state) == (State.PENDING, State.PENDING)
    assert (await done(house, again)).state is State.AWAITING_APPROVAL
    assert await belongs_to(house, first.address) == set()


async def test_s4_18_a_rehearsal_walks_the_whole_way_beside_the_real_user(house: House) -> None:
    """S4.18: with their own address staff get a link and a set-up, though they have a user; no seat is used."""
    first = await member_elsewhere(house)
    office = first.office.code
    seats = await house.doorstep.seats(office)

    test = await house.doorstep.invite(office=office, email=first.address, is_test=True)
    await house.doorstep.set_up(await token_of(house, test), username=f"test.{office}", password=PASSWORD)
    await house.doorstep.approve(test.id, approver=boss_of(test))
    await house.until_state(test, State.ACTIVE)

    assert test.state is State.PENDING
    rehearsed = await user_named(house, f"test.{office}")
    assert rehearsed is not None
    assert rehearsed.is_test
    assert await house.doorstep.seats(office) == seats
    elsewhere = await house.doorstep.invite(office=await house.office(), email=first.address)
    assert elsewhere.username == first.username
