"""What the nets under the pages of the Team Hub stand on: the shared world, pages with a ledger, and who looks."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import httpx2
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.security.sessions import session_hash
from doorstep.store import tables as t
from tests.house import House
from tests.hub import Colleague
from tests.hub_engines import Ledger, ledgered
from tests.hub_routes import Route
from tests.hub_world import World, chief_of, world_of
from web.hub.visits import TOKEN_FIELD, token_of


@dataclass(frozen=True)
class Ground:
    """The office, its pages, what the pages did, and somebody who may do everything there."""

    world: World
    app: FastAPI
    ledger: Ledger
    chief: Colleague
    things: Mapping[str, str]

    def wrong_with(self, answered: httpx2.Response, *expected: int) -> str:
        """What is wrong with a refusal; empty where it is the expected one and no row was touched."""
        harm = self.ledger.harm
        self.ledger.clear()
        return "" if answered.status_code in expected and not harm else f"{answered.status_code} {harm}"


@asynccontextmanager
async def ground_of(house: House) -> AsyncIterator[Ground]:
    """The ground over the world that is shared."""
    async with ground_over(await world_of(house)) as ground:
        yield ground


@asynccontextmanager
async def ground_over(world: World) -> AsyncIterator[Ground]:
    """The ground over a world."""
    async with ledgered(world.house) as (app, ledger):
        chief = await chief_of(world, app)
        things = world.things | {"session": str(await session_id(world.house, chief))}
        await chief.look(chief.path())  # connections are open, fronts are known
        ledger.clear()
        yield Ground(world, app, ledger, chief, things)


async def session_id(house: House, who: Colleague) -> UUID:
    """The id under which a session of somebody is listed."""
    ss = t.staff_sessions.c

    async def read(tx: AsyncConnection) -> UUID:
        found: UUID = (await tx.execute(select(ss.id).where(ss.id_hash == session_hash(who.session)))).scalar_one()
        return found

    return await house.run(read)


async def ask(who: Colleague, route: Route, path: str, things: Mapping[str, str], **more: object) -> httpx2.Response:
    """Look at a page, or send a form as the page of this session would; `more` are fields beside those of the case."""
    if route.method == "GET":
        return await who.browser.get(path)
    return await who.browser.post(path, data={TOKEN_FIELD: token_of(who.session), **route.sends(things), **more})
