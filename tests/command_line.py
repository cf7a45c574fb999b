"""The command `doorstep` as somebody types it: a process of its own with the settings of the house in its environment.

Most are forked from a process that has imported everything already, which takes a second and more each time; what
they run is `main` of the console script. `start` starts the script itself.
"""

import asyncio
import json
import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from doorstep.settings import Settings, child_environment

DOORSTEP = Path(sys.executable).with_name("doorstep")
_loaded = multiprocessing.get_context("forkserver")
_loaded.set_forkserver_preload(["starter.cli", "starter.client", "psycopg", "sqlalchemy.dialects.postgresql.psycopg"])


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
    own = {
        "DOORSTEP_DATABASE_URL": settings.database_url.get_secret_value(),
        "DOORSTEP_SMTP_URL": settings.smtp_url.get_secret_value(),
        "DOORSTEP_PUBLIC_URL": settings.public_url,
        "DOORSTEP_LINK_KEYS": settings.link_keys.get_secret_value(),
        "DOORSTEP_HOME": "/nowhere",
        "TEMPORAL_ADDRESS": temporal_address,
    }
    return bare(**(own | changed))


def bare(**variables: str) -> dict[str, str]:
    """An environment without any setting of whoever runs the tests, and with `variables`."""
    inherited = {name: value for name, value in child_environment({}).items() if not name.startswith("DOORSTEP_")}
    return inherited | {"TEMPORAL_CONFIG_FILE": os.devnull} | variables


def _run(words: Sequence[str], variables: Mapping[str, str], folder: str) -> None:
    """In the forked process: become `doorstep WORDS`."""
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(f"{folder}/{name}", os.O_WRONLY | os.O_CREAT), number)
    os.environ.clear()  # noqa: TID251 - the environment of the process that this becomes
    os.environ.update(variables)  # noqa: TID251 - see above
    sys.argv = ["doorstep", *words]
    from starter.cli import main  # noqa: PLC0415 - loaded already

    main()


def _said(status: int, folder: Path) -> Said:
    out, err = (folder / name for name in ("out", "err"))
    return Said(status, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class CommandLine:
    """Somebody at a terminal of the house."""

    environment: Mapping[str, str]

    async def start(self, *words: str, **changed: str) -> asyncio.subprocess.Process:
        """Start the script `doorstep WORDS`; `changed` are variables that differ for once."""
        return await asyncio.create_subprocess_exec(
            str(DOORSTEP),
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**self.environment, **changed},
        )

    async def piped(self, content: bytes, *words: str, **changed: str) -> Said:
        """Run the script `doorstep WORDS` to its end with `content` on its standard input, as a mail server does."""
        process = await asyncio.create_subprocess_exec(
            str(DOORSTEP),
            *words,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**self.environment, **changed},
        )
        out, err = await process.communicate(content)
        assert process.returncode is not None
        return Said(process.returncode, out.decode(), err.decode())

    async def __call__(self, *words: str, **changed: str) -> Said:
        """Run `doorstep WORDS` to its end."""
        with TemporaryDirectory() as folder:
            process = _loaded.Process(target=_run, args=(words, {**self.environment, **changed}, folder))
            await asyncio.to_thread(process.start)
            await asyncio.to_thread(process.join)
            assert process.exitcode is not None
            return _said(process.exitcode, Path(folder))

    async def done(self, *words: str, **changed: str) -> dict[str, Any]:
        """The object that `doorstep WORDS --json` prints when it ends well."""
        said = await self(*words, "--json", **changed)
        assert (said.status, said.err) == (0, ""), said
        return said.json

    async def refused(self, *words: str, **changed: str) -> dict[str, Any]:
        """The error that `doorstep WORDS --json` prints; the same words stand on stderr, a line a field."""
        said = await self(*words, "--json", **changed)
        error = said.json["error"]
        assert said.status == 1, said
        assert said.err.split() == error["message"].split()
        return dict(error)
