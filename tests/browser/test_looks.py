"""How every page looks: free of what axe finds (WCAG 2.2 AA), on a phone and on a desk, light and dark.

Pictures of all of them land in `build/screens/`.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]  # ships no types
from playwright.async_api import Browser, BrowserContext, Page

from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from tests.house import PASSWORD, House
from tests.pages import active, add_accounts

SCREENS = Path(__file__).parents[2] / "build" / "screens"
Scheme = Literal["light", "dark"]
VIEWS: list[tuple[int, int, Scheme]] = [
    (width, height, scheme) for width, height in ((360, 740), (1280, 800)) for scheme in ("light", "dark")
]
COLOURS = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
    "resultTypes": ["violations"],
}
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}


@dataclass
class Cast:
    """People at every point of the way, each with a link of their own."""

    links: dict[str, str] = field(default_factory=dict)
    member: str = ""
    waiting: str = ""


@pytest.fixture(scope="module")
async def cast(worked_house: House) -> Cast:
    """Everybody whom the pages are for."""
    house, made = worked_house, Cast()
    office = await house.office(resend_cooldown=timedelta(0))
    await house.doorstep.office_set(office, own={"name": "Waikato Farm Supplies"})
    await add_accounts(house, office, {"1042": "Kauri Ridge Farms Ltd", "1045": "Te Miro Dairies"})
    names = ("pending", "waiting", "superseded", "expired", "closed", "revoked", "declined")
    invitations = await asyncio.gather(*(_invite(house, office, made, name) for name in names))
    people = dict(zip(names, invitations, strict=True))
    await asyncio.gather(
        house.set_up(people["waiting"]),
        house.doorstep.resend(people["superseded"].id),
        house.doorstep.revoke(people["revoked"].id),
        house.doorstep.decline(made.links["declined"]),
        _grow_old(house, people["expired"], timedelta(hours=25)),
        _grow_old(house, people["closed"], timedelta(hours=25), timedelta(days=8)),
    )
    member = await active(house, office, accounts=["1042", "1045"], roles=["grower", "buyer"], name="Ana Ngata")
    made.member, made.waiting = member.address, people["waiting"].address
    await house.doorstep.forgot(member.address)
    made.links["reset"] = house.token(await house.mail_of(member, Message.PASSWORD_RESET))
    return made


async def _invite(house: House, office: str, made: Cast, name: str) -> Invitation:
    invitation = await house.pending(office, name="Ana Ngata", accounts=["1042", "1045"])
    made.links[name] = (await house.doorstep.link(invitation.id)).rpartition("/")[2]
    return invitation


async def _grow_old(house: House, invitation: Invitation, *steps: timedelta) -> None:
    for step in steps:
        await house.pass_time(invitation, step)
        await house.until_state(invitation, State.EXPIRED)
    if len(steps) > 1:
        await house.until(invitation, lambda row: row.closed_at is not None)


PAGES: dict[str, tuple[str, str]] = {
    "set-up": ("pending", "/set-up"),
    "set-up-decline": ("pending", "/set-up/decline"),
    "set-up-done": ("waiting", "/set-up/done"),
    "link-used": ("waiting", "/set-up"),
    "link-superseded": ("superseded", "/set-up"),
    "link-expired": ("expired", "/set-up"),
    "link-closed": ("closed", "/set-up"),
    "link-revoked": ("revoked", "/set-up"),
    "link-declined": ("declined", "/set-up/declined"),
    "link-sent": ("superseded", "/set-up/sent"),
    "link-missing": ("", "/set-up"),
    "sign-in": ("", "/sign-in"),
    "forgot": ("", "/forgot"),
    "forgot-sent": ("", "/forgot/sent"),
    "reset": ("reset", "/reset"),
    "reset-done": ("", "/reset/done"),
    "not-found": ("pending", "/no-such-page"),
}
FILLED: dict[str, tuple[str, str, dict[str, str]]] = {
    "set-up-faults": ("pending", "/set-up", {"username": "a b", "password": "short"}),
    "sign-in-refused": ("", "/sign-in", {"username": "nobody@example.org", "password": "not the right one"}),
    "sign-in-empty": ("", "/sign-in", {}),
    "waiting": ("", "/sign-in", {"username": "{waiting}", "password": PASSWORD}),
    "home": ("", "/sign-in", {"username": "{member}", "password": PASSWORD}),
}


@pytest.mark.parametrize("name", [*PAGES, *FILLED])
async def test_a_page_is_accessible_in_every_light(chromium: Browser, portal: str, cast: Cast, name: str) -> None:
    """S0.22, S4.38: axe finds nothing, no text runs out of the page, and every target can be hit with a thumb."""
    async with await chromium.new_context(base_url=portal) as context:
        page = await _bring(context, cast, name)
        await page.evaluate(AXE_SCRIPT)
        small = await page.evaluate(SMALL_TARGETS)
        for width, height, scheme in VIEWS:
            await page.set_viewport_size({"width": width, "height": height})
            await page.emulate_media(color_scheme=scheme)
            await page.screenshot(path=SCREENS / f"{name}-{width}-{scheme}.png", full_page=True)

            # In the dark nothing but the colours differs.
            found = await page.evaluate("(options) => axe.run(options)", RULES if scheme == "light" else COLOURS)

            assert found["violations"] == [], (width, scheme)
            assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert small == []


SMALL_TARGETS = """
    [...document.querySelectorAll("button, input:not([type=hidden]), .main-button, .other-button")]
        .filter((each) => each.checkVisibility() && each.getBoundingClientRect().height < 44)
        .map((each) => each.outerHTML)
"""


async def _bring(context: BrowserContext, cast: Cast, name: str) -> Page:
    """A tab that shows the page."""
    page = await context.new_page()
    link, path = PAGES[name] if name in PAGES else FILLED[name][:2]
    if link:
        await page.goto(f"/{'reset' if link == 'reset' else 'invitation'}/{cast.links[link]}")
    await page.goto(path)
    if name in FILLED:
        for field_name, value in FILLED[name][2].items():
            typed = value.replace("{waiting}", cast.waiting).replace("{member}", cast.member)
            await page.fill(f"#{field_name}", typed)
        await page.click("main button[type=submit]")
        await page.wait_for_load_state()
    return page
