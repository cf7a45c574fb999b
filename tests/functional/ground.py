"""The database under the model: a real PostgreSQL, the client API, and nobody at work behind it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

import uuid_utils.compat as uuid_utils
from sqlalchemy import DateTime, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.destination import address_of
from doorstep.domain.errors import Refused
from doorstep.domain.invitation import Invitation
from doorstep.domain.states import Command
from doorstep.security.links import KeyRing
from doorstep.store import handovers, users
from doorstep.store import tables as t
from doorstep.store.audit import Actor
from doorstep.store.engine import create_engine, transact
from doorstep.store.handovers import Change, Outbox
from doorstep.store.loading import load_many
from doorstep.store.orders import Order, get
from starter.client import Doorstep
from starter.temporal import Starter
from tests.functional.model import Office
from tests.functional.model_people import Ways
from tests.house import settings_for

T = TypeVar("T")
m, u = t.memberships.c, t.users.c
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

    async def password_link(self, _identifier: UUID, *, is_new: bool) -> bool:  # noqa: ARG002 - the name of the starter
        """Nobody hears of it."""
        return False


@dataclass(frozen=True)
class Look:
    """What the tables say: invitations, users, memberships, and the audit as (number, subject, event, code).

    `users` maps a username to the state, staff logins left out; `memberships` a username, an office and whether it is
    about an account to what was granted.
    """

    invitations: dict[UUID, Invitation]
    users: dict[str, str]
    memberships: dict[tuple[str, str, bool], frozenset[str]]
    audit: list[tuple[object, ...]]


@dataclass
class Ground:
    """What the rules of the machine stand on; every call runs to its end on a loop of its own."""

    doorstep: Doorstep
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

    def new_people(self) -> tuple[str, str]:
        """A name and a number that only one run of the machine has."""
        run_id = f"m{uuid_utils.uuid7().hex[-12:]}"
        return run_id, f"+6421{int(run_id[1:], 16) % 10**7:07}"

    def open(self, office: Office) -> None:
        """An office with its rules, an administrator and an account."""
        rules: dict[str, object] = {
            "approval_required": office.is_approval_required,
            "places_per_job": office.places,
            "existing_users": "consent" if office.asks_first else "grant",
            "expired_holds_place": office.expired_holds_place,
        }
        self.run(self.doorstep.office_set(office.code, own={"help_email": f"help@{office.code}.example"}, rules=rules))
        self.run(self.doorstep.approvers_set(office.code, [f"boss@{office.code}.example"]))
        values = {"id": uuid_utils.uuid7(), "office": office.code, "code": "1042", "name": "Ana Farms"}
        self.transact(lambda tx: tx.execute(t.accounts.insert().values(**values)))

    def invite(self, office: Office, ways: Ways, **options: object) -> Awaitable[Invitation]:
        """Invite as staff do."""
        asked = {"office": office.code, "email": ways.email or None, "phone": ways.phone or None}
        return self.doorstep.invite(**(asked | options))  # type: ignore[arg-type]

    def order(self, office: Office, command: Command, identifier: UUID, **more: object) -> Awaitable[Invitation]:
        """A command of whoever gives such commands."""
        actor = ACTORS.get(command, STAFF)
        if "is_listed" in more:
            actor = Actor(f"{'boss' if more.pop('is_listed') else 'clerk'}@{office.code}.example", "api")
        if "address" in more:
            more["address"] = address_of(str(more["address"]), "NZ")
        return self.doorstep._command(Order(command, identifier, actor, **more))  # type: ignore[arg-type]

    def invitation(self, identifier: UUID) -> Invitation:
        """An invitation as it stands."""
        return self.run(self.doorstep.show(identifier))

    def look(self, offices: Sequence[Office], run_id: str) -> Look:
        """Everything about the run, in one transaction."""

        async def work(tx: AsyncConnection) -> Look:
            rows = await load_many(tx, t.invitations.c.office.in_([office.code for office in offices]), limit=1000)
            names = select(u.username, u.state).where(u.username.startswith(run_id), u.pair_id.is_(None))
            belongs = select(u.username, m.office, m.account_id, m.permissions).join(t.users, u.id == m.user_id)
            of_run = belongs.where(u.username.startswith(run_id), u.pair_id.is_(None))
            return Look(
                {row.id: row for row in rows},
                {row[0]: row[1] for row in await tx.execute(names)},
                {(row[0], row[1], row[2] is not None): frozenset(row[3]) for row in await tx.execute(of_run)},
                await audit(tx, [row.id for row in rows]),
            )

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

    def sign_in(self, username: str) -> bool:
        """A user signs in, with the right password; false if they may not."""
        return self.transact(lambda tx: self._of_user(tx, username, users.note_sign_in))

    def choose_password(self, username: str) -> bool:
        """A user sets a password behind a link of their own; false if they may not."""
        return self.transact(
            lambda tx: self._of_user(tx, username, lambda tx, user_id: users.set_password(tx, user_id, "no hash"))
        )

    @staticmethod
    async def _of_user(
        tx: AsyncConnection, username: str, do: Callable[[AsyncConnection, UUID], Awaitable[bool]]
    ) -> bool:
        found = await users.by_username(tx, username)
        assert found is not None
        return await do(tx, found[0].id)

    def add_user(self, office: str, email: str, username: str) -> Awaitable[object]:
        """Way A, on the one account of the office."""
        return self.doorstep.add_user(office=office, account="1042", email=email, username=username)

    def pass_time(self, identifiers: Sequence[UUID], run_id: str, by: timedelta) -> None:
        """Let invitations grow older, and with them the users of the run."""

        async def work(tx: AsyncConnection) -> None:
            for table, wanted in AGES.items():
                moved = {c.name: c - by for c in table.c if isinstance(c.type, DateTime)}
                column, is_prefix = wanted
                chosen = column.startswith(run_id) if is_prefix else column.in_(identifiers)
                await tx.execute(table.update().where(chosen).values(**moved))

        self.transact(work)


AGES = {
    t.invitations: (t.invitations.c.id, False),
    t.deliveries: (t.deliveries.c.subject_id, False),
    t.links: (t.links.c.subject_id, False),
    t.users: (t.users.c.username, True),
}
"""The tables whose instants move, with the column by which the rows of a run are found."""


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
        yield Ground(Doorstep(engine, NobodyAtWork(), ring, settings, STAFF), runner)
        runner.run(engine.dispose())
