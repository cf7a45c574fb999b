"""What the scenes stand on: a stack of their own, the client API, the mailbox, the `temporal` command line."""

import asyncio
import json
import mailbox
import os
import re
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from rich.console import Console
from temporalio.client import Client

from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from doorstep.local.clock import fast_forward
from doorstep.local.stack import Stack
from doorstep.local.temporal import temporal_binary
from doorstep.security.links import KeyRing
from doorstep.settings import Settings, child_environment
from doorstep.store.audit import Actor
from doorstep.store.engine import create_engine
from starter.client import Doorstep
from starter.temporal import Starter

T = TypeVar("T")
PATIENCE = 30.0
LOOK_EVERY = 0.05
LINK = re.compile(r"https?://\S+/invitation/[A-Za-z0-9_-]{43}")
STAFF = "rachel@kauri.example"


class SceneError(Exception):
    """A scene went otherwise than it should; the text says which, or how."""


@dataclass
class Stage:
    """The running stack and the ways to act on it."""

    stack: Stack
    doorstep: Doorstep
    temporal: Client
    console: Console
    skips: dict[UUID, list[tuple[datetime, timedelta]]] = field(default_factory=dict)

    def step(self, title: str, *, has_bar: bool = False) -> AbstractContextManager[None]:
        """One step of the story."""
        return step(self.console, title, has_bar=has_bar)

    @property
    def web(self) -> str:
        """Where the pages are."""
        return self.stack.addresses()["web"]

    async def mail(self, address: str, message: Message, *, copies: int = 1) -> EmailMessage:
        """The newest mail of that kind to `address`, once there are `copies` of it."""

        async def look() -> EmailMessage | None:
            found = await asyncio.to_thread(_mails, self.stack.home.mail, address, message)
            return found[-1] if len(found) >= copies else None

        return await until(look, f"the mail {message} to {address}")

    async def link(self, address: str, *, copies: int = 1) -> str:
        """The link in the newest invitation to `address`."""
        body = (await self.mail(address, Message.INVITATION, copies=copies)).get_body(("plain",))
        found = LINK.search("" if body is None else body.get_content())
        if found is None:
            raise SceneError("The invitation holds no link.")
        return found[0]

    async def reach(self, invitation: Invitation, state: State) -> Invitation:
        """The invitation once it is in `state`, its mails are out and its workflow knows."""

        async def look() -> Invitation | None:
            row = await self.doorstep.show(invitation.id)
            return row if row.state is state and not row.unsent() and row.seen_rev == row.rev else None

        return await until(look, f"the invitation to become {state}")

    async def cli(self, *words: str, given: dict[str, str]) -> str:
        """`temporal WORDS --input GIVEN`, as an administrator types it."""
        command = [str(temporal_binary()), *words, "--input", json.dumps(given)]
        address = self.stack.addresses()["temporal_address"]
        process = await asyncio.create_subprocess_exec(
            *command,
            *("--address", address),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=child_environment({"TEMPORAL_CONFIG_FILE": os.devnull}),
        )
        said, _ = await process.communicate()
        if process.returncode != 0:
            raise SceneError(f"temporal {' '.join(words[:2])} failed: {said.decode(errors='replace').strip()}")
        return said.decode()

    async def pass_time(self, invitation: Invitation, by: timedelta) -> None:
        """Skip time for one invitation, and remember it for the timeline."""
        now = (await self.doorstep.show(invitation.id)).now
        self.skips.setdefault(invitation.id, []).append((now, by))
        url = self.stack.addresses()["database_url"]
        await fast_forward(self.temporal, url, invitation.id, by)


@contextmanager
def step(console: Console, title: str, *, has_bar: bool = False) -> Iterator[None]:
    """One step: its name while it runs, and how long it took.

    Raises:
        SceneError: with the name of the step, and what went wrong as its cause.
    """
    begin = time.monotonic()
    try:
        with nullcontext() if has_bar else console.status(title):
            yield
    except Exception as error:
        raise SceneError(title) from error
    console.print(f"{time.monotonic() - begin:5.1f} s  {title}")


async def until(look: Callable[[], Awaitable[T | None]], what: str) -> T:
    """What `look` answers once it answers.

    Raises:
        SceneError: it did not within half a minute.
    """
    deadline = time.monotonic() + PATIENCE
    while (found := await look()) is None:
        if time.monotonic() > deadline:
            raise SceneError(f"Waited {PATIENCE:.0f} s in vain for {what}.")
        await asyncio.sleep(LOOK_EVERY)
    return found


def _mails(folder: Path, address: str, message: Message) -> list[EmailMessage]:
    box = mailbox.Maildir(folder, create=False)
    parse = BytesParser(policy=policy.default).parsebytes
    mails = [parse(box.get_bytes(key)) for key in sorted(box.keys())]
    return [m for m in mails if m["X-Doorstep-Message"] == message and m["X-RcptTo"] == address]


@asynccontextmanager
async def open_stage(stack: Stack, console: Console) -> AsyncIterator[Stage]:
    """The client API on a running stack; nothing of the caller's own settings leads to another one."""
    own = {k.removeprefix("DOORSTEP_").lower(): v for k, v in stack.values.items() if k.startswith("DOORSTEP_")}
    settings = Settings(**(own | {"environment": "development"}))  # type: ignore[arg-type]
    engine = create_engine(settings.database_url.get_secret_value(), application="doorstep-demo", pool_size=4)
    client = await Client.connect(stack.addresses()["temporal_address"])
    ring = KeyRing.parse(settings.link_keys.get_secret_value())
    try:
        yield Stage(stack, Doorstep(engine, Starter(client), ring, settings, Actor(STAFF, "api")), client, console)
    finally:
        await engine.dispose()
