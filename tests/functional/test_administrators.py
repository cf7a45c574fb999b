"""Who decides and who looks after the staff of an office: at least one of either, whoever goes at the same moment."""

import asyncio

import pytest

from doorstep.domain.errors import Conflict, Forbidden, Invalid, NotFound
from doorstep.domain.messages import Message
from starter.client import Doorstep
from tests.client_commands import acting, fresh
from tests.functional.racing import at_once
from tests.functional.staffing import draft, staffed
from tests.house import House
from tests.office_rows import fingerprints


def bosses(office: str, count: int) -> list[str]:
    """Addresses for username administrators."""
    return [f"b{number}@{office}.example" for number in range(count)]


async def test_an_office_has_one_to_three_username_administrators(house: House) -> None:
    """S4.21, S4.22: a fourth is refused and none at all too; the same one in two spellings counts once."""
    office = await house.office(approvers=0)
    for count in (0, 4):
        with pytest.raises(Invalid) as caught:
            await house.doorstep.approvers_set(office, bosses(office, count))
        assert (caught.value.code, caught.value.field) == ("approvers_count", "approvers")
        assert f"one to 3 username administrators; {count} were given" in caught.value.message

    three = await house.doorstep.approvers_set(office, bosses(office, 3))
    with pytest.raises(Invalid):
        await house.doorstep.approvers_set(office, bosses(office, 4))
    spelled = await house.doorstep.approvers_set(office, [f"Boss@{office}.example", f"BOSS@{office}.example"])

    assert three.approvers == tuple(bosses(office, 3))
    assert len(spelled.approvers) == 1


async def test_without_a_username_administrator_nothing_is_sent(house: House) -> None:
    """S4.21, S4.23: a draft is kept; sending it, inviting and sending again are refused, and no mail goes out."""
    office = await house.office()
    expired, address = await draft(house, office), f"{fresh('x')}@example.org"
    await house.doorstep.approver_remove(office, f"boss1@{office}.example")

    for asked in (house.doorstep.invite(office=office, email=address), house.doorstep.send(expired.id)):
        with pytest.raises(Conflict) as caught:
            await asked
        assert caught.value.code == "no_approver"
        assert f"doorstep approvers set {office} ADDRESS" in caught.value.message
    assert (await house.doorstep.invite(office=office, email=address, is_draft=True)).state == "draft"
    assert house.mails(address) == []
    assert house.mails(expired.address) == []

    await house.doorstep.approvers_set(office, bosses(office, 1))
    assert await house.mail_of(await house.doorstep.send(expired.id), Message.INVITATION)


async def test_the_last_username_administrator_stays_while_something_is_open(house: House) -> None:
    """S4.23: what was sent, or waits for a decision, keeps one; somebody unknown is told so."""
    office = await house.office(approvers=2)
    first, last = f"boss1@{office}.example", f"boss2@{office}.example"
    invitation = await house.pending(office)

    left = await house.doorstep.approver_remove(office, first.upper())
    with pytest.raises(Conflict) as caught:
        await house.doorstep.approver_remove(office, last)
    with pytest.raises(NotFound) as gone:
        await house.doorstep.approver_remove(office, first)
    await house.doorstep.revoke(invitation.id)
    none = await house.doorstep.approver_remove(office, last)

    assert (left.approvers, none.approvers) == ((last,), ())
    assert (caught.value.code, gone.value.code) == ("last_approver", "no_such_approver")
    assert f"doorstep approvers set {office} ADDRESS" in caught.value.message


async def test_two_removals_at_once_leave_one(house: House) -> None:
    """S4.23: of two administrators who are taken off at the same moment one stays, as long as something is open."""
    for _ in range(5):
        office = await house.office(approvers=2)
        await house.doorstep.invite(office=office, email=f"{fresh('x')}@example.org")
        removing = [house.doorstep.approver_remove(office, f"boss{number}@{office}.example") for number in (1, 2)]

        assert sorted(await at_once(*removing)) == ["done", "last_approver"]
        assert len((await house.doorstep.office(office)).approvers) == 1


async def test_lists_that_are_set_at_once_never_add_up(house: House) -> None:
    """S4.22: of several lists one is the list; they never become a longer one."""
    office = await house.office()
    lists = [[f"{name}{number}@{office}.example" for number in range(3)] for name in "abcd"]

    said = await at_once(*(house.doorstep.approvers_set(office, each) for each in lists))

    assert said == ["done"] * 4
    assert list((await house.doorstep.office(office)).approvers) in lists


