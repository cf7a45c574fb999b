"""Finding an invitation by the beginning of its id, for whoever typed only that."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.store import tables as t

ENOUGH_TO_KNOW = 2


async def between(tx: AsyncConnection, low: UUID, high: UUID, seen: Sequence[ColumnElement[bool]] = ()) -> list[UUID]:
    """Ids of invitations in sight from `low` to `high`; no more than tell whether there is one, or several."""
    i = t.invitations.c
    query = select(i.id).where(i.id.between(low, high), *seen).limit(ENOUGH_TO_KNOW)
    return list((await tx.execute(query)).scalars())
