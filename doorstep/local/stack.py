"""All parts of a local stack, started in order, watched and stopped in order.

async with Stack(Home.at(folder)) as stack:
    ...  # everything answers; stack.addresses() says where
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from types import TracebackType
from typing import Self

from doorstep.local.errors import LocalError
from doorstep.local.home import USUAL_PORTS, Home, erase, locked, port_of, settle, write_json
from doorstep.local.ports import LOOPBACK, Claims
from doorstep.local.postgres import DURABLE, database_url, postgres_part
from doorstep.local.processes import Child, Part, bury, start
from doorstep.local.programs import mailbox_part, web_part, worker_part
from doorstep.local.temporal import temporal_part

SERVERS = ("postgres", "temporal", "mailbox")
PROGRAMS = ("worker", "web")
STOP_ORDER = ("web", "worker", "mailbox", "temporal", "postgres")
EVERYTHING = frozenset({*SERVERS, "migrations", *PROGRAMS})

FAILURES_ALLOWED = 3
FAILURES_WITHIN_SECONDS = 60.0
BACK_OFF_SECONDS = (0.2, 1.0)


def _silent(_line: str) -> None:
    """Tests have no console."""


class Stack:
    """A home with its parts running, from `async with` to its end.

    Args:
        home: the folder, made where there is none.
        parts: what to run, out of `EVERYTHING`.
        fresh: delete what the home holds first.
        ports: which ports to try where the home keeps none yet; `ANY_PORTS` for tests.
        postgres: settings of the server; `postgres.FAST` for tests.
        say: where a line for the person at the terminal goes.
    """

    def __init__(
        self,
        home: Home,
        *,
        parts: Collection[str] = EVERYTHING,
        fresh: bool = False,
        ports: Mapping[str, int] = USUAL_PORTS,
        postgres: Mapping[str, str] = DURABLE,
        say: Callable[[str], None] = _silent,
    ) -> None:
        """Nothing happens before the `async with`."""
        self.home = home
        self.values: dict[str, str] = {}
        self._parts = frozenset(parts)
        self._fresh = fresh
        self._ports = ports
        self._postgres = postgres
        self._say = say
        self._claims = Claims()
        self._children: dict[str, Child] = {}
        self._guards: list[asyncio.Task[None]] = []
        self._held = contextlib.ExitStack()

    async def __aenter__(self) -> Self:
        """Start everything and wait until all of it is ready.

        Raises:
            LocalError: when a part does not start; nothing is left running.
        """
        self._held.enter_context(locked(self.home))
        try:
            self._held.callback(self._claims.close)
            await asyncio.to_thread(self._clear)
            self.values = settle(self.home, self._claims, usual=self._ports, database_url=database_url(self.home))
            await self._start_all()
            write_json(self.home.stack, self.addresses())
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything, whatever ends the block."""
        await self._stop()

    def addresses(self) -> dict[str, str]:
        """What `stack.json` says: where each part is reached."""
        return {
            "web": self.values["DOORSTEP_PUBLIC_URL"].rstrip("/"),
            "temporal_address": self.values["TEMPORAL_ADDRESS"],
            "temporal_ui": self.values["DOORSTEP_TEMPORAL_UI_URL"],
            "database_url": self.values["DOORSTEP_DATABASE_URL"],
            "mailbox": str(self.home.mail),
            "smtp": f"smtp://{LOOPBACK}:{port_of(self.values, 'smtp')}",
            "mailbox_page": self.values["DOORSTEP_MAILBOX_URL"],
        }

    def child(self, name: str) -> Child:
        """A running part, for tests that kill it."""
        return self._children[name]

    async def failure(self) -> None:
        """Wait until a part cannot be kept running any more.

        Raises:
            LocalError: then, with what happened; never returns.
        """
        await asyncio.gather(*self._guards)

    def _clear(self) -> None:
        """After a killed `up`: end what it left running and forget its addresses."""
        self.home.stack.unlink(missing_ok=True)
        for name in STOP_ORDER:
            if bury(self.home.note(name)):
                self._say(f"ended a {name} that an `up` before had left behind")
        if self._fresh:
            erase(self.home)

    async def _start_all(self) -> None:
        makers: dict[str, Callable[[], Part]] = {
            "postgres": lambda: postgres_part(self.home, self._postgres),
            "temporal": lambda: temporal_part(self.home, self.values),
            "mailbox": lambda: mailbox_part(self.home, self.values),
            "worker": lambda: worker_part(self.home, self.values),
            "web": lambda: web_part(self.home, self.values),
        }
        loading = asyncio.create_task(asyncio.to_thread(_load_migrations)) if "migrations" in self._parts else None
        for names in (SERVERS, PROGRAMS):
            async with _together() as group:
                for name in (name for name in names if name in self._parts):
                    started = group.create_task(self._start(makers[name]()))
                    if name == "postgres" and loading is not None:
                        group.create_task(self._migrate(after=started, upgrade=loading))
        self._guards = [asyncio.create_task(self._keep_running(name)) for name in self._children]

    async def _start(self, part: Part) -> None:
        begin = time.monotonic()
        self._children[part.name] = await start(part)
        self._say(f"{part.name:<11}{time.monotonic() - begin:5.1f} s")

    async def _migrate(self, *, after: asyncio.Task[None], upgrade: asyncio.Task[Callable[[str], None]]) -> None:
        await after
        begin = time.monotonic()
        await asyncio.to_thread(await upgrade, self.values["DOORSTEP_DATABASE_URL"])
        self._say(f"{'migrations':<11}{time.monotonic() - begin:5.1f} s")

    async def _keep_running(self, name: str) -> None:
        failures: list[float] = []
        while True:
            child = self._children[name]
            await child.gone.wait()
            now = time.monotonic()
            failures = [*(each for each in failures if now - each < FAILURES_WITHIN_SECONDS), now]
            if len(failures) >= FAILURES_ALLOWED:
                raise LocalError(f"{name} failed {len(failures)} times in a short time. {child.obituary()}")
            pause = BACK_OFF_SECONDS[len(failures) - 1]
            self._say(f"{name} ended with status {child.status}; starting it again (its log: {child.part.log})")
            await asyncio.sleep(pause)  # a back-off, so that a part that cannot live does not take the processor
            with contextlib.suppress(LocalError):  # it died again: the child that stands there tells, and counts
                self._children[name] = await start(child.part)

    async def _stop(self) -> None:
        for guard in self._guards:
            guard.cancel()
        await asyncio.gather(*self._guards, return_exceptions=True)
        self.home.stack.unlink(missing_ok=True)
        for name in STOP_ORDER:
            if name in self._children:
                await self._children.pop(name).stop()
        self._held.close()


def _load_migrations() -> Callable[[str], None]:
    """Import them while PostgreSQL starts: SQLAlchemy and Alembic take most of a second."""
    from alembic.util import CommandError  # noqa: PLC0415 - see above
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - see above

    from doorstep.store.migrate import upgrade  # noqa: PLC0415 - see above

    def migrate(url: str) -> None:
        try:
            upgrade(url)
        except (CommandError, SQLAlchemyError) as error:
            raise LocalError(f"The database could not be brought up to date: {error}") from error

    return migrate


@contextlib.asynccontextmanager
async def _together() -> AsyncIterator[asyncio.TaskGroup]:
    """A task group whose first error comes out alone; it is the one that cancelled the others."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
