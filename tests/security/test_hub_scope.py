"""T20, T24 over every route of the Team Hub: who comes in, and what is not there for whoever does."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from itertools import cycle, product

import httpx2
import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import Right
from doorstep.security.sessions import new_session_id, session_hash
from doorstep.store import staff_logins, staff_sessions
from doorstep.store import tables as t
from doorstep.store.staff_sessions import ABSOLUTE, IDLE
from tests.client_commands import fresh
from tests.house import House
from tests.hub import Colleague, colleague
from tests.hub_ground import Ground, ask, ground_of
from tests.hub_routes import NOBODY, Route, forms, pages
from tests.hub_world import EVERYTHING, OF_OTHERS, World, rep_of
from tests.office_rows import fingerprints
from tests.pages import visitor
from web.cookies import Cookie

pytestmark = pytest.mark.xdist_group("hub-routes")

ss = t.staff_sessions.c
INSIDE = [*pages(), *forms()]


@pytest.fixture(scope="module")
async def ground(worked_house: House) -> AsyncIterator[Ground]:
    """The pages of an office at work."""
    async with ground_of(worked_house) as made:
        yield made


@pytest.fixture(scope="module")
async def stranger(ground: Ground) -> Colleague:
    """Somebody who may do everything, in another office."""
    house = ground.world.house
    home = await house.office()
    return await colleague(house, ground.app, home, *EVERYTHING)


async def rows(ground: Ground) -> dict[str, str]:
    """Every row of the office; whatever was done up to now is forgotten."""
    ground.ledger.clear()
    return await ground.world.house.run(lambda tx: fingerprints(tx, ground.world.office))


def said(answer: httpx2.Response, route: Route, things: Mapping[str, str]) -> str:
    """A page without the names that were asked for, which a refusal may say again."""
    text = answer.text
    for name in route.named(things).values():
        text = text.replace(name, "…")
    return text


def nothing(things: Mapping[str, str]) -> dict[str, str]:
    """The same kinds of things, of which there is none."""
    return dict.fromkeys(things, NOBODY)


async def test_t20_an_office_of_others_is_not_there(ground: Ground, stranger: Colleague) -> None:
    """T20: whoever does not work in an office finds it as little as one that there is not: 404, and no row touched."""
    wrong, before = {}, await rows(ground)
    for route in (route for route in INSIDE if route.is_of_office):
        answers = []
        for things in (ground.things, nothing(ground.things)):
            answer = await ask(stranger, route, route.at(things), ground.things)
            answers.append(said(answer, route, things))
            if trouble := ground.wrong_with(answer, 404):
                wrong[route.name] = trouble
        if answers[0] != answers[1]:
            wrong[route.name] = "told apart"

    assert wrong == {}
    assert await rows(ground) == before


async def test_t20_a_foreign_thing_is_an_unknown_one(ground: Ground, stranger: Colleague) -> None:
    """T20: an id or a name of another office opens nothing, not even beside the own office: as if there were none."""
    wrong, before = {}, await rows(ground)
    for route in (route for route in INSIDE if route.kinds):
        answers = []
        for things in (ground.things, nothing(ground.things)):
            answer = await ask(stranger, route, route.at(things, office=stranger.office), ground.things)
            answers.append(said(answer, route, things))
            if trouble := ground.wrong_with(answer, 404):
                wrong[route.name] = trouble
        if answers[0] != answers[1]:
            wrong[route.name] = "told apart"

    assert wrong == {}
    assert await rows(ground) == before


async def test_t20_a_form_of_ones_own_office_touches_nothing_elsewhere(ground: Ground, stranger: Colleague) -> None:
    """T20: whatever ids of another office a form names, sent to the own one, they are unknown there."""
    wrong, before = {}, await rows(ground)
    for route in (route for route in forms() if route.is_of_office and not route.kinds):
        answer = await ask(stranger, route, route.at({"office": stranger.office}), ground.things)
        if answer.status_code >= 500 or any(point.address in answer.text for point in ground.world.points.values()):
            wrong[route.name] = answer.status_code

    assert wrong == {}
    assert await rows(ground) == before


async def test_t20_no_page_of_ones_own_tells_of_another_office(ground: Ground, stranger: Colleague) -> None:
    """T20: no list and no figure of the own office holds anything of another one."""
    told = {}
    for route in (route for route in pages() if not route.kinds and not route.case.query):
        answer = await stranger.browser.get(route.at({"office": stranger.office}))
        if answer.status_code >= 400 or ground.world.office in answer.text:
            told[route.name] = answer.status_code

    assert told == {}


async def test_t20_s1_3_a_rep_finds_assigned_companies_alone(ground: Ground) -> None:
    """T20, S1.3, S4.3: what belongs to an account of others is not there for a rep: 404, as for what there is not."""
    rep, others = await rep_of(ground.world, ground.app), {**ground.things, **ground.world.others}
    wrong, before = {}, await rows(ground)
    for route in (route for route in INSIDE if route.is_of_account):
        unknown = {**nothing(others), "office": ground.world.office}
        answers = [await ask(rep, route, route.at(things), ground.things) for things in (others, unknown)]
        if trouble := ground.wrong_with(answers[0], 404):
            wrong[route.name] = trouble
        elif said(answers[0], route, others) != said(answers[1], route, unknown):
            wrong[route.name] = "told apart"

    assert wrong == {}
    assert await rows(ground) == before


async def test_s1_3_no_list_of_a_rep_holds_other_companies(ground: Ground) -> None:
    """S1.3, S4.3: on no page that a rep may open stands a word of the accounts that are assigned to others."""
    rep, told, seen = await rep_of(ground.world, ground.app), {}, 0
    for route in pages():
        answer = await rep.browser.get(route.at(ground.things))
        words = [word for word in OF_OTHERS if word in answer.text]
        if words or answer.status_code >= 500:
            told[route.name] = (answer.status_code, words)
        seen += answer.status_code == 200

    assert told == {}
    assert seen > 1


LACKING: dict[str, list[str]] = {
    Right.SEE: ["manage_email_templates"],
    Right.TEMPLATES: ["administrator", "erase_people"],
    Right.ERASE: ["administrator", "manage_email_templates"],
    Right.SETTINGS: ["superuser", "erase_people", "manage_email_templates"],
    Right.STAFF: ["superuser", "erase_people", "manage_email_templates"],
    "decide": list(EVERYTHING),
}
"""Who lacks a right, with as much of everything else as there is."""
LOOKING = ["companyView", "erase_people", "manage_email_templates"]
"""Who lacks all the others."""


async def test_s4_4_who_lacks_the_right_is_refused_by_the_page_itself(ground: Ground) -> None:
    """S4.4: a page or a form that takes a right answers 403, or 404, to everybody else, and no row is another one."""
    wrong, office = {}, ground.world.office
    people = {
        right: await colleague(ground.world.house, ground.app, office, *LACKING.get(right, LOOKING))
        for right in (*Right, "decide")
    }
    ground.ledger.clear()
    for route in (route for route in INSIDE if route.case.right is not None):
        person = people[str(route.case.right)]
        answer = await ask(person, route, route.at(ground.things), ground.things)
        if trouble := ground.wrong_with(answer, 403, 404):
            wrong[route.name] = trouble

    assert wrong == {}


async def session(world: World, who: Colleague, *, waits_for_code: bool = False, **changed: object) -> str:
    """A session of somebody with whatever is not as usual in its row."""
    made = new_session_id()

    async def work(tx: AsyncConnection) -> None:
        login = await staff_logins.make(tx, who.address)
        await staff_sessions.start(tx, session_hash(made), login, agent="tests", waits_for_code=waits_for_code)
        if changed:
            await tx.execute(update(t.staff_sessions).where(ss.id_hash == session_hash(made)).values(changed))

    await world.house.run(work)
    return made


async def dead_sessions(ground: Ground) -> dict[str, str]:
    """Cookies that opened something once, or never did."""
    world = ground.world
    ended, gone = [await colleague(world.house, ground.app, world.office, "administrator") for _ in range(2)]
    await ended.browser.post("/hub/sign-out")
    await world.house.doorstep.staff_remove(world.office, gone.address, actor=world.chief)
    now = ss.created_at
    return {
        "rubbish": "x" * 43,
        "planted": new_session_id(),
        "signed out": ended.session,
        "off the staff": gone.session,
        "waits for its code": await session(world, ground.chief, waits_for_code=True),
        "idle": await session(world, ground.chief, seen_at=now - IDLE - timedelta(seconds=1)),
        "old": await session(world, ground.chief, ends_at=now - timedelta(seconds=1), created_at=now - ABSOLUTE),
    }


def _refused(route: Route, status: int, location: str) -> bool:
    return status == 303 and location.startswith("/hub/sign-in") if route.method == "GET" else status == 403


async def test_t24_nobody_comes_in_without_a_live_session(ground: Ground) -> None:
    """T24: without a session, and with one that has ended in whatever way, every page leads to the sign-in."""
    wrong = {}
    dead = await dead_sessions(ground)
    before, name = await rows(ground), str(Cookie.STAFF)
    ground.ledger.clear()
    # One cookie after the other in turns: all routes stand behind one door, and each cookie knocks at many of them.
    for route, (what, cookie) in [*zip(INSIDE, cycle(dead.items()), strict=False), *product(INSIDE, [("none", "")])]:
        outsider = Colleague(visitor(ground.app), fresh("nobody"), cookie, ground.world.office)
        if cookie:
            outsider.browser.cookies.set(name, cookie)
        answer = await ask(outsider, route, route.at(ground.things), ground.things)
        status, location = answer.status_code, answer.headers.get("location", "")
        if not _refused(route, status, location) or ground.wrong_with(answer, status):
            wrong[route.name, what] = (status, location)

    assert wrong == {}
    assert await rows(ground) == before
