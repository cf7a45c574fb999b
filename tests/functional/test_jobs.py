"""The people of a job: how many places there are, and who holds one (S2.1-S2.6)."""

from datetime import timedelta

import pytest

from doorstep.domain.errors import Conflict
from doorstep.domain.states import State
from tests.functional.knowing import (
    JOB,
    OTHER_JOB,
    done,
    inside,
    invited,
    member_elsewhere,
    person_at,
    users_of,
)
from tests.functional.racing import at_once
from tests.house import PASSWORD, House
from tests.members import boss_of

DAY = timedelta(days=1)


async def is_full(house: House, office: str, *, job: str = JOB) -> bool:
    """True where one more person is refused; who is not is revoked again."""
    [outcome] = await at_once(invited(house, office, "one-more", job=job))
    for one in await house.doorstep.list(office=office, state=State.PENDING):
        if one.address == person_at(office, "one-more"):
            await house.doorstep.revoke(one.id)
    return outcome == "job_full"


async def test_s2_4_whoever_is_in_or_on_the_way_counts(house: House) -> None:
    """S2.4, S2.3: pending, waiting and active people hold a place until they are removed; drafts hold none."""
    office = await house.office(places_per_job=3)
    draft = await invited(house, office, "draft", is_draft=True)
    pending = await invited(house, office, "pending")
    waiting = await invited(house, office, "waiting")
    await done(house, waiting)
    before = await is_full(house, office)
    active = await inside(house, office, "active")
    full = await is_full(house, office)

    ends = []
    for each in (pending, waiting, active):
        await house.doorstep.revoke(each.id)
        ends.append(await is_full(house, office))
        await invited(house, office, f"in-the-place-of-{each.id}")
        ends.append(await is_full(house, office))

    assert (before, full, ends) == (False, True, [False, True] * 3)
    assert (await house.doorstep.show(draft.id)).state is State.DRAFT


@pytest.mark.parametrize("holds", [False, True], ids=["free", "held"])
async def test_s2_4_a_setting_lets_an_expired_one_keep_its_place(house: House, *, holds: bool) -> None:
    """S2.4: an expired invitation holds no place, unless the office wants it to, and then until it is taken back."""
    office = await house.office(places_per_job=1, expired_holds_place=holds, resend_cooldown=timedelta(0))
    first = await invited(house, office, "first")
    await house.until(first, lambda row: not row.unsent())
    await house.pass_time(first, DAY)
    await house.until_state(first, State.EXPIRED)

    full = await is_full(house, office)

    assert full is holds
    resent = await house.doorstep.resend(first.id)
    assert resent.state is State.PENDING
    assert await is_full(house, office)
    await house.doorstep.revoke(first.id)
    assert not await is_full(house, office)


@pytest.mark.parametrize("holds", [False, True], ids=["free", "held"])
async def test_s2_4_an_expired_one_comes_back_only_to_a_free_place(house: House, *, holds: bool) -> None:
    """S2.4, S2.5: while somebody else sits there it cannot be sent again; an own place waits for it."""
    office = await house.office(places_per_job=1, expired_holds_place=holds, resend_cooldown=timedelta(0))
    first = await invited(house, office, "first")
    await house.until(first, lambda row: not row.unsent())
    await house.pass_time(first, DAY)
    await house.until_state(first, State.EXPIRED)
    if holds:
        assert (await house.doorstep.resend(first.id)).state is State.PENDING
        return
    await invited(house, office, "second")

    with pytest.raises(Conflict) as refused:
        await house.doorstep.resend(first.id)

    assert refused.value.code == "job_full"
    assert (await house.doorstep.show(first.id)).state is State.EXPIRED


async def test_s2_3_a_deleted_user_leaves_the_place(house: House) -> None:
    """S2.3, S2.11: whoever has signed in is removed by deleting the user, and that frees the place too."""
    office = await house.office(places_per_job=1)
    active = await inside(house, office, "ana")
    await house.doorstep.sign_in(active.username, PASSWORD, source=office)
    full = await is_full(house, office)

    await house.doorstep.user_delete(active.username)

    assert full
    assert not await is_full(house, office)


async def test_s2_6_one_person_on_two_jobs_takes_a_place_in_each(house: House) -> None:
    """S2.6, S2.18: no `already_member` for a new job, one user in both, and for the same job nothing is left."""
    office = await house.office(places_per_job=1)
    one = await inside(house, office, "ana")
    two = await inside(house, office, "ana", job=OTHER_JOB)

    with pytest.raises(Conflict) as member:
        await invited(house, office, "ana", job=OTHER_JOB)

    assert member.value.code == "already_member"
    assert (one.id == two.id, one.user_id == two.user_id) == (False, True)
    assert [await is_full(house, office), await is_full(house, office, job=OTHER_JOB)] == [True, True]
    assert await users_of(house, one.address) == [one.username]
    await house.doorstep.revoke(two.id)
    assert [await is_full(house, office), await is_full(house, office, job=OTHER_JOB)] == [True, False]


async def test_s2_6_an_open_invitation_to_one_job_is_none_to_the_other(house: House) -> None:
    """S2.6, S2.7: the same person may be invited to two jobs at once; again to one of them is the one that is open."""
    office = await house.office()

    one = await invited(house, office, "ana")
    two = await invited(house, office, "ana", job=OTHER_JOB)
    again = await invited(house, office, "ana")

    assert (again.id, two.id == one.id) == (one.id, False)


async def test_s2_12_everyone_on_a_job_has_their_own_user(house: House) -> None:
    """S2.12, S2.7: three people, three invitations, three users; nobody signs in with what another one set."""
    office = await house.office()

    three = [await inside(house, office, name) for name in ("ana", "ben", "zoe")]

    assert len({each.id for each in three}) == len({each.user_id for each in three}) == 3
    assert {each.username for each in three} == {person_at(office, name) for name in ("ana", "ben", "zoe")}


async def test_a_member_elsewhere_takes_a_place_like_anybody(house: House) -> None:
    """S2.4, S2.17: an existing user who waits for approval on a job holds a place of it, and loses it when refused."""
    office = await house.office(places_per_job=1)
    first = await member_elsewhere(house)

    invitation = await house.doorstep.invite(office=office, email=first.address, job=JOB)
    full = await is_full(house, office)
    await house.doorstep.reject(invitation.id, approver=boss_of(invitation))

    assert full
    assert not await is_full(house, office)
