"""The secrets of webhooks and of those who report deliveries: made, rotated, and those that are good just now.

Whoever calls has locked the subject, so that two rotations come one after the other.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.security.links import KeyRing, Purpose, UnknownKeyError
from doorstep.security.signing import OVERLAP, SigningRecord, new_record, secret_of
from doorstep.store import tables as t

s = t.signing_secrets.c


async def make(tx: AsyncConnection, ring: KeyRing, purpose: Purpose, subject_id: UUID, generation: int = 1) -> str:
    """A new secret for `subject_id`, kept without being stored."""
    record = new_record(ring, purpose, subject_id, generation)
    kept = t.signing_secrets.insert().values(
        subject_id=subject_id, generation=generation, key_id=record.key_id, nonce=record.nonce
    )
    await tx.execute(kept)
    return secret_of(ring, record)


async def rotate(
    tx: AsyncConnection, ring: KeyRing, purpose: Purpose, subject_id: UUID, *, overlap: timedelta = OVERLAP
) -> str:
    """A new secret; those before stay good for `overlap` at most (T23)."""
    newest = func.coalesce(func.max(s.generation), 0)  # what was removed and is added again has none
    last = (await tx.execute(select(newest).where(s.subject_id == subject_id))).scalar_one()
    ends = func.least(s.ends_at, func.now() + overlap)  # `least` passes over what is NULL
    await tx.execute(update(t.signing_secrets).where(s.subject_id == subject_id).values(ends_at=ends))
    return await make(tx, ring, purpose, subject_id, last + 1)


async def valid(tx: AsyncConnection, ring: KeyRing, purpose: Purpose, subject_id: UUID) -> list[str]:
    """Every secret that is good now, the newest first; empty where the keys of all of them have left the ring."""
    is_good = or_(s.ends_at.is_(None), s.ends_at > func.now())
    query = select(s.generation, s.key_id, s.nonce).where(s.subject_id == subject_id, is_good)
    rows = await tx.execute(query.order_by(s.generation.desc()))
    records = [SigningRecord(purpose, subject_id, *row) for row in rows]
    return [secret_of(ring, record) for record in records if record.key_id in ring.keys]


async def current(tx: AsyncConnection, ring: KeyRing, purpose: Purpose, subject_id: UUID) -> str:
    """The newest secret, for whoever may see it.

    Raises:
        UnknownKeyError: when there is none, or its key has left the ring; a rotation makes a new one.
    """
    query = select(s.generation, s.key_id, s.nonce).where(s.subject_id == subject_id)
    row = (await tx.execute(query.order_by(s.generation.desc()).limit(1))).one_or_none()
    if row is None:
        raise UnknownKeyError(str(subject_id))
    return secret_of(ring, SigningRecord(purpose, subject_id, *row))


async def end(tx: AsyncConnection, subject_id: UUID) -> None:
    """Forget the secrets of whatever was removed, so that nobody has to keep the keys that they were made with."""
    await tx.execute(delete(t.signing_secrets).where(s.subject_id == subject_id))
