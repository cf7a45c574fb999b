"""What other sites, forged forms and strange addresses can do to the Team Hub, over every route that it has.

A route that is added is covered as soon as it has its line in `tests.hub_routes.CASES`, and fails until then.
"""

import re
from collections.abc import AsyncIterator, Mapping
from itertools import cycle, islice
from urllib.parse import urlsplit

import pytest

from tests.house import House
from tests.hub_cases import CASES
from tests.hub_engines import RECORDS, forgetful, unchangeable
from tests.hub_ground import Ground, ask, ground_of
from tests.hub_routes import Route, forms, pages, routes
from tests.hub_world import chief_of
from tests.pages import PORTAL, visitor
from web.hub.visits import TOKEN_FIELD, token_of

pytestmark = pytest.mark.xdist_group("hub-routes")  # the world takes long to bring together

EVIL = "evil.example"
LEADS = (
    f"//{EVIL}",
    f"https://{EVIL}",
    f"/\\{EVIL}",
    f"https:{EVIL}",
    "javascript:alert(1)",
    f"@{EVIL}",
    f"/hub@{EVIL}",
)
ASKED = ("next", "return_to", "url", "continue", "back", "done", "after")
LINKS = re.compile(r'\s(?:href|src|action|formaction|hx-get|hx-post)="([^"]*)"')
BEYOND = ("is_admin", "state", "office", "actor", "user_id", "invited_by", "password")
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}


@pytest.fixture(scope="module")
async def ground(worked_house: House) -> AsyncIterator[Ground]:
    """The pages of an office at work."""
    async with ground_of(worked_house) as made:
        yield made


def test_every_route_has_a_case() -> None:
    """T20: a route that is added is covered by these tests, or fails here by its name; and no case is left behind."""
    assert {route.name for route in routes()} ^ CASES.keys() == set()


async def test_every_kind_of_thing_has_one(ground: Ground) -> None:
    """T20: what an address names is a thing that the world has, or the other tests would ask for nothing."""
    named = {route.name: kind for route in [*pages(), *forms()] for kind in route.kinds if kind not in ground.things}

    assert named == {}


FORGED: Mapping[str, Mapping[str, str]] = {
    "cross-site": {"Sec-Fetch-Site": "cross-site", "Origin": f"http://{EVIL}"},
    "same-site": {"Sec-Fetch-Site": "same-site", "Origin": "http://other.example"},
    "another origin": {"Origin": f"http://{EVIL}"},
    "no origin": {"Origin": "null"},
}


async def test_t12_no_form_of_another_site_counts(ground: Ground) -> None:
    """T12: with the cookie and the very token, by Fetch Metadata where it is there and by Origin where it is not."""
    wrong = {}
    for route in (route for route in routes() if route.method == "POST"):
        sent = {TOKEN_FIELD: token_of(ground.chief.session), **route.sends(ground.things)}
        for what, headers in FORGED.items():
            answer = await ground.chief.browser.post(route.at(ground.things), data=sent, headers=headers)
            if said := ground.wrong_with(answer, 403):
                wrong[route.name, what] = said

    assert wrong == {}


async def test_t12_no_form_counts_without_the_token_of_its_session(ground: Ground) -> None:
    """T12: without a token, with a made-up one, and with that of another session of the same person: 403, no change."""
    other = await chief_of(ground.world, ground.app)
    tokens: list[dict[str, str]] = [{}, {TOKEN_FIELD: ""}, {TOKEN_FIELD: "0" * 64}]
    headers = {"Sec-Fetch-Site": "same-origin", "Origin": PORTAL}
    wrong = {}
    for shift, route in enumerate(forms()):
        for token in (tokens[shift % len(tokens)], {TOKEN_FIELD: token_of(other.session)}):
            sent = {**route.sends(ground.things), **token}
            answer = await ground.chief.browser.post(route.at(ground.things), data=sent, headers=headers)
            if said := ground.wrong_with(answer, 403):
                wrong[route.name, str(token)] = said

    assert wrong == {}


async def test_t12_looking_changes_nothing(ground: Ground) -> None:
    """T05, T12, decision 9: every page is there on a database that takes no change, with GET and with HEAD."""
    async with unchangeable(ground.world.house) as app:
        chief, wrong = await chief_of(ground.world, app), {}
        for route in pages():
            for method in ("GET", "HEAD"):
                answer = await chief.browser.request(method, route.at(ground.things))
                if answer.status_code not in {200, 303}:
                    wrong[route.name, method] = answer.status_code

    assert wrong == {}


