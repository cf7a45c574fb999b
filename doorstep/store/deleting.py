"""Deleting a user: the login, the staff login of the pair, and what was sent about their passwords."""

from uuid import UUID

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.store import tables as t

d = t.deliveries.c
p = t.password_links.c
u = t.users.c


async def delete_user(tx: AsyncConnection, user_id: UUID, *guards: ColumnElement[bool]) -> bool:
    """Delete a user if every guard holds; False if not.

    The schema takes memberships, sessions and requests with it. The outbox of a request hangs on nothing, and without
    it nobody would ever find there whom it was addressed to.
    """
    logins = select(u.id).where(or_(u.id == user_id, u.pair_id == user_id))
    requests = (await tx.execute(select(p.id).where(p.user_id.in_(logins)))).scalars().all()
    if (await tx.execute(delete(t.users).where(u.id == user_id, *guards))).rowcount != 1:
        return False
    await tx.execute(delete(t.deliveries).where(d.subject_id.in_(requests)))
    await tx.execute(delete(t.links).where(t.links.c.subject_id.in_(requests)))
    return True
