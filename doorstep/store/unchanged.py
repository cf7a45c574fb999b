"""Orders that count only for what was read: whoever comes second learns that somebody was there first (`If-Match`)."""

from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.editions import changed_meanwhile
from doorstep.security.links import KeyRing
from doorstep.store import locks
from doorstep.store.orders import Order, Work, require_sight


def guarded(work: Work) -> Work:
    """`work`, done only while the row is at `order.if_rev`; decided in the same transaction, under the row's lock."""

    async def done(tx: AsyncConnection, ring: KeyRing, order: Order) -> None:
        if order.if_rev is not None:
            # In the order in which everybody takes them: the person, the job, the row.
            invitation = await locks.of_invitation(tx, order.invitation_id, is_about_job=True)
            await require_sight(tx, order.actor, invitation)
            if invitation.rev != order.if_rev:
                raise changed_meanwhile()
        await work(tx, ring, order)

    return done
