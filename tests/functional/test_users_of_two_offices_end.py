"""How the second membership of an existing user ends, and what stays (S2.10, S2.11, S4.46)."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from doorstep.domain.errors import Conflict, Forbidden
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from doorstep.store import tables as t
from tests.functional.knowing import (
    belongs_to,
    member_elsewhere,
    welcomed,
)
from tests.house import PASSWORD, House
from tests.members import boss_of

DAY = timedelta(days=1)


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


async def test_no_user_is_left_over(house: House) -> None:
    """S4.47: of all that was made here no username stays that no membership and no invitation wants."""
    u, m, i = t.users.c, t.memberships.c, t.invitations.c
    belongs = select(m.id).where(m.user_id == u.id).exists()
    is_awaited = select(i.id).where(i.user_id == u.id).exists()

    lost = await house.run(
        lambda tx: tx.execute(select(func.count()).select_from(t.users).where(~belongs, ~is_awaited))
    )

    assert lost.scalar_one() == 0
