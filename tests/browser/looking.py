"""How a page is looked at: where it is opened, what is typed into it, what axe and a thumb find on it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]  # ships no types
from playwright.async_api import BrowserContext, Page

SCREENS = Path(__file__).parents[2] / "build" / "screens"
Scheme = Literal["light", "dark"]
COLOURS = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
    "resultTypes": ["violations"],
}
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}
PHONE = 360
SMALL_TARGETS = """
    [...document.querySelectorAll("button, input:not([type=hidden]), .main-button, .other-button")]
        .filter((each) => each.checkVisibility() && each.getBoundingClientRect().height < 44)
        .map((each) => each.outerHTML)
"""


@dataclass(frozen=True)
class Look:
    """A page: the link to open first, the path behind it, and what is typed there before the button is pressed."""

    path: str
    link: str = ""
    typed: Mapping[str, str] | None = None


@dataclass
class Cast:
    """People at every point of the way: the links of each, as paths, and the names of two of them."""

    links: dict[str, str] = field(default_factory=dict)
    member: str = ""
    waiting: str = ""


async def bring(context: BrowserContext, cast: Cast, look: Look) -> Page:
    """A tab that shows the page."""
    page = await context.new_page()
    if look.link:
        await page.goto(cast.links[look.link])
    await page.goto(look.path)
    if look.typed is not None:
        for name, value in look.typed.items():
            typed = value.replace("{waiting}", cast.waiting).replace("{member}", cast.member)
            await page.fill(f"#{name}", typed)
        await page.click("main button[type=submit]")
        await page.wait_for_load_state()
    await page.evaluate(AXE_SCRIPT)
    return page


async def inspect(page: Page, name: str, width: int, height: int, scheme: Scheme) -> None:
    """Take the picture in one size and light; no text runs out of the page, and axe finds nothing on a phone."""
    await page.set_viewport_size({"width": width, "height": height})
    await page.emulate_media(color_scheme=scheme)
    await page.screenshot(path=SCREENS / f"{name}-{width}-{scheme}.png", full_page=True)
    # On a desk the same elements stand in the same order and colours, only wider; in the dark only the colours differ.
    if width == PHONE:
        found = await page.evaluate("(options) => axe.run(options)", RULES if scheme == "light" else COLOURS)
        assert found["violations"] == [], (width, scheme)
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (width, scheme)
