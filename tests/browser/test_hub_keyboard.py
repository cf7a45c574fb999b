"""The Team Hub by the keyboard alone, without JavaScript, on paper, and after the sign-out."""

import re
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from playwright.async_api import Browser, Page, expect

from tests.house import PASSWORD, House
from tests.hub import Colleague
from tests.hub_browsing import painted, signed_in
from tests.hub_ground import session_id
from tests.hub_routes import pages
from tests.hub_world import World, chief_of, world_of

pytestmark = pytest.mark.xdist_group("hub-looks")

OUTLINE = """
    () => { const style = getComputedStyle(document.activeElement);
            return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 }
"""
BUTTONS = """
    [...document.querySelectorAll("button, summary, input[type=submit], input[type=search], nav")]
        .filter((each) => each.checkVisibility()).map((each) => each.outerHTML.slice(0, 200))
"""

CLOSED_AND_PRESSED = """
    () => { const list = document.getElementById("shortcuts"), inside = list.querySelector("button");
            list.showModal();
            list.close();
            for (const key of "gc") inside.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true})) }
"""


@pytest.fixture(scope="module")
async def world(worked_house: House) -> World:
    """An office at work."""
    return await world_of(worked_house)


@pytest.fixture
async def chief(world: World, app: FastAPI) -> Colleague:
    """Somebody who may do everything there."""
    made = await chief_of(world, app)
    world.things["session"] = str(await session_id(world.house, made))
    return made


@pytest.fixture
async def page(chromium: Browser, portal: str, chief: Colleague) -> AsyncIterator[Page]:
    """A tab of theirs, on a desk."""
    async with await chromium.new_context(base_url=portal, viewport={"width": 1280, "height": 800}) as context:
        yield await (await signed_in(context, portal, chief.session)).new_page()


@pytest.fixture
async def plain(chromium: Browser, portal: str, chief: Colleague) -> AsyncIterator[Page]:
    """A tab of theirs, in a browser without JavaScript."""
    async with await chromium.new_context(base_url=portal, java_script_enabled=False) as context:
        yield await (await signed_in(context, portal, chief.session)).new_page()


async def test_the_first_stop_of_the_keyboard_leads_to_the_content(page: Page, chief: Colleague) -> None:
    """S0.2: Tab shows the way past the menu, Enter takes it, and the next stop is inside of the page's own content."""
    await page.goto(chief.path("/clients"))
    await painted(page)
    await page.keyboard.press("Tab")
    first = (await page.evaluate("document.activeElement.className"), await page.evaluate(OUTLINE))
    is_shown = await page.locator(".skip").evaluate("each => each.getBoundingClientRect().top >= 0")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    is_inside = await page.evaluate("document.getElementById('main').contains(document.activeElement)")

    assert first == ("skip", True)
    assert is_shown
    assert is_inside


async def test_every_stop_of_the_keyboard_is_seen(page: Page, chief: Colleague) -> None:
    """S0.2: wherever Tab leads on a page full of things, what has the focus is told from everything else."""
    await page.goto(chief.path("/clients"))
    await painted(page)
    unseen, steps = [], 0
    while steps < 60 and (steps == 0 or await page.evaluate("document.activeElement !== document.body")):
        await page.keyboard.press("Tab")
        steps += 1
        if await page.evaluate("document.activeElement !== document.body") and not await page.evaluate(OUTLINE):
            unseen.append(await page.evaluate("document.activeElement.outerHTML"))

    assert steps > 10
    assert unseen == []


async def test_the_keys_are_listed_and_lead_where_they_say(page: Page, chief: Colleague) -> None:
    """S0.2, S3.3: `?` lists the shortcuts, Escape closes the list, `g` and a letter go to a page, `/` to its search."""
    dialog = page.locator("dialog#shortcuts")
    await page.goto(chief.path())
    await painted(page)
    await page.keyboard.press("?")
    await expect(dialog).to_be_visible()
    words = await dialog.inner_text()
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await page.keyboard.press("g")
    await page.keyboard.press("c")
    await page.wait_for_url(f"**{chief.path('/clients')}")
    await painted(page)
    await page.keyboard.press("/")

    assert "Clients" in words
    await expect(page.locator("main [name=q]")).to_be_focused()


async def test_a_key_in_the_moment_the_list_closes_counts(page: Page, chief: Colleague) -> None:
    """S0.2: the list of the shortcuts keeps the focus until the next frame; a key that comes before it is not lost."""
    await page.goto(chief.path())
    await painted(page)

    await page.evaluate(CLOSED_AND_PRESSED)

    await page.wait_for_url(f"**{chief.path('/clients')}")


FILTERED = ("/clients", "/companies", "/links")


@pytest.mark.parametrize("below", FILTERED)
async def test_a_list_filters_without_javascript(plain: Page, chief: Colleague, below: str) -> None:
    """S1.6, S3.3, S4.29: Search and Clear are buttons and links of the page, whatever the browser can do besides."""
    await plain.goto(chief.path(below))
    before = await plain.inner_text("#results")
    await plain.fill("main [name=q]", "nobody is called like this")
    await plain.click("main .filters button:has-text('Search')")
    await plain.wait_for_load_state()
    nothing = await plain.inner_text("#results")
    await plain.click("main .filters >> text=Clear")
    await plain.wait_for_load_state()
    again = await plain.inner_text("#results")

    assert "Kauri Ridge" in before
    assert "Kauri Ridge" not in nothing
    assert again == before


async def test_no_page_needs_javascript_for_its_forms(plain: Page, world: World) -> None:
    """S4.28, S4.43: every form has a button that sends it, and nothing is sent by a button outside of a form."""
    lacking = {}
    for route in (route for route in pages() if route.case.is_page):
        await plain.goto(route.at(world.things))
        forms = plain.locator("main form")
        # Evaluated by the browser's tools, which need no script of the page.
        counts = [
            await forms.nth(at).locator("button, input[type=submit]").count() for at in range(await forms.count())
        ]
        stray = await plain.locator("main button:not(form button):not([form]):not([hidden])").count()
        if not all(counts) or stray:
            lacking[route.name] = (counts, stray)

    assert lacking == {}


@pytest.mark.parametrize("path", ["/hub/invitations/{waiting}", "/hub/invitations/{waiting}/review"])
async def test_on_paper_a_page_has_no_buttons(page: Page, world: World, path: str) -> None:
    """S2.8, S4.43: what is printed tells of the person and the decision, and has nothing to press."""
    await page.goto(path.format(waiting=world.points["waiting"].id))
    await page.emulate_media(media="print")
    left = await page.evaluate(BUTTONS)
    words = await page.inner_text("main")

    assert left == []
    assert "Kiri Tuhoro" in words


async def test_t25_back_after_the_sign_out_shows_the_sign_in(page: Page, portal: str, chief: Colleague) -> None:
    """T25: Back leads to the sign-in, and not to what somebody saw before."""
    await page.goto(chief.path("/clients"))
    await page.click("header .menu summary:has-text('Mere Tane')")
    await page.click("text=Sign out")
    await page.wait_for_url(f"{portal}/hub/sign-in*")
    await page.go_back()
    await page.wait_for_load_state()

    assert re.search(r"/hub/sign-in\?next=", page.url)
    assert "Kauri Ridge" not in await page.content()
    assert PASSWORD not in await page.content()
