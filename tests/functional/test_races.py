"""Many at once, for real: whoever changes the row first wins, and the others get a stable answer (T10, T11)."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from doorstep.domain.events import Event
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from tests.functional.ground import NobodyAtWork
from tests.functional.racing import at_once, pass_on_row, the_clock
from tests.house import PASSWORD, House

HOUR = timedelta(hours=1)
ROUNDS = 5


async def test_t10_twenty_set_ups_of_one_link_make_one_user(house: House) -> None:
    """T10: of twenty at once exactly one wins; one user, one entry in the audit, one set of mails."""
    office = await house.office(approvers=2)
    invitation = await house.pending(office)
    token = house.token(await house.mail_of(invitation, Message.INVITATION))
    asked = [house.doorstep.set_up(token, username=f"{office}-{n}", password=PASSWORD) for n in range(20)]

    outcomes = await at_once(*asked)

    assert Counter(outcomes) == {"done": 1, "already_set_up": 19}
    row = await house.until(invitation, lambda row: not row.unsent())
    assert row.state is State.AWAITING_APPROVAL
    assert row.username == f"{office}-{outcomes.index('done')}"
    assert (await house.events(invitation)).count(Event.SET_UP) == 1
    assert len(house.mails(invitation.address, Message.SET_UP_RECEIVED)) == 1
    for boss in row.office.approvers:
        assert len(house.mails(boss, Message.APPROVAL_NEEDED)) == 1


async def test_t10_two_people_cannot_take_one_username(house: House) -> None:
    """T10, S4.17: one username wanted in ten set-ups at once goes to one; the others may choose again."""
    office = await house.office()
    invitations = await asyncio.gather(*(house.pending(office) for _ in range(10)))
    tokens = [house.token(house.mails(each.address, Message.INVITATION)[-1]) for each in invitations]

    outcomes = await at_once(*(house.doorstep.set_up(t, username=f"{office}-x", password=PASSWORD) for t in tokens))

    assert Counter(outcomes) == {"done": 1, "username_taken": 9}
    loser = outcomes.index("username_taken")
    again = await house.doorstep.set_up(tokens[loser], username=f"{office}-y", password=PASSWORD)
    assert again.state is State.AWAITING_APPROVAL


async def test_t11_one_decision_stands(house: House) -> None:
    """T11: approve, reject and revoke at once, many times: one of them stands, the others hear that it does."""
    office = await house.office()
    boss = f"boss1@{office}.example"
    waiting = await asyncio.gather(*(house.waiting(office) for _ in range(ROUNDS)))
    do = replace(house.doorstep, starter=NobodyAtWork())  # once it is active, it may be revoked after all (S2.10)

    async def race(one: Invitation) -> list[str]:
        return await at_once(
            do.approve(one.id, approver=boss),
            do.reject(one.id, approver=boss),
            do.revoke(one.id),
            do.approve(one.id, approver=boss),
        )

    outcomes = await asyncio.gather(*map(race, waiting))

    await asyncio.gather(*map(house.doorstep.starter.wake, waiting))
    for one, ended in zip(waiting, outcomes, strict=True):
        assert sorted(ended).count("done") == 1, ended
        assert set(ended) <= {"done", "already_decided", "wrong_state", "signed_in_already"}
        won = (State.ACTIVE, State.REJECTED, State.REVOKED, State.ACTIVE)[ended.index("done")]
        row = await house.until(one, lambda row: row.state in (State.ACTIVE, State.REJECTED, State.REVOKED))
        assert row.state is won
        assert (row.user_id is not None) == (won is State.ACTIVE)


async def test_t11_an_approval_and_a_late_timer_do_not_meet(house: House) -> None:
    """T11, F18: a timer of the link that fires while somebody approves changes nothing."""
    office = await house.office()
    waiting = await asyncio.gather(*(house.waiting(office) for _ in range(ROUNDS)))
    await asyncio.gather(*(pass_on_row(house, one, 25 * HOUR) for one in waiting))
    boss = f"boss1@{office}.example"

    outcomes = await asyncio.gather(
        *(at_once(house.doorstep.approve(one.id, approver=boss), the_clock(house, one)) for one in waiting)
    )

    assert outcomes == [["done", "done"]] * ROUNDS
    for one in waiting:
        await house.until_state(one, State.ACTIVE)
        assert Event.EXPIRED not in await house.events(one)


@pytest.mark.parametrize("left", [timedelta(0), timedelta(milliseconds=60), HOUR])
async def test_t11_at_the_deadline_a_set_up_or_the_expiry_wins(house: House, left: timedelta) -> None:
    """T11, S4.13: around the last moment a person is in or the link is dead, never both and never neither."""
    office = await house.office()
    invitations = await asyncio.gather(*(house.pending(office) for _ in range(ROUNDS)))
    tokens = [house.token(house.mails(each.address, Message.INVITATION)[-1]) for each in invitations]
    await asyncio.gather(*(pass_on_row(house, one, 24 * HOUR - left) for one in invitations))

    outcomes = await asyncio.gather(
        *(
            at_once(
                house.doorstep.set_up(token, username=f"{office}-{one.id}", password=PASSWORD), the_clock(house, one)
            )
            for one, token in zip(invitations, tokens, strict=True)
        )
    )

    for one, (set_up, _) in zip(invitations, outcomes, strict=True):
        await the_clock(house, one)
        row = await house.doorstep.show(one.id)
        if set_up == "done":
            assert row.state is State.AWAITING_APPROVAL
            assert row.set_up_at is not None
            assert row.expires_at is not None
            assert row.set_up_at < row.expires_at
        else:
            assert set_up == "expired"
            assert (row.state, row.user_id) == (State.EXPIRED, None)
    if left == HOUR:
        assert {ended[0] for ended in outcomes} == {"done"}
    if not left:
        assert {ended[0] for ended in outcomes} == {"expired"}


async def test_t11_a_set_up_or_the_revocation_wins(house: House) -> None:
    """T11: who is revoked while setting up is out, with or without a user made in between."""
    office = await house.office()
    invitations = await asyncio.gather(*(house.pending(office) for _ in range(ROUNDS)))
    tokens = [house.token(house.mails(each.address, Message.INVITATION)[-1]) for each in invitations]

    outcomes = await asyncio.gather(
        *(
            at_once(
                house.doorstep.set_up(token, username=f"{office}-{one.id}", password=PASSWORD),
                house.doorstep.revoke(one.id),
            )
            for one, token in zip(invitations, tokens, strict=True)
        )
    )

    for one, (set_up, revoked) in zip(invitations, outcomes, strict=True):
        assert (set_up, revoked) in (("done", "done"), ("link_revoked", "done"))
        row = await house.until_state(one, State.REVOKED)
        assert row.user_id is None
    assert await house.doorstep.list(office=office, state=State.AWAITING_APPROVAL) == []


async def test_t11_a_set_up_or_the_new_link_wins(house: House) -> None:
    """T11, decision 3: a resend during a set-up either comes too late or kills the link under the form."""
    office = await house.office()
    invitations = await asyncio.gather(*(house.pending(office) for _ in range(ROUNDS)))
    tokens = [house.token(house.mails(each.address, Message.INVITATION)[-1]) for each in invitations]
    await asyncio.gather(*(pass_on_row(house, one, 2 * HOUR) for one in invitations))

    outcomes = await asyncio.gather(
        *(
            at_once(
                house.doorstep.set_up(token, username=f"{office}-{one.id}", password=PASSWORD),
                house.doorstep.resend(one.id),
            )
            for one, token in zip(invitations, tokens, strict=True)
        )
    )

    for one, ended in zip(invitations, outcomes, strict=True):
        row = await house.doorstep.show(one.id)
        assert tuple(ended) in (("done", "already_accepted"), ("superseded", "done"))
        assert (row.state, row.generation) == (
            (State.AWAITING_APPROVAL, 1) if ended[0] == "done" else (State.PENDING, 2)
        )
