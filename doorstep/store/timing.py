"""What time alone does to an invitation; every guard asks the database's clock, the workflow's timers only wake."""

from sqlalchemy import ColumnElement, any_, exists, func, literal
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.events import Event
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import LINK_MESSAGES, Message
from doorstep.domain.states import Attention, State
from doorstep.store import audit, deliveries
from doorstep.store import tables as t
from doorstep.store.audit import CLOCK, Actor
from doorstep.store.deciding import APPROVAL_MESSAGES
from doorstep.store.orders import change

i = t.invitations.c
d = t.deliveries.c
WAITING = frozenset({State.AWAITING_APPROVAL})


async def expire(tx: AsyncConnection, invitation: Invitation) -> bool:
    """Expire a link that nobody used in time; not one whose message is known never to have left."""
    still_to_go = exists().where(
        d.subject_id == i.id,
        d.message == Message.INVITATION,
        d.generation == i.generation,
        d.status.in_(("queued", "deferred")),
        ~d.is_attempt_open,
    )
    is_over = i.expires_at + invitation.policy.grace <= func.now()
    values = {"state": State.EXPIRED, "expired_at": func.now()}
    if not await change(tx, invitation.id, frozenset({State.PENDING}), is_over, ~still_to_go, **values):
        return False
    await deliveries.withdraw(tx, invitation.id, LINK_MESSAGES, cause="expired")
    await audit.record(tx, Event.EXPIRED, CLOCK, subject_id=invitation.id)
    return True


async def close(tx: AsyncConnection, invitation: Invitation) -> bool:
    """End an expired invitation whose reissue window is over (decision 2)."""
    guards = (i.expired_at + invitation.policy.reissue_window <= func.now(), i.closed_at.is_(None))
    if not await change(tx, invitation.id, frozenset({State.EXPIRED}), *guards, closed_at=func.now()):
        return False
    await audit.record(tx, Event.CLOSED, CLOCK, subject_id=invitation.id)
    return True


async def remind(tx: AsyncConnection, invitation: Invitation) -> bool:
    """Queue the reminder, with the same link, when half of the time is over."""
    policy = invitation.policy
    is_due = i.expires_at - policy.validity + policy.reminder_after <= func.now()
    is_undeliverable = literal(str(Attention.UNDELIVERABLE)) == any_(i.attention)
    guards = (is_due, i.expires_at > func.now(), ~i.is_reminded, ~is_undeliverable)
    if not await change(tx, invitation.id, frozenset({State.PENDING}), *guards, is_reminded=True):
        return False
    await deliveries.queue(tx, invitation.id, Message.REMINDER, invitation.generation, [invitation.address])
    await audit.record(tx, Event.REMINDED, CLOCK, subject_id=invitation.id)
    return True


async def nudge(tx: AsyncConnection, invitation: Invitation) -> bool:
    """Remind the username administrators of a decision that waits."""
    is_due = i.set_up_at + invitation.policy.approval_reminder <= func.now()
    return await _nudge(tx, CLOCK, invitation, is_due)


async def nudge_now(tx: AsyncConnection, actor: Actor, invitation: Invitation) -> bool:
    """The same before its time, because somebody asked for it; False where they were reminded already."""
    return await _nudge(tx, actor, invitation)


async def _nudge(tx: AsyncConnection, actor: Actor, invitation: Invitation, *guards: ColumnElement[bool]) -> bool:
    if not await change(tx, invitation.id, WAITING, ~i.is_nudged, *guards, is_nudged=True):
        return False
    await _to_approvers(tx, invitation, Message.APPROVAL_REMINDER)
    await audit.record(tx, Event.APPROVERS_REMINDED, actor, subject_id=invitation.id)
    return True


async def escalate(tx: AsyncConnection, invitation: Invitation) -> bool:
    """Say that a decision is overdue, and flag it; nothing is ever approved by a time-out (decision 6)."""
    is_due = i.set_up_at + invitation.policy.approval_escalation <= func.now()
    values = {"is_escalated": True, "attention": i.attention.op("||")(array([str(Attention.APPROVAL_OVERDUE)]))}
    if not await change(tx, invitation.id, WAITING, is_due, ~i.is_escalated, **values):
        return False
    await _to_approvers(tx, invitation, Message.APPROVAL_ESCALATION)
    await audit.record(tx, Event.ESCALATED, CLOCK, subject_id=invitation.id)
    return True


async def _to_approvers(tx: AsyncConnection, invitation: Invitation, message: Message) -> None:
    earlier = tuple(each for each in APPROVAL_MESSAGES if each is not message)
    await deliveries.withdraw(tx, invitation.id, earlier, cause="superseded")
    await deliveries.queue(tx, invitation.id, message, invitation.generation, invitation.office.approvers)
