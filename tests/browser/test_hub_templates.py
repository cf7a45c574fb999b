"""A text of the office in a real browser: previewed while it is typed, framed so that nothing in it runs, and saved."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from playwright.async_api import Browser, Frame, Page, expect

from tests.house import House
from tests.hub import Colleague, colleague
from tests.hub_browsing import signed_in

EJS = "accountactivation-EJS"
BODY = "# Kia ora\n\nWelcome{% if recipient_name %}, {{ recipient_name }}{% endif %}.\n\n[Sign in]({{ sign_in_url }})"
TRIED = """
    const image = new Image(); image.src = "/static/icon.svg?tried"; document.body.append(image);
    const script = document.createElement("script"); script.textContent = "document.title = 'it ran'";
    document.body.append(script);
"""


@asynccontextmanager
async def writing(
    chromium: Browser, portal: str, house: House, app: FastAPI, *, has_script: bool = True
) -> AsyncIterator[tuple[Page, Colleague]]:
    """The page of the welcome, in the browser of somebody who looks after the templates."""
    who = await colleague(house, app, await house.office(), "administrator", "manage_email_templates")
    async with await chromium.new_context(base_url=portal, java_script_enabled=has_script) as context:
        page = await (await signed_in(context, portal, who.session)).new_page()
        await page.goto(who.path("/templates"))
        await page.click(f"text={EJS}")
        yield page, who


def mail_in(page: Page) -> Frame:
    """The frame that the mail stands in."""
    return next(frame for frame in page.frames if frame.name == "mail")


async def width_of_the_mail(page: Page) -> float:
    """How wide the frame is, in pixels."""
    box = await page.locator("iframe.mail").bounding_box()
    assert box is not None
    return float(box["width"])


async def test_the_preview_follows_what_is_typed(chromium: Browser, portal: str, house: House, app: FastAPI) -> None:
    """S4.14, S2.20: as HTML, on a phone and as text, a moment after each word; Back leads to the list all the same."""
    async with writing(chromium, portal, house, app) as (page, who):
        shown = page.frame_locator("iframe.mail")
        await expect(shown.locator("h1")).to_contain_text("Welcome")
        await page.fill("#subject", "Hello {{ username }}")
        await page.fill("#body", BODY)
        await expect(page.locator("#preview-subject")).to_have_text("Hello ana.ruiz@lowerflats.example")
        await expect(shown.locator("h1")).to_have_text("Kia ora")
        await page.locator("#body").press_sequentially(" {{ nobody }}")
        await expect(page.locator(".findings")).to_contain_text("Body, line 5")
        await page.fill("#body", BODY.replace("Kia ora", "Haere mai"))
        await expect(shown.locator("h1")).to_have_text("Haere mai")
        wide = await width_of_the_mail(page)
        await page.check("#look-phone")
        narrow = await width_of_the_mail(page)
        await page.check("#look-text")
        await expect(page.locator("#preview > .as-text")).to_contain_text("Welcome, Ana Ruiz.")
        await expect(page.locator("iframe.mail")).to_be_hidden()
        unsaved = await house.doorstep.template_versions(who.office, EJS)
        await page.go_back()
        back = page.url

    assert wide > narrow == 375
    assert unsaved == []
    assert back == portal + who.path("/templates")


async def test_t13_nothing_in_the_frame_runs_or_loads(
    chromium: Browser, portal: str, house: House, app: FastAPI
) -> None:
    """T13, T15: what got into a mail could neither run, nor fetch a picture, nor reach the page around it."""
    async with writing(chromium, portal, house, app) as (page, _):
        answered: list[str] = []
        page.on("response", lambda response: answered.append(response.url))
        await page.fill("#subject", "Hello")
        await page.fill("#body", BODY)
        await expect(page.frame_locator("iframe.mail").locator("h1")).to_have_text("Kia ora")
        frame = mail_in(page)
        await frame.evaluate(TRIED)
        await page.reload()
        await expect(page.frame_locator("iframe.mail").locator("h1")).to_contain_text("Welcome")
        origin = await mail_in(page).evaluate("self.origin")
        reached = await page.evaluate("document.querySelector('iframe.mail').contentDocument === null")
        titles = {await frame.title() for frame in page.frames}

    assert not [url for url in answered if "tried" in url]
    assert "it ran" not in titles
    assert (origin, reached) == ("null", True)


async def test_a_text_is_written_without_javascript(chromium: Browser, portal: str, house: House, app: FastAPI) -> None:
    """S2.21, S4.14: by buttons, the faults with their lines beside what was typed; then saved, and used no more."""
    async with writing(chromium, portal, house, app, has_script=False) as (page, who):
        await page.fill("#subject", "Hello")
        await page.fill("#body", "{{ nobody }}")
        await page.click("text=Save")
        await expect(page.locator("#body-fault")).to_contain_text("Line 1")
        await page.fill("#body", BODY)
        await page.click("button:text-is('Preview')")
        await expect(page.locator("#preview-subject")).to_have_text("Hello")
        await page.click("button:text-is('Show it as HTML')")
        await expect(page.frame_locator("iframe.mail").locator("h1")).to_have_text("Kia ora")
        await page.click("text=Save")
        await expect(page.locator(".notice")).to_contain_text("It goes out from the next mail on")
        names = await page.locator("main [name=name]").count()
        await page.click("summary:has-text('Use our own text again')")
        await page.click("button:text-is('Use our own text again')")
        await expect(page.locator(".notice")).to_contain_text("goes out again")
        saved = await house.doorstep.template_versions(who.office, EJS)

    assert names == 0
    assert [each.text and each.text.subject for each in saved] == [None, "Hello"]
