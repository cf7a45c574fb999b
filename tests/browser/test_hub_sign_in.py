"""Signing in to the Team Hub in a real browser: the app is set up, and password and code are typed."""

from collections.abc import AsyncIterator

import pytest
from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]  # ships no types
from fastapi import FastAPI
from playwright.async_api import Browser, Page

from doorstep.security import passwords
from doorstep.store import staff_logins
from tests.browser.conftest import serving
from tests.browser.looking import PHONE, SMALL_TARGETS, Scheme, inspect
from tests.house import PASSWORD, House
from tests.hub import Colleague, colleague
from tests.hub_browsing import signed_in
from tests.openid.running import Provider
from tests.phones import Phone
from web.app import create_app
from web.serving import build_server

VIEWS: list[tuple[int, int, Scheme]] = [
    (PHONE, 740, "light"),
    (PHONE, 740, "dark"),
    (1280, 800, "light"),
    (1280, 800, "dark"),
]


@pytest.fixture
async def portal(app: FastAPI, worked_house: House) -> AsyncIterator[str]:
    """Pages with a provider in their settings; nobody goes there."""
    doorstep = Provider("http://127.0.0.1:9").of(worked_house.doorstep, oidc_name="Kauri ID")
    async with serving(build_server(create_app(doorstep), worked_house.settings)) as port:
        yield f"http://127.0.0.1:{port}"


async def seen_everywhere(page: Page, name: str) -> None:
    """Looked at on a phone and on a desk, light and dark."""
    await page.evaluate(AXE_SCRIPT)
    await page.set_viewport_size({"width": PHONE, "height": 740})
    assert await page.evaluate(SMALL_TARGETS) == []
    for view in VIEWS:
        await inspect(page, f"hub-{name}", *view)


async def with_password(house: House, person: Colleague) -> None:
    """The person has set a password; the way to it through the mail is proven elsewhere."""
    made = await passwords.hash_password(PASSWORD)
    login = await house.run(lambda tx: staff_logins.make(tx, person.address))
    await house.run(lambda tx: staff_logins.set_password(tx, login, made))


async def test_an_app_is_set_up_and_its_code_opens_the_hub(
    house: House, app: FastAPI, portal: str, chromium: Browser
) -> None:
    """T24: the drawing and the secret are shown, the first code turns it on, the next one lets the person in."""
    person = await colleague(house, app, await house.office(), "administrator")
    await with_password(house, person)
    async with await chromium.new_context(base_url=portal) as mine, await chromium.new_context(base_url=portal) as new:
        page = await (await signed_in(mine, portal, person.session)).new_page()
        await page.goto("/hub/account")
        await page.get_by_role("button", name="Set it up").click()
        phone = Phone("".join((await page.locator(".secret").inner_text()).split()))
        await seen_everywhere(page, "account-code-begun")
        await page.get_by_role("textbox", name="Code").fill(phone.code())
        await page.get_by_role("button", name="Turn it on").click()
        await page.get_by_text("It is on").wait_for()

        other = await new.new_page()
        await other.goto(f"/hub?next={person.path()}")
        await seen_everywhere(other, "sign-in-with-provider")
        await other.get_by_label("E-mail address").fill(person.address)
        await other.get_by_label("Password", exact=True).fill(PASSWORD)
        await other.get_by_role("button", name="Sign in").click()
        await other.get_by_role("heading", name="Now the code").wait_for()
        await seen_everywhere(other, "sign-in-code-asked")
        await other.get_by_role("textbox", name="Code").fill(phone.code(steps=1))
        await other.get_by_role("button", name="Sign in").click()
        await other.wait_for_url(f"**{person.path()}")

        await page.goto("/hub/account")
        await page.get_by_text("Sign out everywhere else…").click()
        await seen_everywhere(page, "account-code-on")
        await page.get_by_role("button", name="Sign out everywhere else").click()
        await other.goto("/hub/account")

        assert "/hub/sign-in" in other.url
