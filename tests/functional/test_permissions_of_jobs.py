"""S2.13: everybody of a job has the same permissions, and what each of two jobs grants is kept apart."""

from collections import Counter
from datetime import timedelta

import pytest

from doorstep.domain.errors import Invalid
from doorstep.domain.permissions import permissions_of
from doorstep.domain.states import State
from tests.functional.knowing import (
    JOB,
    OTHER_JOB,
    allowed,
    approved,
    done,
    inside,
    invited,
    member_elsewhere,
    person_at,
    users_of,
)
from tests.functional.racing import at_once
from tests.house import PASSWORD, House
from tests.members import boss_of, granted
from tests.pages import add_accounts

DAY = timedelta(days=1)
CUSTOMER, BUYER = permissions_of(["customer"]), permissions_of(["buyer"])


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
