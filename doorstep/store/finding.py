"""Finding an invitation by the beginning of its id, for whoever typed only that."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.store import tables as t

ENOUGH_TO_KNOW = 2


async def between(tx: AsyncConnection, low: UUID, high: UUID) -> list[UUID]:
    """Ids of invitations from `low` to `high`; no more than tell whether there is one, or several."""
    i = t.invitations.c
    return list((await tx.execute(select(i.id).where(i.id.between(low, high)).limit(ENOUGH_TO_KNOW))).scalars())
