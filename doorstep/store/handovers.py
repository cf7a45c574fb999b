"""The outbox of one invitation: what to hand over now, and what follows from how that went."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.events import Event
from doorstep.domain.invitation import Delivery, Invitation
from doorstep.domain.messages import Handover, HandoverResult, Message
from doorstep.domain.states import Attention, State
from doorstep.security.links import LinkRecord, Purpose
from doorstep.store import audit, deliveries, links, sweeping
from doorstep.store import tables as t
from doorstep.store.answering import notice_recipient
from doorstep.store.audit import CLOCK
from doorstep.store.orders import get

i = t.invitations.c
NEEDS_LINK = (Message.INVITATION, Message.REMINDER)
NOTICES = (Message.BOUNCE_NOTICE, Message.DECLINED_NOTICE, Message.READDRESSED_NOTICE)


@dataclass(frozen=True)
class Outbox:
    """An invitation with its open attempts, and the record of its link where a message prints it."""

    invitation: Invitation
    to_send: tuple[Delivery, ...] = ()
    link: LinkRecord | None = None


async def open_all(tx: AsyncConnection, invitation_id: UUID, *, besides: AbstractSet[UUID] = frozenset()) -> Outbox:
    """Open an attempt for everything unsent; where nothing is, note that the workflow has seen this revision.

    The 24 hours begin here: just before the attempt, and again only when the attempt before is known to have failed.
    """
    invitation = await get(tx, invitation_id, for_update=True)
    waiting = [d.id for d in invitation.unsent() if d.id not in besides]
    if not waiting:
        await sweeping.see(tx, invitation_id, invitation.rev)
        return Outbox(invitation)
    if await _start_clock(tx, invitation):
        return Outbox(await get(tx, invitation_id))
    await deliveries.open_attempts(tx, waiting)
    opened = await get(tx, invitation_id)
    to_send = tuple(d for d in opened.deliveries if d.id in waiting)
    needs_link = any(d.message in NEEDS_LINK for d in to_send)
    link = await links.current(tx, Purpose.INVITATION, invitation_id, opened.generation) if needs_link else None
    return Outbox(opened, to_send, link)


async def _start_clock(tx: AsyncConnection, invitation: Invitation) -> bool:
    """Set the expiry that the invitation will print; True if its time is over, so that it must not go out any more."""
    unsent = [d for d in invitation.of(Message.INVITATION) if d.is_unsent]
    if invitation.state is not State.PENDING or not unsent:
        return False
    end = invitation.expires_at
    if any(d.is_attempt_open for d in unsent) and end is not None:
        return invitation.now >= end
    moved = update(t.invitations).where(i.id == invitation.id, i.state == State.PENDING)
    await tx.execute(moved.values(expires_at=func.now() + invitation.policy.validity))
    return False


async def close_all(tx: AsyncConnection, invitation_id: UUID, results: Mapping[UUID, HandoverResult]) -> None:
    """Note how each attempt ended; what was refused for good raises the flag and tells the inviter (F12)."""
    invitation = await get(tx, invitation_id, for_update=True)
    await deliveries.close_attempts(tx, results)
    for delivery in invitation.deliveries:
        result = results.get(delivery.id)
        if result is not None and result.kind is Handover.ACCEPTED:
            await audit.record(tx, Event.SENT, CLOCK, subject_id=invitation_id, detail={"message": delivery.message})
        elif result is not None and result.kind is Handover.REFUSED:
            await _bounced(tx, invitation, delivery, result)


async def _bounced(tx: AsyncConnection, invitation: Invitation, delivery: Delivery, result: HandoverResult) -> None:
    detail = {"message": delivery.message, "reply_code": result.reply_code}
    await audit.record(tx, Event.BOUNCED, CLOCK, subject_id=invitation.id, code=result.cause, detail=detail)
    if delivery.message in NOTICES:
        return
    flag = update(t.invitations).where(
        i.id == invitation.id, i.generation == delivery.generation, ~i.attention.contains([Attention.UNDELIVERABLE])
    )
    await tx.execute(flag.values(attention=i.attention.op("||")(array([str(Attention.UNDELIVERABLE)]))))
    recipient = notice_recipient(invitation)
    if recipient and delivery.recipient == invitation.address:
        await deliveries.queue(tx, invitation.id, Message.BOUNCE_NOTICE, delivery.generation, [recipient])
