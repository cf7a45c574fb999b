"""The database under the model: a real PostgreSQL, the client API, and nobody at work behind it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

import uuid_utils.compat as uuid_utils
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.addresses import parse_email
from doorstep.domain.errors import Refused
from doorstep.domain.invitation import Invitation
from doorstep.domain.states import Command
from doorstep.local.clock import _move_rows
from doorstep.security.links import KeyRing
from doorstep.store import handovers, reading, users
from doorstep.store import tables as t
from doorstep.store.audit import Actor
from doorstep.store.engine import create_engine, transact
from doorstep.store.handovers import Change, Outbox
from doorstep.store.orders import Order, get
from starter.client import Doorstep
from starter.temporal import Starter
from tests.house import settings_for

T = TypeVar("T")
STAFF = Actor("clerk@office.example", "api")
ACTORS = {
    Command.SET_UP: Actor("invitee", "page"),
    Command.DECLINE: Actor("invitee", "page"),
    Command.REQUEST_NEW_LINK: Actor("invitee", "page"),
}


class NobodyAtWork(Starter):
    """Starts and wakes nothing: what the database holds has to be right without it."""

    def __init__(self) -> None:
        """There is no Temporal."""

    async def start(self, _invitation: Invitation) -> bool:
        """Nobody hears of it."""
        return False

    async def wake(self, _invitation: Invitation) -> bool:
        """Nobody hears of it."""
        return False

    async def password_link(self, _identifier: UUID, *, is_new: bool) -> bool:
        """Nobody hears of it."""
        return False


@dataclass(frozen=True)
class Look:
    """The invitations of an office, the names of their users, and the audit as (number, subject, event, code)."""

    invitations: dict[UUID, Invitation]
    users: set[str]
    audit: list[tuple[object, ...]]


@dataclass
class Ground:
    """What the rules of the machine stand on; every call runs to its end on a loop of its own."""

    doorstep: Doorstep
    database_url: str
    runner: asyncio.Runner

    def run(self, what: Awaitable[T]) -> T:
        """The result of `what`."""

        async def wait() -> T:
            return await what

        return self.runner.run(wait())

    def answer(self, what: Awaitable[T]) -> tuple[T | None, Refused | None]:
        """The result of `what`, or the refusal."""
        try:
            return self.run(what), None
        except Refused as refusal:
            return None, refusal

    def transact(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """A transaction."""
        return self.run(transact(self.doorstep.engine, work))

    def new_office(self, *, is_approval_required: bool, places: int) -> str:
        """An office of its own for one run of the machine."""
        code = f"m{uuid_utils.uuid7().hex[-12:]}"
        rules = {"approval_required": is_approval_required, "places_per_job": places}
        self.run(self.doorstep.office_set(code, own={"help_email": f"help@{code}.example"}, rules=rules))
        self.run(self.doorstep.approvers_set(code, [f"boss@{code}.example"]))
        return code

    def invite(self, office: str, who: str, job: str | None, *, is_draft: bool) -> Awaitable[Invitation]:
        """Invite as staff do."""
        return self.doorstep.invite(office=office, email=who, job=job, is_draft=is_draft)

    def order(self, office: str, command: Command, identifier: UUID, **more: object) -> Awaitable[Invitation]:
        """A command of whoever gives such commands."""
        actor = ACTORS.get(command, STAFF)
        if "is_listed" in more:
            actor = Actor(f"{'boss' if more.pop('is_listed') else 'clerk'}@{office}.example", "api")
        if "address" in more:
            more["address"] = parse_email(str(more["address"]))
        return self.doorstep._command(Order(command, identifier, actor, **more))  # type: ignore[arg-type]

    def invitation(self, identifier: UUID) -> Invitation:
        """An invitation as it stands."""
        return self.run(self.doorstep.show(identifier))

    def look(self, office: str) -> Look:
        """Everything about an office, in one transaction."""

        async def work(tx: AsyncConnection) -> Look:
            rows = await reading.listed(tx, office=office, limit=1000)
            u = t.users.c
            names = await tx.execute(select(u.username).where(u.username.startswith(office)))
            return Look({row.id: row for row in rows}, set(names.scalars()), await audit(tx, [row.id for row in rows]))

        return self.transact(work)

    def last_record(self, identifier: UUID) -> tuple[object, ...]:
        """The newest line of the audit about one invitation."""

        async def work(tx: AsyncConnection) -> tuple[object, ...]:
            return (await audit(tx, [identifier]))[-1]

        return self.transact(work)

    def change(self, identifier: UUID, change: Change) -> bool:
        """Something that time does."""

        async def work(tx: AsyncConnection) -> bool:
            return await change(tx, await get(tx, identifier, for_update=True))

        return self.transact(work)

    def begin_post(self, identifier: UUID) -> Outbox:
        """Open an attempt for everything unsent."""
        return self.transact(lambda tx: handovers.open_all(tx, identifier))

    def sign_in(self, identifier: UUID) -> None:
        """The user of an active invitation signs in."""

        async def work(tx: AsyncConnection) -> None:
            invitation = await get(tx, identifier)
            assert invitation.user_id is not None
            assert await users.note_sign_in(tx, invitation.user_id)

        self.transact(work)

    def pass_time(self, identifiers: Sequence[UUID], by: timedelta) -> None:
        """Let invitations grow older."""
        for each in identifiers:
            self.run(_move_rows(self.database_url, each, by))


async def audit(tx: AsyncConnection, subjects: Sequence[UUID]) -> list[tuple[object, ...]]:
    """What was recorded about the invitations, oldest first."""
    a = t.audit.c
    query = select(a.id, a.subject_id, a.event, a.code).where(a.subject_id.in_(subjects)).order_by(a.id)
    return [tuple(row) for row in await tx.execute(query)]


@contextmanager
def ground(database_url: str) -> Iterator[Ground]:
    """The ground, for as long as the machine runs."""
    settings = settings_for(database_url, "smtp://127.0.0.1:1")
    ring = KeyRing.parse(settings.link_keys.get_secret_value())
    # A loop of its own, and not the current one of the thread, which belongs to pytest.
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        engine = create_engine(database_url, application="doorstep-model")
        yield Ground(Doorstep(engine, NobodyAtWork(), ring, settings, STAFF), database_url, runner)
        runner.run(engine.dispose())
