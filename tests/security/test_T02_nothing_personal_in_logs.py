"""T02: at DEBUG, worker and web write nothing personal and no secret, whatever goes wrong."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from doorstep.domain.messages import Message
from doorstep.domain.states import State
from tests.faults.misbehaving_texts import MisbehavingTexts
from tests.faults.own_stack import ROOT, OwnStack, own_house, own_stack
from tests.house import House, eventually
from tests.security import canaries
from tests.security.canaries import Canary, hatch, pending
from tests.security.canaries_of_people import PEOPLE

WALKED = (
    *(canaries.happy, canaries.rejected, canaries.readdressed_and_declined, canaries.bounced, canaries.deferred),
    *(canaries.activation_failing, canaries.refused, *PEOPLE),
)


@asynccontextmanager
async def running(module: str, environment: dict[str, str], log: Path) -> AsyncIterator[None]:
    """A process of ours at work, with all that it prints in a file."""
    with log.open("wb") as out:
        command = [sys.executable, "-m", module]
        process = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, env=environment, stdout=out, stderr=asyncio.subprocess.STDOUT
        )
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


def free_port() -> int:
    """A port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@asynccontextmanager
async def talkative(stack: OwnStack, folder: Path) -> AsyncIterator[House]:
    """A house whose worker and web are processes that log all they can."""
    port = free_port()
    async with MisbehavingTexts() as texts, own_house(stack, public_url=f"http://127.0.0.1:{port}") as house:
        chatty = {"DOORSTEP_LOG_LEVEL": "DEBUG", "DOORSTEP_WEB_PORT": str(port), "DOORSTEP_TEXT_URL": texts.url}
        environment = stack.environment(house, **chatty)
        async with (
            running("worker", environment, folder / "worker.log"),
            running("web", environment, folder / "web.log"),
        ):
            yield house


async def visit(house: House, canary: Canary) -> None:
    """Everything that a person does on the pages, with a slip at every step."""
    made = await pending(house, canary, "visitor")
    name, word = f"visitor.{canary.word}", canary.word
    token = house.token(await house.mail_of(made, Message.INVITATION))
    async with httpx2.AsyncClient(base_url=house.settings.public_url, trust_env=False) as browser:

        async def ready() -> bool | None:
            try:
                return (await browser.get("/health/ready")).status_code == 200 or None
            except httpx2.HTTPError:
                return None

        await eventually(ready, "the web to be ready")
        await browser.get(f"/invitation/{token[::-1]}")
        await browser.get("/set-up")
        await browser.get(f"/invitation/{token}?utm={word}")
        await browser.get("/set-up")
        await browser.post("/set-up", data={"username": name, "password": word, "name": word})
        await browser.post("/set-up", data={word: word})
        done = await browser.post("/set-up", data={"username": name, "password": canary.password, "name": word})
        await browser.post("/sign-in", data={"username": name, "password": f"wrong {word}"})
        await browser.post("/sign-in", data={"username": name, "password": canary.password})
        await house.doorstep.approve(made.id, approver=canary.boss)
        await house.until_state(made, State.ACTIVE)
        signed_in = await browser.post("/sign-in", data={"username": name, "password": canary.password})
        await browser.post("/forgot", data={"username": name})
        await browser.post("/forgot", data={"username": f"nobody.{word}"})
        reset = house.token(await house.mail_of(made, Message.PASSWORD_RESET))
        await browser.get(f"/reset/{reset}")
        changed = await browser.post("/reset", data={"password": f"{canary.password} anew"})
        await browser.get(f"/{word}/{token}")
    assert [each.status_code for each in (done, signed_in, changed)] == [303, 303, 303]


@pytest.mark.timeout(240)
async def test_the_logs_of_worker_and_web_know_nobody(tmp_path: Path) -> None:
    """T02: with the most talkative level no address, name, password, account, reason or token is printed."""
    async with own_stack() as stack, talkative(stack, tmp_path) as house:
        canary = await hatch(house)
        await visit(house, canary)
        for path in WALKED:
            await path(house, canary)
        secrets = [secret.decode().lower() for secret in canary.secrets(house)]
        ids = [made.workflow_id for made in canary.made]

    logs = {name: (tmp_path / f"{name}.log").read_text() for name in ("worker", "web")}
    assert all(each in logs["worker"] for each in ids), "the ids are what a log is for"
    assert '"level": "debug"' in logs["worker"]
    assert "/set-up" in logs["web"]
    found = [
        line for log in logs.values() for line in log.splitlines() if any(each in line.lower() for each in secrets)
    ]
    assert found == []
