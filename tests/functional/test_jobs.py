"""The people of a job: how many places there are, who holds one, and that all of them have the same permissions."""

from collections import Counter
from datetime import timedelta

import pytest

from doorstep.domain.errors import Conflict, Invalid
from doorstep.domain.invitation import Invitation
from doorstep.domain.permissions import permissions_of
from doorstep.domain.states import State
from doorstep.store import users
from tests.functional.knowing import approved, done, member_elsewhere, person_at, users_of
from tests.functional.racing import at_once
from tests.house import PASSWORD, House
from tests.members import boss_of, granted
from tests.pages import add_accounts

DAY = timedelta(days=1)
JOB, OTHER_JOB = "12 Hill Street", "7 Lake Road"
CUSTOMER, BUYER = permissions_of(["customer"]), permissions_of(["buyer"])


async def invited(house: House, office: str, name: str, **options: object) -> Invitation:
    """Somebody who is invited to the job."""
    asked = {"job": JOB, "email": person_at(office, name)} | options
    return await house.doorstep.invite(office=office, **asked)  # type: ignore[arg-type]


async def inside(house: House, office: str, name: str, **options: object) -> Invitation:
    """Somebody who is active on the job."""
    invitation = await invited(house, office, name, **options)
    if invitation.state is State.PENDING:
        await done(house, invitation)
    return await approved(house, invitation)


async def is_full(house: House, office: str, *, job: str = JOB) -> bool:
    """True where one more person is refused; who is not is revoked again."""
    [outcome] = await at_once(invited(house, office, "one-more", job=job))
    for one in await house.doorstep.list(office=office, state=State.PENDING):
        if one.address == person_at(office, "one-more"):
            await house.doorstep.revoke(one.id)
    return outcome == "job_full"


async def allowed(house: House, username: str) -> list[set[str]]:
    """What a user may use, account by account."""
    found = await house.run(lambda tx: users.by_username(tx, username))
    assert found is not None
    user = found[0]
    return [set(each.permissions) for each in await house.run(lambda tx: users.memberships(tx, user.id))]


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


async def test_s2_13_the_second_one_gets_what_the_first_one_has(house: House) -> None:
    """S2.13: without a role it is copied; the same roles are the same; other ones are refused with what the job has."""
    office = await house.office()
    first = await invited(house, office, "ana", roles=["buyer"])

    second = await invited(house, office, "ben")
    third = await invited(house, office, "zoe", roles=["buyer"], is_draft=True)
    with pytest.raises(Invalid) as refused:
        await invited(house, office, "max", roles=["customer"])
    elsewhere = await invited(house, office, "max", roles=["customer"], job=OTHER_JOB)

    assert [set(each.permissions) for each in (first, second, third)] == [BUYER] * 3
    assert (refused.value.code, refused.value.field) == ("job_permissions", "role")
    assert all(name in refused.value.message for name in BUYER)
    assert set(elsewhere.permissions) == CUSTOMER


async def test_s2_13_an_expired_one_still_sets_the_permissions(house: House) -> None:
    """S2.13, decision 2: it may come back, and then has the same as everybody; once taken back it counts no more."""
    office = await house.office()
    first = await invited(house, office, "ana", roles=["buyer"])
    await house.until(first, lambda row: not row.unsent())
    await house.pass_time(first, DAY)
    await house.until_state(first, State.EXPIRED)

    second = await invited(house, office, "ben")
    await house.doorstep.revoke(first.id)
    await house.doorstep.revoke(second.id)
    third = await invited(house, office, "zoe")

    assert set(second.permissions) == BUYER
    assert set(third.permissions) == CUSTOMER


async def test_s2_13_an_approval_with_other_permissions_changes_them_for_all(house: House) -> None:
    """S2.13, S4.42: whoever is in, waits or is invited has them from then on, and so has whoever comes later."""
    office = await house.office(places_per_job=5)
    active = await inside(house, office, "ana")
    home = await house.doorstep.sign_in(active.username, PASSWORD, source=office)
    pending, waiting = await invited(house, office, "ben"), await invited(house, office, "zoe")
    await done(house, waiting)
    stranger = await inside(house, office, "max", job=OTHER_JOB)

    await house.doorstep.approve(waiting.id, approver=boss_of(waiting), permissions=["messages", "invoices"])

    await house.until_state(waiting, State.ACTIVE)
    later = await invited(house, office, "eve")
    assert await granted(house, active) == await granted(house, waiting) == [{"invoices", "messages"}]
    assert {(await house.doorstep.show(each.id)).permissions for each in (pending, later)} == {("invoices", "messages")}
    assert await house.doorstep.home(home) is None  # T24: signed in again, the change is there
    assert await granted(house, stranger) == [set(CUSTOMER)]
    assert set((await house.doorstep.show(active.id)).permissions) == CUSTOMER  # what was asked for stays on record


