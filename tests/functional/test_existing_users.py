"""Somebody who has a user already: granted and welcomed, asked first where the office wants that, or set up at last."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from doorstep.domain.errors import Conflict, Forbidden, Gone, Invalid
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from doorstep.store import tables as t
from tests.functional.knowing import added, belongs_to, done, mail_to, member_elsewhere, person_at, users_of
from tests.house import PASSWORD, House, text_of
from tests.members import boss_of, user_named
from tests.pages import token_of

DAY = timedelta(days=1)


async def welcomed(house: House, invitation: Invitation) -> Invitation:
    """The invitation, approved, active, and the person told."""
    await house.doorstep.approve(invitation.id, approver=boss_of(invitation))
    await house.until_state(invitation, State.ACTIVE)
    await house.mail_of(invitation, Message.WELCOME_EXISTING)
    return await house.doorstep.show(invitation.id)


async def messages_from(house: House, office: str, address: str) -> list[str]:
    """What an office has mailed to somebody, oldest first."""
    help_email = f"help@{office}.example"
    return [str(m["X-Doorstep-Message"]) for m in house.mails(address) if help_email in str(m["Reply-To"])]


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
    number = "+64 21 555 01 42"
    first = await member_elsewhere(house, phone=number)
    office = await house.office()

    invited = await house.doorstep.invite(office=office, phone=number)

    assert (invited.state, invited.username) == (State.AWAITING_APPROVAL, first.username)
    await house.doorstep.erase((await house.doorstep.revoke(invited.id)).id)
    await house.doorstep.user_delete(first.username)


async def test_s2_18_a_number_alone_does_not_make_two_people_one(house: House) -> None:
    """S2.12, S2.18: in a household that shares a number everyone with an address of their own is somebody else."""
    number = "+64 21 555 01 43"
    ana = await member_elsewhere(house, phone=number)
    office = await house.office()

    ben = await house.doorstep.invite(office=office, email=person_at(office, "ben"), phone=number)
    zoe = await house.doorstep.invite(office=office, email=person_at(office, "zoe"), phone=number)

    assert (ben.state, ben.user_id, zoe.state) == (State.PENDING, None, State.PENDING)
    assert ben.id != zoe.id
    done = await house.set_up(ben)
    assert sorted(await users_of(house, number.replace(" ", ""))) == sorted([ana.username, done.username])


async def test_decision_5_an_office_may_ask_for_consent_first(house: House) -> None:
    """Decision 5: a link goes out that asks an existing user alone; it takes no password and makes no second user."""
    first = await member_elsewhere(house)
    office = await house.office(existing_users="consent")
    invited = await house.doorstep.invite(office=office, email=first.address)
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


async def test_s2_19_who_never_set_a_password_gets_a_set_up_link(house: House) -> None:
    """S2.19: the username that was chosen stays; the password counts at once for what needs no approval."""
    pair = await added(house)
    office = await house.office()
    invited = await house.doorstep.invite(office=office, email=pair.address)
    token = house.token(await house.mail_of(invited, Message.INVITATION))
    view = await house.doorstep.open_link(token)

    with pytest.raises(Invalid) as another_name:
        await house.doorstep.set_up(token, username=f"other.{office}", password=PASSWORD)
    done = await house.doorstep.set_up(token, username=pair.username.upper(), password=PASSWORD)
    home = await house.doorstep.home(await house.doorstep.sign_in(pair.username, PASSWORD, source=office))

    assert (invited.state, invited.is_existing) == (State.PENDING, False)
    assert (view.username, view.needs_consent) == (pair.username, False)
    assert (another_name.value.code, another_name.value.field) == ("username_fixed", "username")
    assert (done.state, done.username) == (State.AWAITING_APPROVAL, pair.username)
    assert home is not None
    assert [each.office for each in home.memberships] == [pair.office]
    await house.doorstep.approve(invited.id, approver=boss_of(invited))
    await house.until_state(invited, State.ACTIVE)
    assert await belongs_to(house, pair.username) == {pair.office, office}


async def test_s2_19_the_link_of_way_a_is_used_up_by_the_set_up(house: House) -> None:
    """S2.19: the password that was set behind the invitation is not set a second time by the link before."""
    pair = await added(house)
    first_link = house.token(await mail_to(house, pair.address, Message.SET_PASSWORD))
    invited = await house.pending(await house.office(), email=pair.address)
    await house.set_up(invited, username=pair.username)

    with pytest.raises(Gone) as dead:
        await house.doorstep.reset(first_link, password="some other password of mine")

    assert dead.value.code == "reset_link_dead"
    assert await house.doorstep.sign_in(pair.username, PASSWORD, source=invited.office.code)


async def test_s2_19_a_rejection_leaves_what_was_added_directly(house: House) -> None:
    """S2.19, S4.46: the user was there before the invitation, and goes on without it."""
    pair = await added(house)
    invited = await house.pending(await house.office(), email=pair.address)
    await house.set_up(invited, username=pair.username)

    await house.doorstep.reject(invited.id, approver=boss_of(invited))

    assert await belongs_to(house, pair.username) == {pair.office}
    assert await house.doorstep.sign_in(pair.username, PASSWORD, source=invited.office.code)


async def test_s2_19_the_staff_login_of_a_pair_belongs_to_others(house: House) -> None:
    """S2.19, S4.9: a password of the staff login makes no existing user of whoever the address belongs to."""
    pair = await added(house)
    await house.doorstep.forgot(pair.staff_username, source=pair.office)
    token = house.token(await mail_to(house, pair.address, Message.PASSWORD_RESET))
    await house.doorstep.reset(token, password=PASSWORD)

    invited = await house.doorstep.invite(office=await house.office(), email=pair.address)

    assert (invited.state, invited.is_existing) == (State.PENDING, False)
    assert (await house.doorstep.open_link(await token_of(house, invited))).username == pair.username


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


@pytest.mark.parametrize("is_member", [False, True], ids=["elsewhere", "here"])
async def test_s0_16_a_draft_for_somebody_who_has_a_user_by_now(house: House, *, is_member: bool) -> None:
    """S0.15, S0.16, S2.17: a draft notices nothing; sent later it is a grant, or there is nothing left to send."""
    office = await house.office()
    address = person_at(office)
    draft = await house.doorstep.invite(office=office, email=address, is_draft=True)
    first = await member_elsewhere(house, email=address)
    if is_member:
        other = await house.doorstep.invite(office=office, email=address, job="12 Hill Street")
        await welcomed(house, other)

    if is_member:
        with pytest.raises(Conflict) as refused:
            await house.doorstep.send(draft.id)
        assert refused.value.code == "already_member"
        assert (await house.doorstep.show(draft.id)).state is State.DRAFT
        return
    sent = await house.doorstep.send(draft.id)

    assert (draft.is_existing, draft.user_id) == (False, None)
    assert (sent.state, sent.username, sent.is_existing) == (State.AWAITING_APPROVAL, first.username, True)
    await welcomed(house, sent)
    assert await messages_from(house, office, address) == [Message.WELCOME_EXISTING]


@pytest.mark.parametrize("way", ["resend", "request_new_link"])
async def test_s2_17_a_new_link_is_not_needed_any_more(house: House, way: str) -> None:
    """S2.17, decision 2: who got a user elsewhere after the link had expired is let in without another one."""
    office = await house.office(resend_cooldown=timedelta(0))
    invited = await house.pending(office)
    old = await token_of(house, invited)
    await house.pass_time(invited, DAY)
    await house.until_state(invited, State.EXPIRED)
    first = await member_elsewhere(house, email=invited.address)

    await (house.doorstep.resend(invited.id) if way == "resend" else house.doorstep.request_new_link(old))

    row = await house.until_state(invited, State.AWAITING_APPROVAL)
    assert (row.username, row.generation, row.expires_at, row.expired_at) == (first.username, 1, None, None)
    await welcomed(house, row)
    sent = await messages_from(house, office, invited.address)
    assert [each for each in sent if each != Message.REMINDER] == [Message.INVITATION, Message.WELCOME_EXISTING]


async def test_s2_17_another_address_may_be_that_of_a_user(house: House) -> None:
    """S2.17, decision 4, T29: the link to the wrong address dies, and the right person is let in without one."""
    first = await member_elsewhere(house)
    office = await house.office()
    invited = await house.pending(office, email=person_at(office, "wrong"))
    old = await token_of(house, invited)

    moved = await house.doorstep.readdress(invited.id, first.address)

    assert (moved.state, moved.address, moved.username) == (State.AWAITING_APPROVAL, first.address, first.username)
    with pytest.raises(Gone):
        await house.doorstep.set_up(old, username=invited.address, password=PASSWORD)
    await house.mail_of(invited, Message.READDRESSED_NOTICE)
    await welcomed(house, moved)


async def test_s2_10_a_second_membership_is_removed_until_the_person_comes(house: House) -> None:
    """S2.10, S2.11: an earlier sign-in does not count; the user and what they had before stay."""
    first = await member_elsewhere(house)
    await house.doorstep.sign_in(first.username, PASSWORD, source=first.office.code)
    office = await house.office(resend_cooldown=timedelta(0))
    active = await welcomed(house, await house.doorstep.invite(office=office, email=first.address))

    await house.doorstep.resend(active.id)
    await house.mail_of(active, Message.WELCOME_EXISTING, copies=2)
    removed = await house.doorstep.revoke(active.id)

    assert (removed.state, removed.user_id) == (State.REVOKED, None)
    assert await belongs_to(house, first.username) == {first.office.code}
    again = await house.doorstep.invite(office=office, email=first.address)
    assert again.state is State.AWAITING_APPROVAL


@pytest.mark.parametrize("command", ["resend", "revoke"])
async def test_s2_11_after_the_next_sign_in_no_longer(house: House, command: str) -> None:
    """S2.11: once the person was there with the second membership, staff neither remove it nor send it again."""
    first = await member_elsewhere(house)
    office = await house.office(resend_cooldown=timedelta(0))
    active = await welcomed(house, await house.doorstep.invite(office=office, email=first.address))
    await house.doorstep.sign_in(first.username, PASSWORD, source=office)

    with pytest.raises(Forbidden) as refused:
        await getattr(house.doorstep, command)(active.id)

    assert refused.value.code == "signed_in_already"
    assert await belongs_to(house, first.username) == {first.office.code, office}


@pytest.mark.parametrize("way", ["reject", "revoke", "erase"])
async def test_s4_46_what_ends_one_invitation_ends_no_user_of_another(house: House, way: str) -> None:
    """S4.46, S2.18: rejected, revoked or erased, whoever belongs elsewhere can sign in there as before."""
    first = await member_elsewhere(house)
    invited = await house.doorstep.invite(office=await house.office(), email=first.address)

    if way == "reject":
        await house.doorstep.reject(invited.id, approver=boss_of(invited))
    else:
        await getattr(house.doorstep, way)(invited.id)

    assert (await house.doorstep.show(invited.id)).user_id is None
    assert await belongs_to(house, first.username) == {first.office.code}
    assert await house.doorstep.sign_in(first.username, PASSWORD, source=invited.office.code)


async def test_removing_whoever_was_deleted_says_so(house: House) -> None:
    """S2.10: nothing is taken back twice, and the answer does not speak of a sign-in that never was."""
    first = await member_elsewhere(house)
    await house.doorstep.user_delete(first.username)

    with pytest.raises(Conflict) as refused:
        await house.doorstep.revoke(first.id)

    assert refused.value.code == "user_deleted"


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


async def test_no_user_is_left_over(house: House) -> None:
    """S4.47: of all that was made here no username stays that no membership and no invitation wants."""
    u, m, i = t.users.c, t.memberships.c, t.invitations.c
    belongs = select(m.id).where(m.user_id == u.id).exists()
    is_awaited = select(i.id).where(i.user_id == u.id).exists()

    lost = await house.run(
        lambda tx: tx.execute(select(func.count()).select_from(t.users).where(~belongs, ~is_awaited))
    )

    assert lost.scalar_one() == 0
