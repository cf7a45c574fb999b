"""Ways through the Team Hub: every page is found by following links, and no link leads nowhere."""

import re
from html import unescape
from urllib.parse import urljoin, urlsplit

from fastapi import FastAPI

from tests.house import House
from tests.hub_routes import Route, routes
from tests.hub_world import chief_of, world_of

LINK = re.compile(r'<a\b[^>]*?\shref="([^"]*)"')
PIECE = re.compile(r"\{\w+(?::path)?\}")
FOUND, LEADS_ON = 200, 303
AFTER_A_BUTTON = {"GET /hub/account/code"}
"""What no link leads to, since something is made on the way."""


def answers(route: Route, path: str) -> bool:
    """Whether it is the route of that path."""
    return re.fullmatch("[^?]+".join(map(re.escape, PIECE.split(route.path))), path) is not None


async def test_every_page_is_found_by_links_and_none_of_them_is_dead(house: House, app: FastAPI) -> None:
    """S0.2, S1.1, S3.2: whoever starts at the dashboard comes to every page, and to none that is not there."""
    world = await world_of(house)
    chief = await chief_of(world, app)
    waiting, seen, dead = [chief.path()], set[str](), list[tuple[str, int]]()

    while waiting:
        address = waiting.pop()
        path = urlsplit(address).path
        if path in seen or not path.startswith("/hub"):
            continue
        seen.add(path)
        answer = await chief.browser.get(address)
        if answer.status_code not in {FOUND, LEADS_ON}:
            dead.append((address, answer.status_code))
        waiting += [urljoin(address, unescape(link)) for link in LINK.findall(answer.text)]

    inside = [r for r in routes() if r.method == "GET" and r.case.is_page and not r.case.is_outside]
    assert dead == []
    assert {route.name for route in inside if not any(answers(route, path) for path in seen)} == AFTER_A_BUTTON
