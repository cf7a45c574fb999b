"""`doorstep up` as a newcomer types it: the whole stack, found again after Ctrl-C and after a power cut."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2
import psutil
import pytest

from tests.command_line import CommandLine, bare
from tests.house import eventually

EXAMPLES = Path(__file__).parents[2] / "examples"
KEYS = {"web", "temporal_address", "temporal_ui", "database_url", "mailbox", "smtp"}
PARTS = {"postgres", "temporal", "mailbox", "worker", "web"}
PATIENCE = 120.0


class Up:
    """A home, and the `up` that runs in it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.doorstep = CommandLine(bare(DOORSTEP_HOME=str(home)))

    @asynccontextmanager
    async def running(self, *words: str) -> AsyncIterator[asyncio.subprocess.Process]:
        """Start it, and wait until stack.json is there."""
        process = await self.doorstep.start("up", *words)

        async def look() -> bool | None:
            assert process.returncode is None, await process.communicate()
            return True if (self.home / "stack.json").exists() else None

        try:
            await eventually(look, "stack.json", patience=PATIENCE)
            yield process
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
                await process.wait()

    def stack(self) -> dict[str, str]:
        """What stack.json says."""
        found: dict[str, str] = json.loads((self.home / "stack.json").read_text())
        return found

    def pids(self) -> dict[str, int]:
        """The process of each part."""
        return {path.stem: json.loads(path.read_text())["pid"] for path in (self.home / "run").glob("*.json")}

    def link(self) -> str:
        """The link in the one mail that is there, or an empty text."""
        mails = [path.read_text() for path in (self.home / "mail" / "new").iterdir()]
        words = [word for mail in mails for word in mail.split() if "/invitation/" in word]
        return words[0] if words else ""


def alive(pids: dict[str, int]) -> list[str]:
    """Which of the processes still run."""
    return [
        name
        for name, pid in pids.items()
        if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    ]


@pytest.mark.timeout(480)
@pytest.mark.xdist_group("stack")
async def test_the_whole_stack_is_found_again() -> None:
    """S0.3: one folder keeps offices, invitations and links through Ctrl-C and through a `kill -9` of everything."""
    with TemporaryDirectory(prefix="doorstep-up-") as folder:
        up = Up(Path(folder) / "home")

        invitation, first = await _begin(up)
        second = await _again(up, invitation, first)
        await _after_a_power_cut(up, invitation, second)


async def _begin(up: Up) -> tuple[str, dict[str, str]]:
    async with up.running() as process:
        stack, pids = up.stack(), up.pids()
        await up.doorstep.done("office", "set", "nz")
        await up.doorstep.done("approvers", "set", "nz", "boss@office.example")
        imported = await up.doorstep.done("import", str(EXAMPLES / "customers-south.csv"))
        invited = await up.doorstep.done("invite", "--office", "nz", "--email", "ana@example.org", "--account", "S-001")
        await eventually(lambda: _truth(up.link()), "the mail")
        process.send_signal(signal.SIGINT)
        out, err = await process.communicate()

    assert (process.returncode, err, alive(pids)) == (0, b"", [])
    assert stack.keys() >= KEYS
    assert pids.keys() == PARTS
    assert Path(stack["mailbox"]).is_absolute()
    assert all(stack[name] in out.decode() for name in ("web", "temporal_ui"))
    assert (imported["office"], imported["rows"]) == ("nz", 40)
    assert not (up.home / "stack.json").exists()
    return str(invited["id"]), stack


async def _truth(text: str) -> str | None:
    return text or None


async def _again(up: Up, invitation: str, before: dict[str, str]) -> dict[str, int]:
    async with up.running("--json") as process:
        printed = await _object(process)
        shown = await up.doorstep.done("show", invitation)
        doctor = await up.doorstep.done("doctor")
        pids = up.pids()
        async with httpx2.AsyncClient(trust_env=False) as browser:
            opened = await browser.get(up.link(), follow_redirects=True)
        for pid in [process.pid, *pids.values()]:
            os.kill(pid, signal.SIGKILL)
        await process.wait()

    assert (printed, printed["web"]) == (before, up.link().partition("/invitation/")[0])
    assert (shown["state"], opened.status_code, doctor["is_ok"]) == ("pending", 200, True)
    return pids


async def _object(process: asyncio.subprocess.Process) -> dict[str, str]:
    """The one object that `up --json` prints once it is ready."""
    assert process.stdout is not None
    text = await process.stdout.readuntil(b"}\n")
    found: dict[str, str] = json.loads(text)
    return found


async def _after_a_power_cut(up: Up, invitation: str, killed: dict[str, int]) -> None:
    (up.home / "stack.json").unlink()
    async with up.running() as process:
        shown = await up.doorstep.done("show", invitation)
        pids = up.pids()
        process.send_signal(signal.SIGINT)
        await process.communicate()

    assert (shown["state"], shown["accounts"][0]["code"]) == ("pending", "S-001")
    assert (process.returncode, alive(pids | killed)) == (0, [])