async def test_nothing_is_sent_behind_the_back_of_the_last_one_who_goes(house: House) -> None:
    """S4.21, S4.23: inviting and taking off the last one at the same moment, exactly one of the two is done."""
    for _ in range(8):
        office = await house.office()
        inviting = house.doorstep.invite(office=office, email=f"{fresh('x')}@example.org")

        said = await at_once(inviting, house.doorstep.approver_remove(office, f"boss1@{office}.example"))

        assert said in (["done", "last_approver"], ["no_approver", "done"])


async def two_chiefs(house: House) -> tuple[str, list[Doorstep]]:
    """An office with two administrators of its staff, and one colleague."""
    office, _ = await staffed(house, "customerView")
    second = f"chief2@{office}.example"
    await house.doorstep.staff_set(office, second, permissions=["administrator"])
    return office, [acting(house.doorstep, each) for each in (f"chief@{office}.example", second)]


async def administrators(house: House, office: str) -> list[str]:
    """Who can change the staff of an office."""
    return [each.address for each in await house.doorstep.staff(office) if "administrator" in each.permissions]


async def test_an_office_with_staff_keeps_an_administrator(house: House) -> None:
    """S1.2: the last one neither goes nor steps down while there are colleagues, and never steps down alone."""
    office, (chief, second) = await two_chiefs(house)
    await chief.staff_remove(office, second.actor.name)

    for asked in (
        chief.staff_remove(office, chief.actor.name),
        chief.staff_set(office, chief.actor.name, permissions=["superuser"]),
    ):
        with pytest.raises(Conflict) as caught:
            await asked
        assert caught.value.code == "last_administrator"
    await chief.staff_remove(office, f"clerk@{office}.example")
    with pytest.raises(Conflict):
        await chief.staff_set(office, chief.actor.name, permissions=["superuser"])
    assert await administrators(house, office) == [chief.actor.name]

    await chief.staff_remove(office, chief.actor.name)
    assert await house.doorstep.staff(office) == []


async def test_two_administrators_never_take_each_other_off(house: House) -> None:
    """S1.2: at the same moment one of the two wins, and the other is on the staff no longer and refused as such."""
    for _ in range(5):
        office, (chief, second) = await two_chiefs(house)

        said = await at_once(
            chief.staff_remove(office, second.actor.name), second.staff_remove(office, chief.actor.name)
        )

        assert sorted(said) == ["done", "not_staff"]
        assert len(await administrators(house, office)) == 1


async def test_the_operator_never_takes_off_both_at_once(house: House) -> None:
    """S1.2: one removed and one demoted at the same moment, one of the two stays administrator."""
    for _ in range(5):
        office, (chief, second) = await two_chiefs(house)

        said = await at_once(
            house.doorstep.staff_remove(office, chief.actor.name),
            house.doorstep.staff_set(office, second.actor.name, permissions=["superuser"]),
        )

        assert sorted(said) == ["done", "last_administrator"]
        assert len(await administrators(house, office)) == 1


async def test_one_offices_staff_leave_the_others_alone(house: House) -> None:
    """S2.23, T20: somebody of two offices is two members of staff; each office changes its own, and not the name."""
    (one, _), (two, _) = [await staffed(house, "customerView") for _ in range(2)]
    chief = acting(house.doorstep, f"chief@{one}.example")
    shared = f"{fresh('shared')}@example.org"
    await house.doorstep.staff_set(two, shared, name="Ana Ngata", permissions=["superuser"], accounts=["2000"])
    before = await house.run(lambda tx: fingerprints(tx, two))

    made = await chief.staff_set(one, shared, name="Somebody", permissions=["companyView"], accounts=["1042"])
    await chief.staff_set(one, shared, is_rep=True, may_grant=["invoices"])
    with pytest.raises(Forbidden):
        await acting(house.doorstep, shared).invite(office=one, email="x@example.org", accounts=["1042"])
    await chief.staff_remove(one, shared)

    assert (made.name, made.account_codes, len(made.accounts)) == ("Ana Ngata", ("1042",), 1)
    assert await house.run(lambda tx: fingerprints(tx, two)) == before
    there = await house.doorstep.staff_member(two, shared)
    assert (there.permissions, there.account_codes) == (frozenset({"superuser"}), ("2000",))


async def test_staff_look_at_themselves_whatever_the_spelling(house: House) -> None:
    """S1.2: everybody reads what they hold; only an administrator reads what the others hold."""
    office, clerk = await staffed(house, "customerView")

    own = await acting(house.doorstep, clerk.actor.name.upper()).staff_member(office, clerk.actor.name)

    assert own.permissions == frozenset({"customerView"})
    with pytest.raises(Forbidden):
        await clerk.staff_member(office, f"chief@{office}.example")
    await asyncio.gather(*(house.doorstep.staff_set(office, clerk.actor.name, name="Clerk") for _ in range(5)))
    assert [each.name for each in await house.doorstep.staff(office)].count("Clerk") == 1
