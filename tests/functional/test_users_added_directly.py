"""Somebody who was added directly, never set a password, and is invited by another office (S2.19)."""

from datetime import timedelta

import pytest

from doorstep.domain.errors import Gone, Invalid
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from tests.functional.knowing import added, belongs_to, mail_to
from tests.house import PASSWORD, House
from tests.members import boss_of
from tests.pages import token_of

DAY = timedelta(days=1)


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