async def test_s2_13_and_back_again(house: House) -> None:
    """S2.13: a second approval with the permissions of before reaches those too whom the first one had changed."""
    office = await house.office()
    first, second = await invited(house, office, "ana"), await invited(house, office, "ben")
    await done(house, first)
    await done(house, second)
    await house.doorstep.approve(first.id, approver=boss_of(first), permissions=["messages"])
    await house.until_state(first, State.ACTIVE)

    await house.doorstep.approve(second.id, approver=boss_of(second), permissions=sorted(CUSTOMER))

    await house.until_state(second, State.ACTIVE)
    assert await granted(house, first) == await granted(house, second) == [set(CUSTOMER)]


async def test_s2_13_two_jobs_of_one_person_are_kept_apart(house: House) -> None:
    """S2.13, S2.6: what one job grants changes with that job alone; of a removed one stays what the other has."""
    await member_elsewhere(house, roles=["accounts_payable"])  # of nobody else's permissions anything gets in
    office = await house.office()
    one = await inside(house, office, "ana", roles=["buyer"])
    two = await inside(house, office, "ana", job=OTHER_JOB)
    both = await allowed(house, one.username)
    ben = await invited(house, office, "ben")
    await done(house, ben)

    await house.doorstep.approve(ben.id, approver=boss_of(ben), permissions=["inventory"])
    changed = await allowed(house, one.username)
    await house.doorstep.revoke(one.id)
    left = await allowed(house, one.username)
    await house.doorstep.revoke(two.id)

    assert both == [set(BUYER | CUSTOMER)]
    assert changed == [set(CUSTOMER | {"inventory"})]
    assert left == [set(CUSTOMER)]
    assert await users_of(house, one.address) == []


@pytest.mark.parametrize("way", ["revoke", "erase"])
async def test_s2_10_of_two_jobs_the_first_can_be_taken_back(house: House, way: str) -> None:
    """S2.10, S3.11: the membership goes on under the other job, on the accounts of that one."""
    office = await house.office()
    await add_accounts(house, office, {"1042": "Ana Farms", "2001": "Hill Farms"})
    one = await inside(house, office, "ana", accounts=["1042", "2001"])
    two = await inside(house, office, "ana", accounts=["1042"], job=OTHER_JOB)

    await getattr(house.doorstep, way)(one.id)

    session = await house.doorstep.sign_in(two.username, PASSWORD, source=office)
    home = await house.doorstep.home(session)
    assert home is not None
    assert [(each.account_code, set(each.permissions)) for each in home.memberships] == [("1042", set(CUSTOMER))]


async def test_s2_10_what_was_added_directly_stays(house: House) -> None:
    """S2.10, S4.19: an invitation to an account that somebody has by way A takes nothing of that away again."""
    office = await house.office()
    await add_accounts(house, office, {"1042": "Ana Farms"})
    address, username = person_at(office), f"ana.{office}"
    await house.doorstep.add_user(office=office, account="1042", email=address, username=username)
    one = await invited(house, office, "ana", accounts=["1042"])
    await done(house, one, username=username)
    await approved(house, one)
    before = await allowed(house, username)

    await house.doorstep.revoke(one.id)

    assert await allowed(house, username) == before == [set(CUSTOMER)]


async def test_s2_13_two_first_ones_at_once_agree(house: House) -> None:
    """S2.13: two people who are invited to a new job at the same moment, with different roles, are not both taken."""
    for number in range(10):
        office = await house.office()

        outcomes = await at_once(
            invited(house, office, "ana", roles=["buyer"], job=f"{JOB} {number}"),
            invited(house, office, "ben", roles=["customer"], job=f"{JOB} {number}"),
        )

        assert Counter(outcomes) == {"done": 1, "job_permissions": 1}


async def test_s2_13_decisions_at_once_agree(house: House) -> None:
    """S2.13, F08: three people of a job approved at once with different permissions end with the same ones."""
    office = await house.office()
    three = [await invited(house, office, name) for name in ("ana", "ben", "zoe")]
    for each in three:
        await done(house, each)
    sets = [["invoices"], ["messages"], ["invoices", "statements"]]

    outcomes = await at_once(
        *(
            house.doorstep.approve(each.id, approver=boss_of(each), permissions=names)
            for each, names in zip(three, sets, strict=True)
        )
    )

    assert outcomes == ["done"] * 3
    for each in three:
        await house.until_state(each, State.ACTIVE)
    ended = [await granted(house, each) for each in three]
    assert ended[0] == ended[1] == ended[2]
    assert [sorted(each) for each in ended[0]] in [[names] for names in sets]


async def test_a_member_elsewhere_takes_a_place_like_anybody(house: House) -> None:
    """S2.4, S2.17: an existing user who waits for approval on a job holds a place of it, and loses it when refused."""
    office = await house.office(places_per_job=1)
    first = await member_elsewhere(house)

    invitation = await house.doorstep.invite(office=office, email=first.address, job=JOB)
    full = await is_full(house, office)
    await house.doorstep.reject(invitation.id, approver=boss_of(invitation))

    assert full
    assert not await is_full(house, office)
