"""Seats: who takes one, from when on, and what frees it again (S4.46-S4.48)."""

import pytest

from doorstep.domain.errors import Conflict, Forbidden, NotFound
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from tests.functional.direct import add, office_with_account
from tests.house import PASSWORD, House
from tests.members import user_named
from tests.pages import active


async def test_a_username_takes_a_seat_from_the_set_up_until_it_is_deleted(house: House) -> None:
    """S4.47, S4.46: not while the link is out; unapproved ones too, until they are refused; a suspended one still."""
    office = await house.office()
    counted = [await house.doorstep.seats(office)]

    async def count() -> None:
        counted.append(await house.doorstep.seats(office))

    pending = await house.pending(office)
    await count()
    waiting = await house.set_up(pending)
    await count()
    ana = await active(house, office, email=f"ana@{office}.example")
    await count()
    await house.doorstep.reject(waiting.id, approver=f"boss1@{office}.example")
    await count()
    await house.doorstep.user_suspend(ana.address)
    await count()
    gone = await house.doorstep.user_delete(ana.address)
    await count()

    assert counted == [0, 0, 1, 2, 1, 1, 0]
    assert gone.user.username == ana.address
    with pytest.raises(NotFound):
        await house.doorstep.user(ana.address)
    with pytest.raises(Forbidden):
        await house.doorstep.sign_in(ana.address, PASSWORD, source=office)


async def test_both_logins_of_a_pair_take_a_seat(house: House) -> None:
    """S4.47: the staff login counts and is deleted by itself; with the management login both go."""
    office = await office_with_account(house)
    ann, bob = await add(house, office), await add(house, office, f"bob.{office}")
    counted = [await house.doorstep.seats(office)]

    for username in (ann.staff.username, bob.management.username):
        await house.doorstep.user_delete(username)
        counted.append(await house.doorstep.seats(office))

    assert counted == [4, 3, 1]
    assert [each.user.username for each in await house.doorstep.users(office)] == [ann.management.username]


async def test_a_deleted_user_can_be_invited_again(house: House) -> None:
    """S4.47, S4.48: the address is free for a new invitation, and the old username too."""
    office = await house.office()
    ana = await active(house, office, email=f"ana@{office}.example")
    await house.doorstep.user_delete(ana.address)

    again = await house.doorstep.invite(office=office, email=ana.address)
    await house.mail_of(again, Message.INVITATION, copies=2)
    again = await house.set_up(again)

    user = await user_named(house, ana.address)
    assert (again.state, again.is_existing) == (State.AWAITING_APPROVAL, False)
    assert (user.state, user.id == ana.user_id) == ("unapproved", False) if user else False


async def test_a_rehearsal_is_listed_and_takes_no_seat(house: House) -> None:
    """S4.18: by invitation too."""
    office = await house.office()

    await active(house, office, email=f"me@{office}.example", is_test=True)

    assert await house.doorstep.seats(office) == 0
    assert [each.user.is_test for each in await house.doorstep.users(office)] == [True]


@pytest.mark.parametrize("command", ["user_delete", "user_erase"])
async def test_somebody_who_waits_for_a_decision_is_not_deleted_beside_it(house: House, command: str) -> None:
    """S4.46: the refusal names the invitation, and the command that decides it."""
    office = await house.office()
    waiting = await house.waiting(office)

    with pytest.raises(Conflict) as refused:
        await getattr(house.doorstep, command)(waiting.address)

    assert refused.value.code == "awaiting_decision"
    assert str(waiting.id) in refused.value.message
    assert (await house.doorstep.user(waiting.address)).waits_in == (waiting.id,)
    await house.doorstep.approve(waiting.id, approver=f"boss1@{office}.example")
    await house.until_state(waiting, State.ACTIVE)
