"""Letting several people, or a person and the clock, go at the same moment."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.errors import DoorstepError
from doorstep.domain.invitation import Invitation
from doorstep.local.clock import _move_rows
from doorstep.store import timing
from doorstep.store.orders import get
from tests.house import House


async def at_once(*asked: Awaitable[object]) -> list[str]:
    """How each ended that was let go at the same moment: `done`, or the code of the refusal."""
    gate = asyncio.Event()

    async def one(what: Awaitable[object]) -> str:
        await gate.wait()
        try:
            await what
        except DoorstepError as error:
            return error.code
        return "done"

    tasks = [asyncio.create_task(one(what)) for what in asked]
    gate.set()
    return await asyncio.gather(*tasks)


async def pass_on_row(house: House, invitation: Invitation, by: timedelta) -> None:
    """Let time pass for the row alone, so that the workflow does not come in between."""
    await _move_rows(house.settings.database_url.get_secret_value(), invitation.id, by)


async def the_clock(house: House, invitation: Invitation) -> None:
    """What the workflow's timer would do at the end of the link."""

    async def work(tx: AsyncConnection) -> None:
        await timing.expire(tx, await get(tx, invitation.id, for_update=True))

    await house.run(work)
