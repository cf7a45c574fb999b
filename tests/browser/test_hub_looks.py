"""How every page of the Team Hub looks: free of what axe finds (WCAG 2.2 AA), on a phone and on a desk, light and dark.

Pictures of all of them land in `build/screens/`. A page that is added is looked at by itself.
"""

import re
from collections.abc import AsyncIterator

import pytest
from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]  # ships no types
from fastapi import FastAPI
from playwright.async_api import Browser, Page

from tests.browser.looking import COLOURS, PHONE, RULES, SCREENS, Scheme
from tests.house import House
from tests.hub_browsing import signed_in
from tests.hub_routes import Route, routes
from tests.hub_world import World, chief_of, world_of

pytestmark = pytest.mark.xdist_group("hub-looks")  # the world takes long to bring together

VIEWS: list[tuple[int, int, Scheme]] = [
    (PHONE, 740, "light"),
    (PHONE, 740, "dark"),
    (1280, 800, "light"),
    (1280, 800, "dark"),
]
SMALL = """
    [...document.querySelectorAll("button, select, textarea, input:not([type=hidden]), .main-button, .small-button")]
        .map((each) => (["checkbox", "radio"].includes(each.type) && each.closest("label, td")) || each)
        .filter((each) => each.checkVisibility() && each.getBoundingClientRect().height < 36)
        .map((each) => each.outerHTML)
"""
"""A box is as large as the label, or the cell, that it stands in; 36 pixels are half as much again as WCAG 2.2 asks."""
IS_WITHIN = "document.documentElement.scrollWidth <= window.innerWidth"


@pytest.fixture(scope="module")
async def world(worked_house: House) -> World:
    """An office at work."""
    return await world_of(worked_house)


@pytest.fixture(scope="module")
async def tabs(chromium: Browser, portal: str, app: FastAPI, world: World) -> AsyncIterator[dict[bool, Page]]:
    """Two tabs for all of them: of somebody outside, and of somebody who may do everything."""
    chief = await chief_of(world, app)
    async with (
        await chromium.new_context(base_url=portal) as outside,
        await chromium.new_context(base_url=portal) as inside,
    ):
        await signed_in(inside, portal, chief.session)
        yield {True: await outside.new_page(), False: await inside.new_page()}


def looks() -> dict[str, Route]:
    """Every page that is a page of its own, by the name of its pictures; a file, or a piece of a page, is neither."""
    return {_name(route): route for route in routes() if route.method == "GET" and route.case.is_page}


def _name(route: Route) -> str:
    return re.sub(r":path|[{}]", "", route.path).strip("/").replace("/", "-")


@pytest.mark.parametrize("name", looks())
async def test_a_page_of_the_hub_is_accessible_in_every_light(tabs: dict[bool, Page], world: World, name: str) -> None:
    """S0.2, S1.6, S2.8, S3.2, S4.28: axe finds nothing, no text runs out of the page, a thumb can hit every target."""
    wrong: dict[object, object] = {}
    route = looks()[name]
    page = tabs[route.case.is_outside]
    await page.set_viewport_size({"width": PHONE, "height": 740})
    answer = await page.goto(route.at(world.things))
    assert answer is not None
    assert answer.status in {200, 410}, answer.status
    await page.evaluate(AXE_SCRIPT)
    if small := await page.evaluate(SMALL):
        wrong["small"] = small

    for width, height, scheme in VIEWS:
        await page.set_viewport_size({"width": width, "height": height})
        await page.emulate_media(color_scheme=scheme)
        await page.screenshot(path=SCREENS / f"{name}-{width}-{scheme}.png", full_page=True)
        if not await page.evaluate(IS_WITHIN):
            wrong[width, scheme] = "runs out of the page"
        found = await page.evaluate("(options) => axe.run(options)", RULES if scheme == "light" else COLOURS)
        if found["violations"]:
            wrong[width, scheme] = _told(found["violations"])

    assert wrong == {}


def _told(violations: list[dict[str, object]]) -> list[object]:
    return [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in violations]  # type: ignore[attr-defined]