async def test_t13_t25_every_answer_carries_the_headers(ground: Ground) -> None:
    """T13, T25: no frame, no sniffing, no referrer, no cache, for whoever is in and for whoever is not."""
    wrong = []
    for route in routes():
        path = route.at(ground.things)
        mine = await ground.chief.browser.request("PUT" if route.method == "POST" else "GET", path)
        for answer in (mine, await visitor(ground.app).request(route.method, path)):
            lacking = {name for name, value in HEADERS.items() if answer.headers.get(name) != value}
            is_shut = answer.headers["x-frame-options"] == "DENY"
            policy = answer.headers["content-security-policy"]
            if route.case.is_framed and answer is mine:
                is_shut = answer.headers["x-frame-options"] == "SAMEORIGIN" and "sandbox" in policy.split("; ")
            elif "frame-ancestors 'none'" not in policy or "default-src 'none'" not in policy:
                lacking.add(policy)
            if lacking or not is_shut:
                wrong.append((route.name, answer.status_code, lacking))

    assert wrong == []


def leads_away(target: str) -> bool:
    """Whether a browser would leave for where we never sent anybody."""
    return EVIL in urlsplit(target.replace("\\", "/")).netloc or target.startswith(("//", "/\\", "javascript:"))


async def test_t18_no_address_leads_away(ground: Ground) -> None:
    """T18: whatever is asked for beside it, each page goes on inside the Hub and has no link to what was asked for."""
    wrong = {}
    for shift, route in enumerate(route for route in routes() if route.method == "GET"):
        asked = dict(zip(ASKED, islice(cycle(LEADS), shift, None), strict=False))
        for browser in (ground.chief.browser, visitor(ground.app)):
            answer = await browser.get(route.at(ground.things), params=asked)
            found = [*LINKS.findall(answer.text), answer.headers.get("location", "/hub")]
            if away := [each for each in found if leads_away(each)]:
                wrong[route.name] = away

    assert wrong == {}


async def test_t18_every_form_goes_on_inside_the_hub(ground: Ground) -> None:
    """T18: each form as it is meant is taken, and leads to a page of the Hub, wherever the address asked to go."""
    wrong = {}
    async with forgetful(ground.world.house) as (app, _):
        for shift, route in enumerate(forms()):
            chief = await chief_of(ground.world, app)
            asked = dict(zip(ASKED[:-1], islice(cycle(LEADS), shift, None), strict=False))
            sent = {TOKEN_FIELD: token_of(chief.session), **route.sends(ground.things)}
            answer = await chief.browser.post(route.at(ground.things), params=asked, data=sent)
            leads = answer.headers.get("location", "/hub")
            expected = {route.case.answers} if route.case.answers else {200, 303}
            if answer.status_code not in expected or not leads.startswith("/hub") or leads_away(leads):
                wrong[route.name] = (answer.status_code, leads, _said(answer.text))

    assert wrong == {}


def _said(html: str) -> str:
    main = html.partition("<main")[2] or html
    return " ".join(re.sub(r"<[^>]*>", " ", main).split())[:300]


def _beyond(route: Route, another: str) -> list[dict[str, object]]:
    """What no page of ours sends beside the fields of a form: another one, and each of its own twice."""
    once = {name: value for name, value in route.case.fields.items() if isinstance(value, str)}
    twice: list[dict[str, object]] = [{name: [value] * 2} for name, value in once.items()]
    return [{another: "admin"}, *twice]


async def test_t19_a_form_takes_nothing_beyond_its_fields(ground: Ground) -> None:
    """T19: a field more, or a field twice, is refused as a whole: 422, and no row is another one."""
    wrong: dict[str, set[object]] = {}
    async with forgetful(ground.world.house) as (app, ledger):
        chief = await chief_of(ground.world, app)
        takers = [route for route in routes() if route.method == "POST" and route.path != "/hub/sign-out"]
        for route, another in zip(takers, cycle(BEYOND), strict=False):
            for more in _beyond(route, another):
                ledger.clear()
                answer = await ask(chief, route, route.at(ground.things), ground.things, **more)
                # Behind no link there is no form, whatever is sent.
                expected = {410, 422} if route.case.is_outside else {422}
                if answer.status_code not in expected or set(ledger.touched) - RECORDS:
                    wrong.setdefault(route.name, set()).add((answer.status_code, *more, *ledger.touched))

    assert wrong == {}
