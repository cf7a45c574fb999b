"""Way A in the figures: whom staff added themselves, as far as it is in sight."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, distinct, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import Authority
from doorstep.domain.figures import Direct
from doorstep.store import sight
from doorstep.store import tables as t
from doorstep.store.audit import Actor

u = t.users.c
m = t.memberships.c


async def direct(
    tx: AsyncConnection, actor: Actor, office: str | None, since: datetime | None, until: datetime
) -> Direct:
    """The pairs added in the window that are there still, in one office or in all in sight."""
    wanted = [m.invitation_id.is_(None), u.pair_id.is_(None), ~u.is_test, u.created_at < until]
    wanted += [] if since is None else [u.created_at >= since]
    wanted += await _in_sight(tx, actor, office)
    counted = distinct(u.id)
    query = select(
        func.count(counted),
        func.count(counted).filter(u.password_hash.is_not(None)),
        func.count(counted).filter(u.first_signed_in_at.is_not(None)),
    )
    row = (await tx.execute(query.select_from(t.users.join(t.memberships, m.user_id == u.id)).where(*wanted))).one()
    return Direct(*row)


async def _in_sight(tx: AsyncConnection, actor: Actor, office: str | None) -> list[ColumnElement[bool]]:
    if office is None:
        return await sight.of_all_offices(tx, actor, m.office, _of_office)
    who = await sight.require_some(tx, actor, office)
    return [m.office == office, *sight.of_accounts(who, m.account_id)]


def _of_office(who: Authority) -> ColumnElement[bool]:
    return and_(True, *sight.of_accounts(who, m.account_id))
