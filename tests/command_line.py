"""The command `doorstep` as somebody types it: a real process with the settings of the house in its environment."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from doorstep.settings import Settings

DOORSTEP = Path(sys.executable).with_name("doorstep")
OURS = ("DOORSTEP_", "TEMPORAL_")


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one object on stdout."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found


def environment(settings: Settings, temporal_address: str, **changed: str) -> dict[str, str]:
    """The environment of a process of the house, with nothing of whoever runs the tests."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    own = {
        "DOORSTEP_DATABASE_URL": settings.database_url.get_secret_value(),
        "DOORSTEP_SMTP_URL": settings.smtp_url.get_secret_value(),
        "DOORSTEP_PUBLIC_URL": settings.public_url,
        "DOORSTEP_LINK_KEYS": settings.link_keys.get_secret_value(),
        "DOORSTEP_HOME": "/nowhere",
        "TEMPORAL_ADDRESS": temporal_address,
        "TEMPORAL_CONFIG_FILE": os.devnull,
    }
    return inherited | own | changed


@dataclass(frozen=True)
class CommandLine:
    """Somebody at a terminal of the house."""

    environment: Mapping[str, str]

    async def start(self, *words: str, **changed: str) -> asyncio.subprocess.Process:
        """Start `doorstep WORDS`; `changed` are variables that differ for once."""
        return await asyncio.create_subprocess_exec(
            str(DOORSTEP),
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**self.environment, **changed},
        )

    async def __call__(self, *words: str, **changed: str) -> Said:
        """Run `doorstep WORDS` to its end."""
        process = await self.start(*words, **changed)
        out, err = await process.communicate()
        assert process.returncode is not None
        return Said(process.returncode, out.decode(), err.decode())

    async def done(self, *words: str, **changed: str) -> dict[str, Any]:
        """The object that `doorstep WORDS --json` prints when it ends well."""
        said = await self(*words, "--json", **changed)
        assert (said.status, said.err) == (0, ""), said
        return said.json

    async def done_quietly(self, *words: str) -> dict[str, Any]:
        """The same, where stderr has a hint for a person."""
        said = await self(*words, "--json")
        assert said.status == 0, said
        return said.json

    async def refused(self, *words: str, **changed: str) -> dict[str, Any]:
        """The error that `doorstep WORDS --json` prints; the same sentence stands on stderr."""
        said = await self(*words, "--json", **changed)
        error = said.json["error"]
        assert said.status == 1, said
        assert said.err.strip() == error["message"]
        return dict(error)
