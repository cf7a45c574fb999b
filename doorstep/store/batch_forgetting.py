"""What rows of batches say of people, taken away: with the person, or when the batch has long ended (T34)."""

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.batches import KEPT_ROWS
from doorstep.domain.invitation import Invitation
from doorstep.store import tables as t

b = t.batches.c
r = t.batch_rows.c
BLANK: dict[str, object] = {"given": {}, "address_key": "", "contact_id": None, "job": ""}


async def forget_person(tx: AsyncConnection, invitation: Invitation) -> None:
    """Blank the rows that made an invitation or name one of its addresses, in its office; their results stay."""
    of_office = select(b.id).where(b.office == invitation.office.code)
    theirs = or_(r.invitation_id == invitation.id, r.address_key.in_(invitation.keys))
    await tx.execute(update(t.batch_rows).where(theirs, r.batch_id.in_(of_office)).values(**BLANK))


async def purge(tx: AsyncConnection) -> int:
    """Blank the rows of one batch that ended long ago; how many."""
    due = select(b.id).where(b.ended_at < func.now() - KEPT_ROWS, b.forgotten_at.is_(None))
    oldest = due.order_by(b.ended_at).limit(1).with_for_update(skip_locked=True)
    identifier = (await tx.execute(oldest)).scalar_one_or_none()
    if identifier is None:
        return 0
    await tx.execute(update(t.batches).where(b.id == identifier).values(forgotten_at=func.now()))
    blanked = await tx.execute(update(t.batch_rows).where(r.batch_id == identifier).values(**BLANK))
    return blanked.rowcount
