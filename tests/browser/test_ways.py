"""The ways of people through the pages in a real browser, and what other sites can do to them there."""

import pytest
from playwright.async_api import Browser, Page, expect

from doorstep.domain.states import State
from tests.browser.conftest import NAMED, Elsewhere, link_of
from tests.house import PASSWORD, House
from tests.hub_browsing import painted
from tests.pages import active


async def press(page: Page, *keys: str) -> None:
    """Press keys one after the other, once the page is there to hear them."""
    await painted(page)
    for key in keys:
        await page.keyboard.press(key)


async def focus(page: Page) -> str:
    """What has the focus: its id, else its class."""
    return str(await page.evaluate("document.activeElement.id || document.activeElement.className"))


async def test_the_keyboard_alone_is_enough(chromium: Browser, portal: str, house: House) -> None:
    """S4.38, S4.45: set-up and sign-in without a mouse; after a fault the summary has the focus and leads to it."""
    office = await house.office()
    invitation = await house.pending(office)
    async with await chromium.new_context(base_url=portal) as context:
        page = await context.new_page()
        await page.goto(await link_of(house, invitation))
        await press(page, "Tab", "Enter", "Tab", "Tab")
        reached = [await focus(page)]
        await page.keyboard.type("too short")
        await press(page, "Tab")
        reached.append(await focus(page))
        await press(page, "Tab", "Tab", "Enter")
        await page.wait_for_selector(".summary")
        reached.append(await focus(page))
        await press(page, "Tab", "Enter")
        reached.append(await focus(page))
        await page.keyboard.type(PASSWORD)
        await press(page, "Enter")
        await page.wait_for_url("**/set-up/done")

        await house.until_state(invitation, State.AWAITING_APPROVAL)
        await house.doorstep.approve(invitation.id, approver=f"boss1@{office}.example")
        await house.until_state(invitation, State.ACTIVE)
        await page.goto("/sign-in")
        await press(page, "Tab", "Tab")
        await page.keyboard.type(invitation.address)
        await press(page, "Tab")
        await page.keyboard.type(PASSWORD)
        await press(page, "Enter")
        await page.wait_for_url(f"{portal}/")

    assert reached == ["password", "reveal", "summary", "password"]


async def test_everything_works_without_javascript(chromium: Browser, portal: str, house: House) -> None:
    """S4.38: the form, its faults with the focus on the summary, and "not for me" need no script."""
    office = await house.office()
    first, second = await house.pending(office), await house.pending(office)
    async with await chromium.new_context(base_url=portal, java_script_enabled=False) as context:
        page = await context.new_page()
        await page.goto(await link_of(house, first))
        has_button = await page.is_visible(".reveal")
        await page.fill("#password", "short")
        await page.click("text=Create user")
        await expect(page.locator(".summary:focus")).to_have_count(1)
        await page.fill("#password", PASSWORD)
        await page.click("text=Create user")
        await page.wait_for_url(f"{portal}/set-up/done")
        await page.goto(await link_of(house, second))
        await page.click("text=This is not for me")
        await page.click("text=End the invitation")
        await page.wait_for_url(f"{portal}/set-up/declined")

    assert not has_button


async def test_a_password_can_be_looked_at(chromium: Browser, portal: str, house: House) -> None:
    """S4.38: with JavaScript a button shows what is typed, says so, and lets nothing be kept by the browser."""
    invitation = await house.pending(await house.office())
    async with await chromium.new_context(base_url=portal) as context:
        page = await context.new_page()
        await page.goto(await link_of(house, invitation))
        button = page.locator(".reveal")
        names = [await button.get_attribute("aria-label")]
        await button.click()
        kinds = [await page.get_attribute("#password", "type")]
        names.append(await button.get_attribute("aria-label"))
        await button.click()
        kinds.append(await page.get_attribute("#password", "type"))

    assert names == ["Show the password", "Hide the password"]
    assert kinds == ["text", "password"]


async def test_plain_http_by_a_name_works_too(chromium: Browser, portal: str, house: House) -> None:
    """T12: where the browser sends no Fetch Metadata, it names the origin of our own forms, and they pass."""
    invitation = await house.pending(await house.office())
    headers: list[dict[str, str]] = []
    async with await chromium.new_context(base_url=portal.replace("127.0.0.1", NAMED)) as context:
        page = await context.new_page()
        await page.goto(await link_of(house, invitation))
        await page.fill("#password", PASSWORD)
        async with page.expect_request(lambda request: request.method == "POST") as sent:
            await page.click("text=Create user")
        await page.wait_for_url("**/set-up/done")
        headers.append(await (await sent.value).all_headers())

    assert "sec-fetch-site" not in headers[0]
    assert headers[0]["origin"].startswith(f"http://{NAMED}:")


