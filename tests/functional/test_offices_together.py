"""One person invited by two offices, or to two jobs of one: the first set-up makes the user (decision 10)."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from doorstep.domain.errors import Conflict, Forbidden, Gone
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import Command, State
from doorstep.store.orders import NewUser, Order
from starter.invitee import INVITEE
from tests.functional.ground import NobodyAtWork
from tests.functional.knowing import approved, belongs_to, done, member_elsewhere, person_at, users_of
from tests.functional.racing import at_once, pass_on_row, sweep_up
from tests.house import PASSWORD, House
from tests.members import boss_of
from tests.pages import token_of

HOUR = timedelta(hours=1)
TRIES = 20


async def two_open(house: House, **rules: Any) -> tuple[Invitation, Invitation]:
    """One person whom two offices have invited; `rules` are those of the second one."""
    one, two = await house.office(), await house.office(**rules)
    address = person_at(one)
    first = await house.doorstep.invite(office=one, email=address)
    return first, await house.doorstep.invite(office=two, email=address.replace("ana@", "ANA@"))


@pytest.fixture
def quiet(idle_house: House) -> House:
    """The house where nobody hears of anything: what the database holds is right without it."""
    return replace(idle_house, doorstep=replace(idle_house.doorstep, starter=NobodyAtWork()))


async def set_up(house: House, invitation: Invitation) -> Invitation:
    """Send the form behind the first link, with a password that was hashed before."""
    user = NewUser(f"{invitation.office.code}-{invitation.id}", "no hash")
    order = Order(Command.SET_UP, invitation.id, INVITEE, link_generation=1, user=user)
    return await house.doorstep._command(order)


async def heard(house: House, invitation: Invitation, state: State) -> Invitation:
    """The invitation once its workflow has heard of what another one did to it, by the sweep of every worker."""
    await sweep_up(house, invitation)
    return await house.until_state(invitation, state)


async def test_decision_10_the_first_set_up_makes_the_user_for_both(house: House) -> None:
    """Decision 10, S2.17: the other one needs none any more; its link is dead and its administrators are asked."""
    first, second = await two_open(house)
    old = await token_of(house, second)

    await done(house, first)

    row = await heard(house, second, State.AWAITING_APPROVAL)
    with pytest.raises(Gone) as used:
        await house.doorstep.set_up(old, username=f"second.{second.id}", password=PASSWORD)
    assert used.value.code == "already_set_up"
    assert (row.is_existing, row.username, row.set_up_at is None) == (True, first.address, False)
    assert row.user_id == (await house.doorstep.show(first.id)).user_id
    assert await users_of(house, first.address) == [first.address]
    await house.mail_of(second, Message.APPROVAL_NEEDED, to=boss_of(second))
    events = await house.events(second)
    assert (events.count("invitation.set_up"), events.count("invitation.existing_user")) == (0, 1)


async def test_decision_10_each_office_approves_for_itself(house: House) -> None:
    """Decision 10, S4.41: nobody signs in before an approval; the first one lets in to its own office alone."""
    first, second = await two_open(house)
    await done(house, first)
    source = first.office.code
    with pytest.raises(Forbidden) as waiting:
        await house.doorstep.sign_in(first.address, PASSWORD, source=source)

    await approved(house, second)
    session = await house.doorstep.sign_in(first.address, PASSWORD, source=source)
    before = await belongs_to(house, first.address)
    await approved(house, first)

    assert waiting.value.code == "waiting_for_approval"
    assert before == {second.office.code}
    assert await house.doorstep.home(session) is not None
    assert await belongs_to(house, first.address) == {first.office.code, second.office.code}
    await house.mail_of(second, Message.WELCOME_EXISTING)
    await house.mail_of(first, Message.APPROVED)


async def test_decision_10_an_office_that_asks_keeps_its_link(house: House) -> None:
    """Decisions 5 and 10: where consent is wanted the open link turns into the question, and the person answers it."""
    first, second = await two_open(house, existing_users="consent")
    token = await token_of(house, second)

    await done(house, first)
    row = await house.doorstep.show(second.id)
    accepted = await house.doorstep.accept(token)

    assert (row.state, row.is_existing, row.username) == (State.PENDING, True, first.address)
    assert (accepted.state, accepted.user_id) == (
        State.AWAITING_APPROVAL,
        (await house.doorstep.show(first.id)).user_id,
    )


async def test_decision_10_two_jobs_of_one_office(house: House) -> None:
    """Decision 10, S2.6: the same within one office, and once both are approved both are active."""
    office = await house.office()
    address = person_at(office)
    one, two = [await house.doorstep.invite(office=office, email=address, job=job) for job in ("Hill 4", "Lake 7")]

    await done(house, two)
    waiting = await heard(house, one, State.AWAITING_APPROVAL)
    await approved(house, one)
    await approved(house, two)

    assert one.id != two.id
    assert waiting.is_existing
    assert await users_of(house, address) == [address]


async def test_decision_10_a_link_that_is_over_is_not_followed(house: House) -> None:
    """Decision 10, S4.13: what ended an hour ago is expired, though its timer has not come yet."""
    first, second = await two_open(house)
    await house.until_state(second, State.PENDING)  # its workflow would see the end of the link as soon as it looks
    await pass_on_row(house, second, 25 * HOUR)

    await done(house, first)

    row = await house.doorstep.show(second.id)
    assert (row.state, row.user_id) == (State.PENDING, None)


@pytest.mark.parametrize("way", ["reject", "revoke", "erase"])
async def test_s4_46_the_last_one_takes_the_user_along(house: House, way: str) -> None:
    """S4.46, S4.48: ended in one office the user waits for the other; ended there too it is gone; it may come again."""
    first, second = await two_open(house)
    await done(house, first)

    async def end(invitation: Invitation) -> Invitation:
        if way == "reject":
            return await house.doorstep.reject(invitation.id, approver=boss_of(invitation))
        return await getattr(house.doorstep, way)(invitation.id)  # type: ignore[no-any-return]

    await end(first)
    still_there = await users_of(house, first.address)
    with pytest.raises(Forbidden) as waiting:
        await house.doorstep.sign_in(first.address, PASSWORD, source=first.office.code)
    await end(second)

    assert (still_there, waiting.value.code) == ([first.address], "waiting_for_approval")
    assert await users_of(house, first.address) == []
    again = await house.doorstep.invite(office=first.office.code, email=first.address)
    assert (again.state, again.id == first.id) == (State.PENDING, False)
    assert (await done(house, again)).state is State.AWAITING_APPROVAL


async def test_s4_46_a_rejection_here_and_an_approval_there(house: House) -> None:
    """S4.46, decision 10: the office that rejects gets rid of the person, and not of the user of the other office."""
    first, second = await two_open(house)
    await done(house, first)

    await house.doorstep.reject(first.id, approver=boss_of(first))
    await approved(house, second)

    assert await belongs_to(house, first.address) == {second.office.code}
    assert await house.doorstep.sign_in(first.address, PASSWORD, source=first.office.code)


async def test_s4_18_a_rehearsal_follows_nobody(house: House) -> None:
    """S4.18: a test invitation and a real one at one address are two people to Doorstep."""
    first, second = await two_open(house)
    test = await house.doorstep.invite(office=second.office.code, email=first.address, is_test=True)

    await done(house, test, username=f"test.{second.office.code}")

    assert {(await house.doorstep.show(each.id)).state for each in (first, second)} == {State.PENDING}


async def test_decision_10_both_links_at_once_make_one_user(quiet: House) -> None:
    """Decision 10, T10: of two links used at the same moment one makes the user, and both wait for approval."""
    for _ in range(TRIES):
        pair = await two_open(quiet)

        outcomes = await at_once(*(set_up(quiet, each) for each in pair))

        rows = [await quiet.doorstep.show(each.id) for each in pair]
        assert sorted(outcomes) == ["already_set_up", "done"]
        assert {row.state for row in rows} == {State.AWAITING_APPROVAL}
        assert rows[0].user_id == rows[1].user_id
        assert len(await users_of(quiet, pair[0].address)) == 1


async def test_decision_10_a_set_up_and_an_invitation_at_once(quiet: House) -> None:
    """Decision 10: invited elsewhere at the very moment of the set-up: no link is left for somebody who has a user."""
    for _ in range(TRIES):
        office, other = await quiet.office(), await quiet.office()
        first = await quiet.doorstep.invite(office=office, email=person_at(office))

        await at_once(set_up(quiet, first), quiet.doorstep.invite(office=other, email=first.address))

        [invited] = await quiet.doorstep.list(office=other)
        assert (invited.state, invited.is_existing) == (State.AWAITING_APPROVAL, True)
        assert await users_of(quiet, first.address) == [invited.username]


async def test_s4_46_a_rejection_and_an_invitation_at_once(quiet: House) -> None:
    """S4.46: rejected here while invited there: the user is kept for the new one, or gone before it, and never lost."""
    seen = set()
    for _ in range(TRIES):
        office, other = await quiet.office(), await quiet.office()
        first = await quiet.doorstep.invite(office=office, email=person_at(office))
        await set_up(quiet, first)

        outcomes = await at_once(
            quiet.doorstep.reject(first.id, approver=boss_of(first)),
            quiet.doorstep.invite(office=other, email=first.address),
        )

        [invited] = await quiet.doorstep.list(office=other)
        assert outcomes == ["done", "done"]
        seen.add((invited.state, len(await users_of(quiet, first.address))))
    assert seen <= {(State.AWAITING_APPROVAL, 1), (State.PENDING, 0)}


async def test_s4_46_both_reject_at_once(quiet: House) -> None:
    """S4.46: two offices that reject one person at the same moment leave no user behind."""
    for _ in range(TRIES):
        pair = await two_open(quiet)
        await set_up(quiet, pair[0])

        outcomes = await at_once(*(quiet.doorstep.reject(each.id, approver=boss_of(each)) for each in pair))

        assert outcomes == ["done", "done"]
        assert await users_of(quiet, pair[0].address) == []


async def test_s2_18_two_grants_at_once(house: House) -> None:
    """S2.18: five offices that let in one person at the same moment give five memberships to one user."""
    first = await member_elsewhere(house)
    offices = [await house.office(approval_required=False) for _ in range(5)]

    made = await asyncio.gather(*(house.doorstep.invite(office=each, email=first.address) for each in offices))
    await asyncio.gather(*(house.until_state(each, State.ACTIVE) for each in made))

    assert await belongs_to(house, first.address) == {first.office.code, *offices}
    with pytest.raises(Conflict) as member:
        await house.doorstep.invite(office=offices[0], email=first.address)
    assert member.value.code == "already_member"
