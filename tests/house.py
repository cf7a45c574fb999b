"""The house as the tests enter it: every real server, a worker, the client API, and a way to move time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from itertools import count
from pathlib import Path
from re import search
from tempfile import gettempdir
from typing import TypeVar

import uuid_utils.compat as uuid_utils
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Worker

from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from doorstep.local.clock import fast_forward
from doorstep.mail.smtp import Mailer
from doorstep.security.links import KeyRing, new_ring_text
from doorstep.settings import Settings
from doorstep.store.audit import Actor
from doorstep.store.engine import create_engine, transact
from doorstep.text.texter import Texter
from starter.client import Doorstep
from starter.temporal import Starter
from tests.faults.misbehaving_smtp import ACCEPT, MisbehavingSmtp
from worker import build_post, build_worker

T = TypeVar("T")
PASSWORD = "four plain words together"
_numbers = count(6_660_100)
"""Beyond those that stand in tests as examples."""
ERP_FOLDER = Path(gettempdir()) / "doorstep-erp-of-tests"
"""Below it each test makes the folder of its own office."""
PATIENCE = 90.0
"""Seconds before a test gives up waiting; only ever reached by what is broken, or by a machine under great load."""


def settings_for(database_url: str, smtp_url: str, **changed: object) -> Settings:
    """Settings for a house of tests."""
    values: dict[str, object] = {
        "database_url": SecretStr(database_url),
        "smtp_url": SecretStr(smtp_url),
        # Client and server share this process: one that stalls for longer would send a second copy.
        "smtp_timeout_seconds": 10.0,
        "public_url": "http://portal.example",
        "sender": "Doorstep <no-reply@doorstep.example>",
        "link_keys": SecretStr(new_ring_text("t1")),
        "temporal_ui_url": "http://temporal.example",
        "drain_seconds": 5.0,
        "webhook_loopback": True,
        "erp_folder": ERP_FOLDER,
    }
    return Settings(**(values | changed))  # type: ignore[arg-type]


@dataclass
class House:
    """One set of servers, shared by the tests of a process."""

    settings: Settings
    engine: AsyncEngine
    client: Client
    smtp: MisbehavingSmtp
    doorstep: Doorstep
    ring: KeyRing
    worker: Worker | None = None
    offices: int = 0
    _names: list[str] = field(default_factory=list)

    async def office(self, *, approvers: int = 1, **rules: object) -> str:
        """A new office with administrators of its own, `boss1@CODE.example` and so on."""
        code = f"o{uuid_utils.uuid7().hex[-12:]}"
        own = {"name": f"Office {code}", "help_email": f"help@{code}.example", "help_phone": "+64 9 555 0142"}
        await self.doorstep.office_set(code, own=own, rules=rules)
        if approvers:
            await self.doorstep.approvers_set(code, [f"boss{n}@{code}.example" for n in range(1, approvers + 1)])
        return code

    async def pending(self, office: str, **options: object) -> Invitation:
        """An invitation whose mail has arrived, and is noted as sent: until then it could still be taken back."""
        address = options.pop("email", f"ana-{uuid_utils.uuid7().hex[-8:]}@example.org")
        invitation = await self.doorstep.invite(office=office, email=str(address), **options)  # type: ignore[arg-type]
        await self.mail_of(invitation, Message.INVITATION)
        await self.settled(invitation)
        return invitation

    async def set_up(self, invitation: Invitation, *, username: str = "", password: str = PASSWORD) -> Invitation:
        """Set up through the link that was mailed; waits until the administrators are told."""
        token = self.token(await self.mail_of(invitation, Message.INVITATION))
        done = await self.doorstep.set_up(token, username=username or invitation.address, password=password)
        await self.settled(invitation)
        return done

    async def waiting(self, office: str, **options: object) -> Invitation:
        """An invitation that waits for approval."""
        return await self.set_up(await self.pending(office, **options))

    async def until(self, invitation: Invitation, holds: Callable[[Invitation], bool]) -> Invitation:
        """The invitation as soon as `holds`."""

        async def look() -> Invitation | None:
            row = await self.doorstep.show(invitation.id)
            return row if holds(row) else None

        return await eventually(
            look, f"the invitation to become right; it is {await self.doorstep.show(invitation.id)}"
        )

    async def settled(self, invitation: Invitation) -> Invitation:
        """The invitation once nothing is left to send and its workflow knows."""
        return await self.until(invitation, lambda row: not row.unsent() and row.seen_rev == row.rev)

    async def until_state(self, invitation: Invitation, state: State) -> Invitation:
        """The invitation once its row is in `state` and the workflow has seen it."""
        return await self.until(invitation, lambda row: row.state is state and row.seen_rev == row.rev)

    def mails(self, address: str, message: Message | None = None) -> list[EmailMessage]:
        """Every copy that arrived at `address`, oldest first."""
        arrived = (stored for stored in self.smtp.stored if address in stored.recipients)
        return [stored.mail for stored in arrived if message is None or stored.message == message]

    async def mail_of(self, invitation: Invitation, message: Message, *, to: str = "", copies: int = 1) -> EmailMessage:
        """The newest mail of that message to the invitee, or to `to`, once `copies` of it are there."""

        async def look() -> EmailMessage | None:
            found = self.mails(to or invitation.address, message)
            return found[-1] if len(found) >= copies else None

        return await eventually(look, f"{copies} mail {message}")

    def token(self, mail: EmailMessage) -> str:
        """The token in the link of a mail."""
        found = search(r"/(?:invitation|reset)/([A-Za-z0-9_-]{43})", text_of(mail))
        assert found is not None, text_of(mail)
        return found[1]

    async def pass_time(self, invitation: Invitation, by: timedelta) -> bool:
        """Let `by` pass for one invitation, on its row and on the clock of its workflow."""
        return await fast_forward(self.client, self.settings.database_url.get_secret_value(), invitation.id, by)

    def handle(self, invitation: Invitation) -> WorkflowHandle[object, object]:
        """The workflow of an invitation."""
        return self.client.get_workflow_handle(invitation.workflow_id)

    async def run(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """A transaction of the test."""
        return await transact(self.engine, work)

    async def events(self, invitation: Invitation) -> list[str]:
        """The names in the audit."""
        return [entry.event for entry in await self.doorstep.audit(invitation.id)]


def text_of(mail: EmailMessage) -> str:
    """The text part."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def html_of(mail: EmailMessage) -> str:
    """The HTML part."""
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def mobile() -> str:
    """A mobile number that nobody else has, in E.164."""
    return f"+6421{next(_numbers)}"


