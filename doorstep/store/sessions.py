"""Sessions: rows that can be ended at once, found by the hash of the cookie (T24)."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.store import tables as t

s = t.sessions.c
IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
TOUCH_AFTER = timedelta(minutes=1)


async def start(tx: AsyncConnection, id_hash: bytes, user_id: UUID) -> None:
    """Begin a session; the row of whatever ended is cleared away on the way."""
    await tx.execute(delete(t.sessions).where(s.user_id == user_id, s.ends_at < func.now()))
    await tx.execute(t.sessions.insert().values(id_hash=id_hash, user_id=user_id, ends_at=func.now() + ABSOLUTE))


async def user_of(tx: AsyncConnection, id_hash: bytes) -> UUID | None:
    """The user of a live session: not idle for 30 minutes, not older than 12 hours, and still active."""
    is_live = (s.id_hash == id_hash, s.ends_at > func.now(), s.seen_at > func.now() - IDLE)
    query = (
        select(s.user_id, s.seen_at < func.now() - TOUCH_AFTER)
        .join(t.users, t.users.c.id == s.user_id)
        .where(*is_live, t.users.c.state == "active")
    )
    row = (await tx.execute(query)).one_or_none()
    if row is None:
        return None
    if row[1]:
        await tx.execute(update(t.sessions).where(s.id_hash == id_hash).values(seen_at=func.now()))
    user_id: UUID = row[0]
    return user_id


async def end(tx: AsyncConnection, id_hash: bytes) -> UUID | None:
    """End one session; the user it belonged to."""
    return (await tx.execute(delete(t.sessions).where(s.id_hash == id_hash).returning(s.user_id))).scalar_one_or_none()


async def end_all(tx: AsyncConnection, user_id: UUID) -> None:
    """End every session of a user, as after a change of password."""
    await tx.execute(delete(t.sessions).where(s.user_id == user_id))
