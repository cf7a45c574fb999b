"""The outbox of one invitation: what to hand over now, and what follows from how that went."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.events import Event
from doorstep.domain.invitation import Delivery, Invitation
from doorstep.domain.messages import LINK_MESSAGES, CustomText, Handover, HandoverResult, Message
from doorstep.domain.states import Attention, State
from doorstep.security.links import LinkRecord, Purpose
from doorstep.store import audit, deliveries, failing_over, links, pinning, sweeping
from doorstep.store import tables as t
from doorstep.store.answering import notice_recipient
from doorstep.store.audit import CLOCK
from doorstep.store.failing_over import Means
from doorstep.store.orders import get

i = t.invitations.c
ENDED = (State.REVOKED, State.DECLINED, State.REJECTED, State.ERASED)
NOTICES = (Message.BOUNCE_NOTICE, Message.DECLINED_NOTICE, Message.READDRESSED_NOTICE)


Change = Callable[[AsyncConnection, Invitation], Awaitable[bool]]
"""Changes the row if the moment is right, and answers whether it did."""


@dataclass(frozen=True)
class Outbox:
    """An invitation with its open attempts, the record of its link where one is printed, the office's own texts."""

    invitation: Invitation
    to_send: tuple[Delivery, ...] = ()
    link: LinkRecord | None = None
    texts: Mapping[UUID, CustomText] = field(default_factory=dict)


async def open_all(tx: AsyncConnection, invitation_id: UUID, *, change: Change | None = None) -> Outbox:
    """Carry out `change`, then open an attempt for everything unsent, all in one transaction.

    Where nothing is unsent, note that the workflow has seen this revision. The 24 hours begin here: just before the
    attempt, and again only when the attempt before is known to have failed.
    """
    invitation = await get(tx, invitation_id, for_update=True)
    if change is not None and await change(tx, invitation):
        invitation = await get(tx, invitation_id)
    waiting = invitation.unsent()
    if not waiting:
        await sweeping.see(tx, invitation_id, invitation.rev)
        return Outbox(invitation)
    end = await _start_clock(tx, invitation)
    if end is not None and invitation.now >= end + invitation.policy.grace:
        return Outbox(invitation)
    to_send = await deliveries.open_attempts(tx, waiting)
    needs_link = any(each.message in LINK_MESSAGES for each in to_send)
    link = await links.current(tx, Purpose.INVITATION, invitation_id, invitation.generation) if needs_link else None
    texts = await pinning.pin(tx, invitation, to_send) if invitation.office.has_templates else {}
    return Outbox(replace(invitation, expires_at=end or invitation.expires_at), to_send, link, texts)


async def _start_clock(tx: AsyncConnection, invitation: Invitation) -> datetime | None:
    """The end of the link that a message is to print, after which none goes out; None where there is no live link."""
    if invitation.state is not State.PENDING:
        return None
    unsent = [each for each in invitation.of(Message.INVITATION) if each.is_unsent]
    if invitation.expires_at is not None and (not unsent or any(each.is_attempt_open for each in unsent)):
        return invitation.expires_at
    moved = (
        update(t.invitations).where(i.id == invitation.id).values(expires_at=func.now() + invitation.policy.validity)
    )
    end: datetime = (await tx.execute(moved.returning(i.expires_at))).scalar_one()
    return end


async def close_all(
    tx: AsyncConnection, means: Means, outbox: Outbox, results: Mapping[UUID, HandoverResult]
) -> Invitation:
    """Note how each attempt ended; what was refused for good has its consequences (F12)."""
    invitation = outbox.invitation
    await sweeping.see(tx, invitation.id, invitation.rev)  # first, so that locks are taken in one order everywhere
    await deliveries.close_attempts(tx, results, repeated={d.id for d in invitation.deliveries if d.is_attempt_open})
    sent = [each.message for each in outbox.to_send if results[each.id].kind is Handover.ACCEPTED]
    if sent:
        await audit.record(tx, Event.SENT, CLOCK, subject_id=invitation.id, detail={"messages": sent})
    for each in outbox.to_send:
        if results[each.id].kind is Handover.REFUSED:
            result = results[each.id]
            await note_bounce(tx, means, invitation, each, result.cause, reply_code=result.reply_code)
    return await get(tx, invitation.id)


async def note_bounce(
    tx: AsyncConnection, means: Means, invitation: Invitation, delivery: Delivery, cause: str, **codes: object
) -> None:
    """Record that a message was refused for good, and tell the inviter (F12).

    An invitation goes to the other address of the person, where the office wants that; else the flag is raised.
    """
    detail = {"message": delivery.message, **codes}
    await audit.record(tx, Event.BOUNCED, CLOCK, subject_id=invitation.id, code=cause, detail=detail)
    if delivery.message in NOTICES:
        return
    went_by = await failing_over.fail_over(tx, means, invitation, delivery)
    if went_by is None:
        await _flag(tx, invitation, delivery)
    recipient = notice_recipient(invitation)
    if recipient and delivery.recipient == invitation.address:
        facts = {"lost": delivery.message} | ({} if went_by is None else {"went_by": went_by})
        await deliveries.queue(tx, invitation.id, Message.BOUNCE_NOTICE, delivery.generation, [recipient], facts)


async def _flag(tx: AsyncConnection, invitation: Invitation, delivery: Delivery) -> None:
    flag = update(t.invitations).where(
        i.id == invitation.id,
        i.generation == delivery.generation,
        i.state.not_in(ENDED),
        ~i.attention.contains([Attention.UNDELIVERABLE]),
    )
    await tx.execute(flag.values(attention=i.attention.op("||")(array([str(Attention.UNDELIVERABLE)]))))
