"""Way A in the figures: whom staff added themselves, as far as it is in sight."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, distinct, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import Authority
from doorstep.domain.figures import Direct
from doorstep.store import sight
from doorstep.store import tables as t

u = t.users.c
m = t.memberships.c


async def direct(
    tx: AsyncConnection, seen: Sequence[ColumnElement[bool]], since: datetime | None, until: datetime
) -> Direct:
    """The pairs added in the window that are there still; `seen` narrows memberships to those in sight."""
    wanted = [m.invitation_id.is_(None), u.pair_id.is_(None), ~u.is_test, u.created_at < until]
    wanted += [] if since is None else [u.created_at >= since]
    wanted += seen
    counted = distinct(u.id)
    query = select(
        func.count(counted),
        func.count(counted).filter(u.password_hash.is_not(None)),
        func.count(counted).filter(u.first_signed_in_at.is_not(None)),
    )
    row = (await tx.execute(query.select_from(t.users.join(t.memberships, m.user_id == u.id)).where(*wanted))).one()
    return Direct(*row)


def in_sight(who: Authority) -> ColumnElement[bool]:
    """What somebody sees of the memberships of one office."""
    return and_(True, *sight.of_accounts(who, m.account_id))
