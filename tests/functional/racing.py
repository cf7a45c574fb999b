"""Letting several people, or a person and the clock, go at the same moment."""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.errors import DoorstepError
from doorstep.domain.invitation import Invitation
from doorstep.local.clock import _move_rows
from doorstep.store import tables as t
from doorstep.store import timing
from doorstep.store.orders import get
from starter.sweep import sweep_once
from tests.house import House

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


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


async def come_first(house: House, invitation: Invitation) -> None:
    """See that the next sweep looks at this one first: it takes the oldest 200, and other tests leave many behind."""
    aged = update(t.invitations).where(t.invitations.c.id == invitation.id).values(changed_at=LONG_AGO)
    await house.run(lambda tx: tx.execute(aged))


async def sweep_up(house: House, invitation: Invitation) -> None:
    """What the sweep of every worker does for an invitation whose workflow was not woken."""
    await come_first(house, invitation)
    await sweep_once(house.engine, house.doorstep.starter, older_than=timedelta(0))
