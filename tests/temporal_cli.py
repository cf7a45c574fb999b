"""The `temporal` command line as an administrator types it: a real process against the server of the tests."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from doorstep.domain.invitation import Invitation
from doorstep.local.temporal import temporal_binary
from doorstep.settings import child_environment
from tests.house import House

Given = str | dict[str, Any]


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.out)


async def temporal(house: House, *words: str) -> Said:
    """Run `temporal WORDS` against the server of the house."""
    address = house.client.service_client.config.target_host
    process = await asyncio.create_subprocess_exec(
        str(temporal_binary()),
        *words,
        *("--address", address, "--disable-config-file", "--disable-config-env", "--color", "never"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=child_environment({}),
    )
    out, err = await process.communicate()
    return Said(process.returncode or 0, out.decode(), err.decode())


def inputs(given: tuple[Given, ...], meta: str) -> list[str]:
    """`--input` for each; a dictionary becomes its JSON, a text goes as it is; `meta` says what it pretends to be."""
    texts = [each if isinstance(each, str) else json.dumps(each) for each in given]
    words = [word for text in texts for word in ("--input", text)]
    return [*words, "--input-meta", meta] if meta else words


async def signal(house: House, invitation: Invitation, name: str, *given: Given, meta: str = "") -> Said:
    """Send a signal with these inputs, or with none."""
    words = ("workflow", "signal", "--workflow-id", invitation.workflow_id, "--name", name)
    return await temporal(house, *words, *inputs(given, meta))


async def update(house: House, invitation: Invitation, name: str, *given: Given, meta: str = "") -> Said:
    """Send an update with these inputs, or with none, and wait for its answer."""
    words = ("workflow", "update", "execute", "--workflow-id", invitation.workflow_id, "--name", name)
    return await temporal(house, *words, *inputs(given, meta), "--output", "json")


async def query(house: House, invitation: Invitation, *given: Given) -> Said:
    """Ask for the status."""
    words = ("workflow", "query", "--workflow-id", invitation.workflow_id, "--name", "status")
    return await temporal(house, *words, *inputs(given, ""), "--output", "json")