async def eventually(look: Callable[[], Awaitable[T | None]], what: str, *, patience: float = PATIENCE) -> T:
    """What `look` answers once it answers; asks again every few milliseconds, and gives up in the end."""
    async with asyncio.timeout(patience) as limit:
        while True:
            try:
                found = await look()
                if found is not None:
                    return found
                await asyncio.sleep(0.02)
            except asyncio.CancelledError:
                if limit.expired() or limit.when() is None:
                    raise AssertionError(f"waited {patience} s in vain for {what}") from None
                raise


@asynccontextmanager
async def build_house(
    database_url: str, client: Client, smtp: MisbehavingSmtp, **changed: object
) -> AsyncIterator[House]:
    """A house without a worker."""
    settings = settings_for(database_url, smtp.url, **changed)
    engine = create_engine(database_url, application="doorstep-tests")
    ring = KeyRing.parse(settings.link_keys.get_secret_value())
    doorstep = Doorstep(engine, Starter(client), ring, settings, Actor("clerk@office.example", "api", is_trusted=True))
    try:
        yield House(settings, engine, client, smtp, doorstep, ring)
    finally:
        await engine.dispose()


@asynccontextmanager
async def work(house: House, **changed: object) -> AsyncIterator[Worker]:
    """A worker for the house, in this process."""
    settings = house.settings.model_copy(update=changed)
    async with (
        Mailer.of(settings) as mailer,
        Texter.of(settings) as texter,
        build_worker(
            house.client,
            build_post(house.engine, mailer, texter, settings),
            settings=settings,
            sticky=timedelta(seconds=2),
        ) as running,
    ):
        yield running


__all__ = ["ACCEPT", "House", "build_house", "eventually", "settings_for", "work"]
