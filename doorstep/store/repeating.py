"""Requests that are repeated under one idempotency key (F17)."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.errors import Invalid
from doorstep.domain.invitation import Invitation
from doorstep.store import locks
from doorstep.store import tables as t
from doorstep.store.loading import load

i = t.invitations.c


async def earlier(tx: AsyncConnection, office: str, key: str | None, fingerprint: bytes) -> Invitation | None:
    """What an earlier request under `key` made; None where it is the first, or has no key.

    Raises:
        Invalid: `idempotency_mismatch`.
    """
    if key is None:
        return None
    await locks.one_by_one(tx, "idempotency", [f"{office}/{key}"])
    query = select(i.id, i.idempotency_hash).where(i.office == office, i.idempotency_key == key)
    row = (await tx.execute(query)).one_or_none()
    if row is None:
        return None
    if row[1] != fingerprint:
        sentence = "This idempotency key was used for another invitation. Use a new key for a new request."
        raise Invalid("idempotency_mismatch", sentence, field="idempotency_key")
    return await load(tx, row[0])
