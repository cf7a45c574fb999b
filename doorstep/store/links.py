"""Records of links: the nonce and a keyed hash, never the token."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.security.links import LinkRecord, Purpose
from doorstep.store import tables as t

_COLUMNS = (
    t.links.c.purpose,
    t.links.c.subject_id,
    t.links.c.generation,
    t.links.c.key_id,
    t.links.c.nonce,
    t.links.c.token_hash,
)


async def keep(tx: AsyncConnection, record: LinkRecord) -> None:
    """Store a new link."""
    await tx.execute(
        t.links.insert().values(
            purpose=record.purpose,
            subject_id=record.subject_id,
            generation=record.generation,
            key_id=record.key_id,
            nonce=record.nonce,
            token_hash=record.token_hash,
        )
    )


async def find(tx: AsyncConnection, hashes: Sequence[bytes]) -> LinkRecord | None:
    """The link that one of `hashes` belongs to, whatever its purpose or generation."""
    if not hashes:
        return None
    query = select(*_COLUMNS).where(t.links.c.token_hash.in_(hashes))
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else LinkRecord(Purpose(row[0]), *row[1:])


async def current(tx: AsyncConnection, purpose: Purpose, subject_id: UUID, generation: int) -> LinkRecord | None:
    """The link of one generation."""
    c = t.links.c
    query = select(*_COLUMNS).where(c.purpose == purpose, c.subject_id == subject_id, c.generation == generation)
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else LinkRecord(Purpose(row[0]), *row[1:])


async def keys_in_use(tx: AsyncConnection) -> set[str]:
    """Names of the keys that open invitations, resets and secrets in use still depend on."""
    i = t.invitations.c
    open_invitations = select(i.id).where(i.state.in_(("pending", "expired")), i.closed_at.is_(None))
    open_resets = select(t.password_links.c.id).where(t.password_links.c.state.in_(("asked", "sent")))
    of_links = select(t.links.c.key_id).where(t.links.c.subject_id.in_(open_invitations.union_all(open_resets)))
    ss = t.signing_secrets.c
    of_secrets = select(ss.key_id).where(or_(ss.ends_at.is_(None), ss.ends_at > func.now()))
    return {row[0] for row in await tx.execute(of_links.union(of_secrets))}
