"""Everybody on the staff against every command of the client API, on real rows: let through, refused, or not there."""

import asyncio

import pytest

from tests.client_commands import CASES, About, Case, Things, acting, commands, heard
from tests.house import House
from tests.office_rows import fingerprints
from tests.offices_at_work import KINDS, AtWork, at_work
from tests.rights import answer, answer_of_office, reaches

AT_ONCE = 8
"""Fewer than there are connections: nobody has to wait so long for one that it counts as a database that is away."""


@pytest.fixture(scope="module")
async def untouched(worked_house: House) -> AtWork:
    """An office in which every command is refused, so that all of the tests find it as it was."""
    return await at_work(worked_house)


@pytest.fixture(scope="module")
async def busy(worked_house: House) -> AtWork:
    """An office in which commands are carried out."""
    return await at_work(worked_house)


def expected(rights: dict[str, str], case: Case, *, is_theirs: bool) -> str:
    """What the documents say that somebody with these rights hears."""
    match case.about:
        case About.OPEN | About.PEOPLE:
            return "allowed"
        case About.LIST:
            return "allowed" if case.right in rights else "refused"
        case About.OFFICE:
            return answer_of_office(rights, case.right)
        case About.ACCOUNT if case.right not in rights:
            return "refused"
        case About.DECISION:
            return "refused" if reaches(rights, case.right, is_theirs=is_theirs) else "hidden"
    return answer(rights, case.right, is_theirs=is_theirs)


def asked_of(scene: AtWork, kind: str) -> list[tuple[str, Things, str]]:
    """Each command about either account, and what is to be heard."""
    sides = ((scene.theirs, True), (scene.others, False))
    rights = KINDS[kind].rights
    return [
        (name, things, expected(rights, case, is_theirs=is_theirs))
        for name, case in CASES.items()
        for things, is_theirs in sides
    ]


def test_every_command_of_staff_has_its_line() -> None:
    """T20: whatever is added to the client API is held against every permission, or fails here."""
    assert commands() == CASES.keys()


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_not_allowed_is_refused_and_touches_nothing(untouched: AtWork, kind: str) -> None:
    """S1.2-S1.5, S2.22, S4.2-S4.4: refused where it is seen, not there where it is not, and no row is another one."""
    doorstep, house = untouched.as_(kind), untouched.house
    before = await house.run(lambda tx: fingerprints(tx, untouched.office))

    asked = [each for each in asked_of(untouched, kind) if each[2] != "allowed"]
    turn = asyncio.Semaphore(AT_ONCE)

    async def hear(name: str, things: Things) -> str:
        async with turn:
            return await heard(doorstep, CASES[name], things)

    said = await asyncio.gather(*(hear(name, things) for name, things, _ in asked))

    names = [(name, things.account) for name, things, _ in asked]
    assert dict(zip(names, said, strict=True)) == dict(zip(names, [answer_ for *_, answer_ in asked], strict=True))
    assert await house.run(lambda tx: fingerprints(tx, untouched.office)) == before


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_allowed_is_done(busy: AtWork, kind: str) -> None:
    """S1.2-S1.5, S2.22, S4.2-S4.4: nobody is held up who holds what the documents ask for."""
    doorstep = busy.as_(kind)

    for name, things, answer_ in asked_of(busy, kind):
        if answer_ == "allowed":
            about = await busy.renewed(name, things) if CASES[name].is_last else things
            assert await heard(doorstep, CASES[name], about) == "allowed", name


async def test_customers_can_do_nothing_of_it(untouched: AtWork) -> None:
    """S0.1: a customer, a stranger and the staff of no office are refused by name, and find nothing by its id."""
    house = untouched.house
    before = await house.run(lambda tx: fingerprints(tx, untouched.office))
    member = await untouched.operator.user(untouched.theirs.username)

    for address in (member.user.email, "stranger@example.org", untouched.theirs.username):
        doorstep = acting(house.doorstep, address)
        said = {name: await heard(doorstep, case, untouched.theirs) for name, case in CASES.items()}
        things = (About.THING, About.DECISION)
        assert {n for n, answer_ in said.items() if answer_ == "hidden"} == {
            name for name, case in CASES.items() if case.about in things
        }
        assert {n for n, answer_ in said.items() if answer_ == "allowed"} == {"offices", "fronts"}
    assert await house.run(lambda tx: fingerprints(tx, untouched.office)) == before


async def test_a_username_administrator_sees_all_and_decides(busy: AtWork) -> None:
    """S4.24, S4.42: who is no staff looks at whatever they may have to decide about, and does nothing else."""
    boss = acting(busy.operator, f"boss1@{busy.office}.example")

    said = {name: await heard(boss, case, busy.others) for name, case in CASES.items()}

    looks = {name for name, case in CASES.items() if case.right == "see" or case.about in (About.OPEN, About.PEOPLE)}
    assert {name for name, answer_ in said.items() if answer_ == "allowed"} == looks
    assert {said[name] for name in CASES.keys() - looks} == {"refused"}


async def test_without_staff_whoever_holds_the_keys_does_everything(house: House) -> None:
    """S0.1: until an office names its first member of staff, a name is a note in the records and no more."""
    office = await house.office()
    clerk, boss = (acting(house.doorstep, f"{who}@{office}.example") for who in ("clerk", "boss"))

    invitation = await clerk.invite(office=office, email="ana@example.org", is_draft=True)
    assert invitation.id in {each.id for each in await clerk.list()}
    await clerk.staff_set(office, boss.actor.name, permissions=["administrator"])

    things = Things(office, "", invitation.id, invitation.id, "", "", "")
    assert (await boss.show(invitation.id)).invited_by == clerk.actor.name
    assert [await heard(clerk, CASES[name], things) for name in ("list", "show")] == ["refused", "hidden"]
