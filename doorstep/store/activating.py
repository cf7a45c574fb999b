"""Activation: the user can sign in and belongs to the accounts, at one commit; running it again changes nothing."""

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.events import Event
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import Attention, State
from doorstep.store import audit, belonging, deliveries
from doorstep.store import tables as t
from doorstep.store.audit import CLOCK
from doorstep.store.orders import change

i = t.invitations.c


async def activate(tx: AsyncConnection, invitation: Invitation) -> bool:
    """Make an approved invitation active and queue the good news; False, and nothing done, for any other state."""
    if not await change(
        tx, invitation.id, frozenset({State.APPROVED}), state=State.ACTIVE, activated_at=func.now(), attention=[]
    ):
        return False
    unapproved = update(t.users).where(t.users.c.id == invitation.user_id, t.users.c.state == "unapproved")
    await tx.execute(unapproved.values(state="active"))
    await belonging.join(tx, invitation)
    await deliveries.queue_all(tx, invitation.id, invitation.generation, _good_news(invitation))
    await audit.record(tx, Event.ACTIVATED, CLOCK, subject_id=invitation.id)
    return True


def _good_news(invitation: Invitation) -> list[tuple[Message, str]]:
    """S1.15, S2.17: a new user hears of the approval and is welcomed, by mail where there is an address for it."""
    if invitation.is_existing:
        return [(Message.WELCOME_EXISTING, invitation.address)]
    return [(Message.APPROVED, invitation.address), (Message.WELCOME, invitation.email or invitation.address)]


async def flag_failing(tx: AsyncConnection, invitation: Invitation, cause: str) -> None:
    """Raise the flag that an approved invitation cannot be activated; once, however often it is tried."""
    flagged = update(t.invitations).where(
        i.id == invitation.id,
        i.state == State.APPROVED,
        ~i.attention.contains([Attention.ACTIVATION_FAILING]),
    )
    values = {"attention": i.attention.op("||")(array([str(Attention.ACTIVATION_FAILING)]))}
    if (await tx.execute(flagged.values(**values))).rowcount:
        await audit.record(tx, Event.ACTIVATION_FAILED, CLOCK, subject_id=invitation.id, code=cause)
