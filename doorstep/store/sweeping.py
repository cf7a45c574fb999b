"""What the sweep asks: whose row moved on while its workflow did not hear of it."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.store import tables as t

SWEEP_LOCK = 0x646F6F72
AT_ONCE = 200


async def try_lock(tx: AsyncConnection) -> bool:
    """True for the one sweep that may run now; freed at the end of the transaction."""
    return bool((await tx.execute(select(func.pg_try_advisory_xact_lock(SWEEP_LOCK)))).scalar_one())


async def unseen_invitations(tx: AsyncConnection, *, older_than: timedelta) -> list[UUID]:
    """Invitations whose last change nobody acted on for `older_than`."""
    i = t.invitations.c
    query = select(i.id).where(i.seen_rev < i.rev, i.changed_at < func.now() - older_than)
    return list((await tx.execute(query.order_by(i.changed_at).limit(AT_ONCE))).scalars())


async def unseen_password_links(tx: AsyncConnection, *, older_than: timedelta) -> list[UUID]:
    """The same for forgotten passwords."""
    p = t.password_links.c
    query = select(p.id).where(p.seen_rev < p.rev, p.changed_at < func.now() - older_than)
    return list((await tx.execute(query.order_by(p.changed_at).limit(AT_ONCE))).scalars())


async def see(tx: AsyncConnection, invitation_id: UUID, rev: int) -> None:
    """Note up to which revision the workflow has acted."""
    i = t.invitations.c
    await tx.execute(update(t.invitations).where(i.id == invitation_id).values(seen_rev=func.greatest(i.seen_rev, rev)))
