"""Engines that tell what a page of the Team Hub did with the database: what it asked, changed, or would change."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from fastapi import FastAPI
from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from doorstep.store.engine import create_engine
from starter.temporal import Starter
from tests.house import House
from web.app import create_app

CHANGES = re.compile(r"\b(?:INSERT INTO|DELETE FROM|(?<!FOR )(?<!KEY )(?<!DO )UPDATE)\s+(\w+)")
NOTED = "UPDATE invitations SET last_refusal="
"""A refusal is noted in the row too, where `status` shows it."""

RECORDS = frozenset({"audit", "rate_hits"})
"""What grows with a refusal (invariant 5), and with every try that is counted."""


@dataclass
class Ledger:
    """What the database was asked for, and the tables of which rows were changed, and changed for good."""

    asked: list[str] = field(default_factory=list)
    touched: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)

    def clear(self) -> None:
        """Forget what was."""
        for each in (self.asked, self.touched, self.changed):
            each.clear()

    @property
    def harm(self) -> list[str]:
        """The changes beside the records of a refusal."""
        return [table for table in self.changed if table not in RECORDS]

    def keep(self, engine: AsyncEngine) -> None:
        """Write down what that engine does from now on."""
        event.listen(engine.sync_engine, "before_cursor_execute", self._asked)
        event.listen(engine.sync_engine, "after_cursor_execute", self._done)
        event.listen(engine.sync_engine, "commit", self._committed)
        event.listen(engine.sync_engine, "rollback", self._rolled_back)

    def _asked(self, _connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        self.asked.append(statement)

    def _done(self, connection: Connection, cursor: Any, statement: str, *_: object) -> None:
        if cursor.rowcount and not statement.startswith(NOTED):
            found = CHANGES.findall(statement)
            self.touched += found
            connection.info.setdefault("changed", []).extend(found)

    def _committed(self, connection: Connection) -> None:
        self.changed += connection.info.pop("changed", [])

    def _rolled_back(self, connection: Connection) -> None:
        connection.info.pop("changed", None)


class Forgetful:
    """An engine that forgets whatever it was told: each transaction does its work and is rolled back."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """What looks like a transaction."""
        async with self._engine.connect() as connection:
            yield connection
            await connection.rollback()

    def __getattr__(self, name: str) -> Any:
        """Whatever else an engine has."""
        return getattr(self._engine, name)


class Silent(Starter):
    """Tells no workflow of anything, since nothing is there that it could find."""

    def __getattribute__(self, name: str) -> Any:
        """Only the client is real."""
        if name.startswith("_") or name == "client":
            return super().__getattribute__(name)

        async def told(*_args: object, **_more: object) -> bool:
            return True

        return told


@asynccontextmanager
async def ledgered(house: House) -> AsyncIterator[tuple[FastAPI, Ledger]]:
    """The pages on an engine of their own, which nobody else uses, and its ledger."""
    engine, ledger = _engine(house), Ledger()
    ledger.keep(engine)
    yield create_app(replace(house.doorstep, engine=engine)), ledger
    await engine.dispose()


@asynccontextmanager
async def unchangeable(house: House) -> AsyncIterator[FastAPI]:
    """The pages on a database that takes no change."""
    engine = _engine(house).execution_options(postgresql_readonly=True)
    yield create_app(replace(house.doorstep, engine=engine))
    await engine.dispose()


@asynccontextmanager
async def forgetful(house: House) -> AsyncIterator[tuple[FastAPI, Ledger]]:
    """The pages on a database that forgets every change: each form can be sent there as it is meant."""
    engine, ledger = _engine(house), Ledger()
    ledger.keep(engine)
    doorstep = replace(house.doorstep, engine=Forgetful(engine), starter=Silent(house.client))  # type: ignore[arg-type]
    yield create_app(doorstep), ledger
    await engine.dispose()


def _engine(house: House) -> AsyncEngine:
    return create_engine(house.settings.database_url.get_secret_value(), application="doorstep-tests-of-the-hub")