async def test_t01_no_other_site_learns_where_somebody_came_from(
    chromium: Browser, portal: str, house: House, elsewhere: Elsewhere
) -> None:
    """T01: a link from our page to another site sends no Referer, and the token is nowhere on the page."""
    invitation = await house.pending(await house.office())
    link = await link_of(house, invitation)
    token = link.rpartition("/")[2]
    async with await chromium.new_context(base_url=portal) as context:
        page = await context.new_page()
        await page.goto(link)
        seen = (page.url, await page.content(), await page.evaluate("document.cookie"))
        await page.evaluate(f"document.body.innerHTML = '<a id=away href=\"{elsewhere.url}/\">away</a>'")
        await page.click("#away")
        await page.wait_for_url(f"{elsewhere.url}/")

    assert not any(token in text for text in seen)
    assert len(elsewhere.visits) == 1
    assert "referer" not in elsewhere.visits[0]


async def test_t05_a_scanner_with_a_browser_changes_nothing(chromium: Browser, portal: str, house: House) -> None:
    """T05: a page that is opened with its scripts by a scanner of mail leaves the invitation as it was."""
    invitation = await house.pending(await house.office())
    link = await link_of(house, invitation)
    before = (await house.doorstep.show(invitation.id)).rev, await house.events(invitation)
    async with await chromium.new_context(base_url=portal) as context:
        page = await context.new_page()
        for _ in range(3):
            await page.goto(link, wait_until="networkidle")

    assert ((await house.doorstep.show(invitation.id)).rev, await house.events(invitation)) == before


@pytest.mark.parametrize("path", ["/set-up/decline", "/sign-out"])
async def test_t12_a_page_elsewhere_cannot_send_our_forms(
    chromium: Browser, portal: str, house: House, elsewhere: Elsewhere, path: str
) -> None:
    """T12: a form that another site sends by script, with the cookies of the visitor, ends in 403."""
    office = await house.office()
    pending, member = await house.pending(office), await active(house, office)
    elsewhere.page = (
        f'<!doctype html><form method="post" action="{portal}{path}"></form><script>document.forms[0].submit()</script>'
    )
    async with await chromium.new_context(base_url=portal) as context:
        page = await context.new_page()
        await page.goto(await link_of(house, pending))
        await _sign_in(page, member.address)
        async with page.expect_response(lambda response: response.url.endswith(path)) as answer:
            await page.goto(elsewhere.url, wait_until="commit")  # its script leaves before it is loaded
        status = (await answer.value).status
        await page.wait_for_url(f"{portal}{path}")
        await page.goto("/")
        home = page.url

    assert status == 403
    assert home == f"{portal}/"
    assert (await house.doorstep.show(pending.id)).state is State.PENDING


async def test_t13_no_frame_shows_our_pages(chromium: Browser, portal: str, elsewhere: Elsewhere) -> None:
    """T13: inside a frame of another site there is nothing to be tricked into clicking."""
    elsewhere.page = f'<!doctype html><iframe src="{portal}/sign-in"></iframe>'
    async with await chromium.new_context() as context:
        page = await context.new_page()
        await page.goto(elsewhere.url, wait_until="networkidle")
        inside = [await frame.locator("form").count() for frame in page.frames]

    assert inside == [0, 0]


async def test_t25_back_after_the_sign_out_shows_nothing(chromium: Browser, portal: str, house: House) -> None:
    """T25: the button Back leads to the sign-in, not to the accounts of whoever was there before."""
    member = await active(house, await house.office())
    async with await chromium.new_context(base_url=portal) as context:
        page = await context.new_page()
        await _sign_in(page, member.address)
        await page.click("text=Sign out")
        await page.wait_for_url(f"{portal}/sign-in")
        await page.go_back()
        await page.wait_for_load_state()
        title = await page.title()

    assert title.startswith("Sign in")


async def _sign_in(page: Page, username: str) -> None:
    await page.goto("/sign-in")
    await page.fill("#username", username)
    await page.fill("#password", PASSWORD)
    await page.click("main button[type=submit]")
    await page.wait_for_url(lambda url: url.endswith("/") and "sign-in" not in url)
