"""Retention: invitations that nobody answered by setting up a user are kept as long as their office wants.

Those whose user was set up are never erased by time; somebody has to say so.
"""

from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, Select, func, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.store import tables as t
from doorstep.store.audit import CLOCK
from doorstep.store.erasing import erase_row
from doorstep.store.orders import get
from doorstep.store.tables.invitations import UNANSWERED

i = t.invitations.c
log = structlog.get_logger()
AT_ONCE = 100
# As the partial index spells it: a parameter in its place would leave the index aside.
IS_UNANSWERED: ColumnElement[bool] = literal_column(UNANSWERED)


async def purge(tx: AsyncConnection) -> int:
    """Erase the oldest unanswered invitations that their office, as it is set now, does not keep any longer.

    Returns how many. Their workflows have come to an end, so nobody need hear of it.
    """
    found = (await tx.execute(_due())).scalars().all()
    erased = []
    for identifier in found:
        try:
            invitation = await get(tx, identifier, for_update=True)
        except ValueError:
            # A row from the future stands in no other row's way (F20).
            log.error("row_unreadable", invitation_id=str(identifier))
            continue
        await erase_row(tx, CLOCK, invitation)
        erased.append(identifier)
    await tx.execute(update(t.invitations).where(i.id.in_(erased)).values(seen_rev=i.rev))
    return len(erased)


def _due() -> Select[UUID]:
    """Office by office along the index, so that a look at nothing due costs next to nothing."""
    p, o = t.policies.c, t.offices.c
    is_old = i.changed_at < func.now() - p.retention
    oldest = select(i.id, i.changed_at).where(i.office == o.code, IS_UNANSWERED, is_old).order_by(i.changed_at)
    locked = oldest.limit(AT_ONCE).with_for_update(skip_locked=True, of=t.invitations).lateral("due")
    offices = t.offices.join(t.policies, p.id == o.policy_id)
    query = select(locked.c.id).select_from(offices.join(locked, literal_column("true")))
    return query.where(p.retention.is_not(None)).order_by(locked.c.changed_at).limit(AT_ONCE)
