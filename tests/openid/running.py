"""The provider, running, and somebody who signs in there with a browser of their own."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from re import search
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import httpx2
from pydantic import SecretStr

from starter.client import Doorstep
from starter.hub_openid import BACK
from tests.command_line import bare
from tests.house import PASSWORD

ROOT = Path(__file__).parents[2]
CLIENT_ID, CLIENT_SECRET = "doorstep", "a secret between the two of us"


@dataclass(frozen=True)
class Provider:
    """Where it is."""

    url: str

    @property
    def issuer(self) -> str:
        """What it calls itself."""
        return f"{self.url}/o"

    def of(self, doorstep: Doorstep, **changed: object) -> Doorstep:
        """The same client API with the provider in its settings."""
        secret = SecretStr(CLIENT_SECRET)
        named = {"oidc_issuer": self.issuer, "oidc_client_id": CLIENT_ID, "oidc_client_secret": secret}
        return replace(doorstep, settings=doorstep.settings.model_copy(update=named | changed))

    async def add(self, name: str, address: str, what: str = "verified") -> None:
        """Make somebody there, whose address is `verified` or not, and told `apart` or not."""
        person = {"name": name, "address": address, "password": PASSWORD, "is": what}
        async with httpx2.AsyncClient() as client:
            (await client.post(f"{self.url}/people", json=person)).raise_for_status()

    async def sign_in(self, url: str, name: str) -> str:
        """Go where Doorstep sends somebody, sign in there as `name`: the path that leads back, with its question."""
        async with httpx2.AsyncClient(follow_redirects=False) as browser:
            asked = await browser.get(url)
            form = await browser.get(f"{self.url}{asked.headers['location']}")
            token = search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form.text)
            assert token is not None, form.text
            typed = {"username": name, "password": PASSWORD, "csrfmiddlewaretoken": token[1]}
            signed_in = await browser.post(form.url, data=typed)
            back = await browser.get(f"{self.url}{signed_in.headers['location']}")
        target = urlsplit(back.headers["location"])
        return f"{target.path}?{target.query}"


@asynccontextmanager
async def running(public_url: str) -> AsyncIterator[Provider]:
    """The provider as a process of its own, with Doorstep as its one client."""
    with TemporaryDirectory(prefix="doorstep-openid-") as folder:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.openid.site", folder, public_url + BACK),
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
            env=bare(),
        )
        try:
            assert process.stdout is not None
            port = int(await process.stdout.readline())
            yield Provider(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()
            await process.wait()
