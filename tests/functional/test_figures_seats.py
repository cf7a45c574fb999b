"""The report on seats: which usernames count, and why (S4.47)."""

from datetime import timedelta

import pytest

from doorstep.domain.errors import Forbidden, NotFound
from doorstep.domain.seats import Reason, SeatCount
from doorstep.store import seats as store
from tests.client_commands import acting
from tests.functional.counting import Line, write
from tests.functional.direct import add
from tests.functional.staffing import CRM, staffed
from tests.house import House
from tests.members import user_named

# Set up at once: a minute later could be the next day.
WAITING = Line(ago=50, state="awaiting_approval", set_up=0, accounts=("2000",))
BOTH = Line(ago=50, state="active", set_up=0, decided=40, active=50, accounts=("1042", "2000"))
NONE = (Line(), Line(state="draft", is_released=False), Line(state="rejected", set_up=9, decided=10, has_user=False))
REHEARSAL = Line(state="active", set_up=1, decided=2, active=3, is_test=True, accounts=("1042",))


async def test_every_username_that_counts_is_told_with_the_reason(house: House) -> None:
    """S4.47: from set-up or Create User until deleted, suspended ones too; both of a pair; no rehearsal."""
    office, _ = await staffed(house, *CRM)
    await write(house, office, [WAITING, BOTH, REHEARSAL, *NONE])
    pair = await add(house, office)
    (active,) = [each for each in await house.doorstep.users(office, state="active") if not each.user.is_test]
    await house.doorstep.user_suspend(active.user.username)

    report = await house.doorstep.seat_report(office)
    page = await house.doorstep.seat_list(office)

    assert report.total == await house.doorstep.seats(office) == len(page.items) == 4
    assert report.states == (SeatCount("setup_pending", 2), SeatCount("unapproved", 1), SeatCount("suspended", 1))
    assert {each.name: each.count for each in report.accounts} == {"1042": 3, "2000": 2}
    assert (report.rehearsals, report.awaited) == (1, 1)
    found = {each.username: each for each in page.items}
    assert found[pair.staff.username].is_staff_login
    assert "by itself" in found[pair.staff.username].why
    assert not found[pair.management.username].is_staff_login
    assert (found[active.user.username].accounts, found[active.user.username].reason) == (
        ("1042", "2000"),
        Reason.SUSPENDED,
    )
    began = (report.at - timedelta(hours=50)).date()
    assert [(each.day, each.count) for each in report.taken] == [(began, 2), (report.at.date(), 2)]


async def test_a_deleted_username_is_in_the_report_no_more(house: House) -> None:
    """S4.46, S4.47: the seat of the staff login goes by itself, and with the management login both."""
    office, _ = await staffed(house, *CRM)
    ann, bob = await add(house, office), await add(house, office, f"bob.{office}")

    await house.doorstep.user_delete(ann.staff.username)
    await house.doorstep.user_delete(bob.management.username)

    report = await house.doorstep.seat_report(office)
    assert (report.total, [each.count for each in report.taken]) == (1, [1])
    assert await user_named(house, bob.staff.username) is None


async def test_a_rep_is_told_of_the_assigned_accounts(house: House) -> None:
    """S1.3: somebody on an account in sight counts, with that account alone; others of the office hear nothing."""
    office, rep = await staffed(house, *CRM, is_rep=True)
    await write(house, office, [WAITING, BOTH])

    report = await rep.seat_report(office)
    page = await rep.seat_list(office)

    assert (report.total, report.accounts) == (1, (SeatCount("1042", 1),))
    assert [each.accounts for each in page.items] == [("1042",)]
    with pytest.raises(Forbidden):
        await acting(house.doorstep, f"nobody@{office}.example").seat_list(office)
    with pytest.raises(NotFound):
        await house.doorstep.seat_report("nowhere")


async def test_the_list_goes_on_where_a_page_ends(house: House) -> None:
    """By username; no one is left out, and no one comes twice."""
    office, _ = await staffed(house, *CRM)
    await write(house, office, [WAITING, BOTH, BOTH, WAITING, REHEARSAL])
    actor = house.doorstep.actor

    found, after = [], ""
    while True:
        page = await house.run(lambda tx, after=after: store.page(tx, actor, office, after=after, limit=3))  # type: ignore[misc]
        found += [each.username for each in page.items]
        if not (after := page.next):
            break

    assert len(found) == 4
    assert found == sorted(set(found))
