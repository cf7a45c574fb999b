"""Figures: the funnel, the time of each step, and what is open, held against the same worked out line by line."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from doorstep.domain.errors import Forbidden, Invalid, NotFound
from doorstep.domain.figures import Age, By, Direct, Step
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from doorstep.store.audit import Actor
from tests.client_commands import acting
from tests.functional.counting import Line, expected, told, write
from tests.functional.direct import add
from tests.functional.staffing import CRM, staffed
from tests.house import PASSWORD, House
from tests.pages import active, add_accounts

DONE = Line(state="active", sent=5, delivered=20, set_up=600, decided=4_000, active=4_002, signed_in=9_000)
LINES = (
    Line(sent=None),
    Line(sent=3),
    Line(sent=4, delivered=9, channel="text"),
    Line(sent=4, delivered=300, attention=("undeliverable",)),
    Line(state="awaiting_approval", sent=10, set_up=100, accounts=("1042",)),
    Line(state="awaiting_approval", sent=11, set_up=7_000, channel="text", accounts=("1042", "2000")),
    Line(state="rejected", sent=2, set_up=50, decided=800, has_user=False, template="Welcome"),
    Line(state="approved", sent=2, set_up=60, decided=900, template="Welcome"),
    Line(state="active", sent=2, set_up=70, decided=1_000, active=1_001),
    DONE,
    Line(state="active", ago=30, sent=6, delivered=50, set_up=90, decided=200, active=203, signed_in=86_000),
    Line(state="active", ago=900, sent=7, set_up=40, decided=100, active=104, signed_in=500, channel="text"),
    Line(state="active", sent=None, set_up=0, decided=10, active=12, is_existing=True),
    Line(state="active", sent=1, set_up=30, decided=70, active=72, signed_in=99, has_user=False),
    Line(state="erased", sent=1, delivered=2, set_up=30, has_user=False),
    Line(state="expired", ago=200, sent=1, since=86_400, is_closed=True),
    Line(state="expired", ago=26, sent=1, since=86_400),
    Line(state="declined"),
    Line(state="revoked", is_released=False, sent=None),
    Line(state="draft", is_released=False, sent=None),
    Line(is_test=True),
    Line(state="active", set_up=1, decided=2, active=3, signed_in=4, is_test=True),
)


@pytest.fixture(scope="module")
async def counted(worked_house: House) -> str:
    """An office with `LINES`, for every test that only looks."""
    house = worked_house
    office = await house.office(approvers=0)
    await add_accounts(house, office, {"1042": "Kauri Farms", "2000": "Rimu Dairies"})
    await write(house, office, LINES)
    return office


async def test_the_funnel_and_the_times_are_those_of_every_line(house: House, counted: str) -> None:
    """S4.18: rehearsals and drafts are nowhere; no step has more than the one before; median and p95 of each way."""
    found = await house.doorstep.figures(counted)

    assert told(found.total) == expected(LINES)
    reached = [each.count for each in found.total.funnel]
    assert reached == sorted(reached, reverse=True)
    assert reached[0] == len(LINES) - 4
    total = found.total
    assert (total.undeliverable, total.existing, total.departed) == (1, 1, 1)
    assert {state: count for state, count in total.states.items() if count} == {
        "pending": 4,
        "awaiting_approval": 2,
        "approved": 1,
        "active": 6,
        "expired": 2,
        "rejected": 1,
        "declined": 1,
        "erased": 1,
    }


@pytest.mark.parametrize("by", By)
async def test_taken_apart_the_parts_are_those_of_every_line(house: House, counted: str, by: By) -> None:
    """Each group says what its own lines say; one for two accounts counts at both; the whole stays the whole."""
    office = counted

    found = await house.doorstep.figures(office, by=by)

    names: dict[str, list[Line]] = {}
    for line in (line for line in LINES if line.steps):
        moment = found.at - timedelta(hours=line.ago)
        for name in {
            By.OFFICE: [office],
            By.CHANNEL: [line.channel],
            By.TEMPLATE: [line.template],
            By.ACCOUNT: line.accounts or [""],
            By.BATCH: [""],
            By.MONTH: [f"{moment.astimezone(UTC):%Y-%m}"],
        }[by]:
            names.setdefault(name, []).append(line)
    assert {each.name: told(each) for each in found.groups} == {name: expected(of) for name, of in names.items()}
    assert told(found.total) == expected(LINES)
    assert found.groups_left_out == 0


async def test_a_window_holds_what_was_created_in_it(house: House, counted: str) -> None:
    """From `since` until just before `until`, moments or how long ago; what is open is so whenever it began."""
    office, day = counted, timedelta(hours=24)

    young = await house.doorstep.figures(office, since=day)
    old = await house.doorstep.figures(office, until=young.since)

    assert young.since == young.at - day
    assert told(young.total) == expected([line for line in LINES if line.ago < 24])
    assert told(old.total) == expected([line for line in LINES if line.ago >= 24])
    assert young.open == old.open != ()


async def test_a_window_that_cannot_be_is_refused(house: House) -> None:
    """One that ends before it begins, a moment without a zone, and what figures know nothing of."""
    office = await house.office(approvers=0)
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - that is what is refused
    wrong = ({"since": timedelta(0)}, {"until": naive}, {"since": naive}, {"by": "weather"})

    codes = []
    for window in wrong:
        with pytest.raises(Invalid) as refused:
            await house.doorstep.figures(office, **window)
        codes.append(refused.value.code)

    assert codes == ["window_invalid"] * 3 + ["by_invalid"]
    with pytest.raises(NotFound):
        await house.doorstep.figures("nowhere")


async def test_open_ones_are_told_by_state_and_by_how_long(house: House, counted: str) -> None:
    """What waits for somebody, by the time in its state; an expired one until it is closed; no rehearsal."""
    found = await house.doorstep.figures(counted)

    assert [(each.state, each.age, each.count) for each in found.open] == [
        ("draft", Age.DAY, 1),
        ("pending", Age.DAY, 4),
        ("awaiting_approval", Age.DAY, 2),
        ("approved", Age.DAY, 1),
        ("expired", Age.DAY, 1),
    ]


async def test_nothing_out_of_sight_is_in_a_number(house: House) -> None:
    """S1.3: a rep has the figures of the assigned accounts, of one office and of all; others of the office hear no."""
    office, rep = await staffed(house, *CRM, is_rep=True)
    theirs = Line(sent=2, accounts=("1042",))
    await write(house, office, [theirs, DONE, Line(accounts=("1042", "2000")), Line(accounts=("2000",))])
    await add(house, office, email=f"ann@{office}.example")
    await add(house, office, f"bob.{office}", account="2000", email=f"bob@{office}.example")
    stranger = acting(house.doorstep, f"nobody@{office}.example")

    seen = [await rep.figures(office, by="account"), await rep.figures(by="account")]
    everything = await house.doorstep.figures(office)

    for found in seen:
        assert told(found.total) == expected([theirs])
        assert sum(each.count for each in found.open) == 1
        assert found.direct == Direct(added=1)
    assert [found.groups[0].name for found in seen] == ["1042", f"{office} 1042"]
    assert (everything.total.reached(Step.INVITED), everything.direct) == (4, Direct(added=2))
    with pytest.raises(Forbidden):
        await stranger.figures(office)
    assert (await stranger.figures(until=everything.at)).office is None


async def test_without_an_office_it_is_all_in_sight_and_no_more(house: House) -> None:
    """T20: a key has its own office, a username administrator theirs, and a member of staff of two offices both."""
    here, _ = await staffed(house, *CRM)
    there, _ = await staffed(house, *CRM)
    for office in (here, there):
        await write(house, office, [DONE])
        await add(house, office, f"ann.{office}", email=f"ann@{office}.example")
    both = f"both@{here}.example"
    for office in (here, there):
        await house.doorstep.staff_set(office, both, permissions=["companyView"])
    made = await house.doorstep.key_add(here, "erp", scopes=["read"])
    key = replace(house.doorstep, actor=Actor("erp", "api", key_id=made.key.id))
    boss = acting(house.doorstep, f"boss1@{there}.example")

    found = [await each.figures(by="office") for each in (key, boss, acting(house.doorstep, both))]

    assert [sorted(each.name for each in figures.groups) for figures in found] == [
        [here],
        [there],
        sorted((here, there)),
    ]
    assert [figures.direct.added for figures in found] == [1, 1, 2]


async def test_whoever_walks_the_whole_way_is_counted_at_each_step(house: House) -> None:
    """By the product itself: sent, set up, approved, signed in; somebody who had a user; one erased; a rehearsal."""
    office, there = await house.office(), await house.office()
    ana = await active(house, office, email=f"ana@{office}.example")
    await house.doorstep.sign_in(ana.address, PASSWORD, source=office)
    gone = await active(house, office, email=f"gone@{office}.example")
    await house.doorstep.erase(gone.id)
    await active(house, office, email=f"me@{office}.example", is_test=True)
    again = await house.doorstep.invite(office=there, email=ana.address)
    await house.doorstep.approve(again.id, approver=f"boss1@{there}.example")
    await house.until_state(again, State.ACTIVE)
    await house.mail_of(again, Message.WELCOME_EXISTING)

    here = (await house.doorstep.figures(office)).total
    beyond = (await house.doorstep.figures(there)).total

    assert [each.count for each in here.funnel] == [2, 2, 2, 2, 2, 1]
    assert (here.existing, here.departed, here.states["erased"]) == (0, 1, 1)
    assert all(each.count for each in here.times if each.stretch != "sent_to_delivered")
    assert [each.count for each in beyond.funnel] == [1, 1, 1, 1, 1, 0]
    assert (beyond.existing, beyond.times[0].count) == (1, 0)
