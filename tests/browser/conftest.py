"""A real browser before the real pages: Chromium, the application behind its own server, and a site elsewhere."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.async_api import Browser, async_playwright, expect
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from doorstep.domain.invitation import Invitation
from tests.house import House
from web.app import create_app
from web.serving import Server, build_server, listen

CHROMIUM = Path("/usr/bin/chromium")
NAMED = "portal.example"
PATIENCE_MS = 30_000.0
"""What a page may take on a machine that is busy with something else, where Playwright gives it five seconds."""

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A name that is not this machine for the browser: plain http without Fetch Metadata, as on a local network.
    f"--host-resolver-rules=MAP {NAMED} 127.0.0.1",
]

expect.set_options(timeout=PATIENCE_MS)


@asynccontextmanager
async def serving(server: Server) -> AsyncIterator[int]:
    """The port on which a server answers."""
    with listen("127.0.0.1", 0) as listener:
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await running


@pytest.fixture(scope="session")
def executable() -> Path:
    """The program; without it these tests say so and are skipped."""
    if not CHROMIUM.exists():
        pytest.skip(f"There is no browser at {CHROMIUM}.")
    return CHROMIUM


@pytest.fixture(scope="session")
async def chromium(executable: Path) -> AsyncIterator[Browser]:
    """The browser."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
async def app(worked_house: House) -> FastAPI:
    """The pages of the house."""
    return create_app(worked_house.doorstep)


@pytest.fixture(scope="session")
async def portal(app: FastAPI, worked_house: House) -> AsyncIterator[str]:
    """Where the pages are."""
    async with serving(build_server(app, worked_house.settings)) as port:
        yield f"http://127.0.0.1:{port}"


@dataclass
class Elsewhere:
    """A site that is not ours: it serves one page and keeps the headers of whoever comes."""

    url: str = ""
    page: str = "<!doctype html><title>Elsewhere</title><p>Elsewhere"
    visits: list[dict[str, str]] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope)
        if request.url.path != "/favicon.ico":
            self.visits.append(dict(request.headers))
        await HTMLResponse(self.page)(scope, receive, send)


@pytest.fixture
async def elsewhere() -> AsyncIterator[Elsewhere]:
    """Another site, on another port of this machine."""
    site = Elsewhere()
    application: ASGIApp = site
    config = uvicorn.Config(application, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1)
    async with serving(Server(config)) as port:
        site.url = f"http://127.0.0.1:{port}"
        yield site


async def link_of(house: House, invitation: Invitation) -> str:
    """The path of the live link."""
    return "/invitation/" + (await house.doorstep.link(invitation.id)).rpartition("/")[2]
