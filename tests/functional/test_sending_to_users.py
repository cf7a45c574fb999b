"""What was drafted, expired or sent to a wrong address, and turns out to be for somebody who has a user (S2.17)."""

from datetime import timedelta

import pytest

from doorstep.domain.errors import Conflict, Gone
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from tests.functional.knowing import (
    member_elsewhere,
    messages_from,
    person_at,
    welcomed,
)
from tests.house import PASSWORD, House
from tests.pages import token_of

DAY = timedelta(days=1)


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
