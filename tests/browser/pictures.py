"""`make pictures`: the pictures of the README, taken from the running product with an office at work in it."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Page, async_playwright
from temporalio.client import Client

from bench.ground import own_stack, say
from doorstep import logs
from tests.browser.conftest import ARGUMENTS, CHROMIUM, serving
from tests.faults.misbehaving_smtp import MisbehavingSmtp
from tests.house import House, build_house, work
from tests.hub import colleague
from tests.hub_browsing import signed_in
from tests.hub_world import World, make_world
from web.app import create_app
from web.serving import build_server

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
OFFICE = "nz"
DESK = (1180, 760)
TALL = (1180, 1080)
PHONE = (390, 800)
MOST_BYTES = 150_000


@dataclass(frozen=True)
class Shot:
    """A picture: which page, and how large the window is."""

    path: str
    size: tuple[int, int] = DESK


SHOTS: dict[str, Shot] = {
    "dashboard": Shot(f"/hub/offices/{OFFICE}", size=TALL),
    "clients": Shot(f"/hub/offices/{OFFICE}/clients?q=ngata"),
    "invite": Shot(f"/hub/offices/{OFFICE}/invite"),
    "review": Shot("/hub/invitations/{waiting}/review"),
    "invitation": Shot("/hub/invitations/{waiting}"),
    "template": Shot(f"/hub/offices/{OFFICE}/templates/Growers"),
    "phone": Shot(f"/hub/offices/{OFFICE}/approvals", size=PHONE),
}


@asynccontextmanager
async def running() -> AsyncIterator[tuple[World, str, str]]:
    """The office, where its pages are, and the session of somebody who may do everything."""
    async with own_stack() as stack, MisbehavingSmtp() as smtp:
        addresses = stack.addresses()
        client = await Client.connect(addresses["temporal_address"])
        async with (
            build_house(addresses["database_url"], client, smtp) as house,
            work(house),
            serving(build_server(create_app(house.doorstep), house.settings)) as port,
        ):
            world = await make_world(house, office=OFFICE)
            yield world, f"http://127.0.0.1:{port}", await _session(house, world)


async def _session(house: House, world: World) -> str:
    return (await colleague(house, create_app(house.doorstep), OFFICE, address=world.chief)).session


async def take() -> None:
    """Take them all.

    Raises:
        RuntimeError: a page is not there, or a picture is larger than a reader should have to load.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    async with running() as (world, portal, session), async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        waiting = world.points["waiting"].id
        async with await browser.new_context(base_url=portal) as context:
            page = await (await signed_in(context, portal, session)).new_page()
            for name, shot in SHOTS.items():
                await _take(page, name, shot, shot.path.format(waiting=waiting))
        await browser.close()


async def _take(page: Page, name: str, shot: Shot, path: str) -> None:
    width, height = shot.size
    await page.set_viewport_size({"width": width, "height": height})
    answer = await page.goto(path, wait_until="networkidle")  # charts are pictures of their own
    if answer is None or not answer.ok:
        raise RuntimeError(f"{path} answered {answer.status if answer else 'nothing'}")
    taken = await page.screenshot(path=FOLDER / f"{name}.png")
    if len(taken) > MOST_BYTES:
        raise RuntimeError(f"{name}.png has {len(taken)} bytes, more than {MOST_BYTES}")
    say(f"  {name}.png {len(taken) // 1000} kB")


if __name__ == "__main__":
    if not CHROMIUM.exists():
        sys.exit(f"There is no browser at {CHROMIUM}.")
    logs.set_up("ERROR")
    asyncio.run(take())
    sys.stdout.flush()
    os._exit(0)  # as in worker.py: the SDK may crash an interpreter that is being torn down
