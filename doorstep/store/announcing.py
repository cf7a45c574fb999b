"""Telling that somebody waits for a decision (S4.24, S4.40)."""

from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.store import deliveries
from doorstep.store import tables as t


async def announce(tx: AsyncConnection, invitation: Invitation) -> None:
    """The customer and every username administrator hear of a finished set-up (S4.40)."""
    await ask_approvers(tx, invitation, (Message.SET_UP_RECEIVED, invitation.address))


async def ask_approvers(tx: AsyncConnection, invitation: Invitation, *first: tuple[Message, str]) -> None:
    """Ask every username administrator; where the office has lost its last one, raise the flag."""
    approvers = invitation.office.approvers
    wanted = [*first, *((Message.APPROVAL_NEEDED, approver) for approver in approvers)]
    await deliveries.queue_all(tx, invitation.id, invitation.generation, wanted)
    if not approvers:
        row = t.invitations.update().where(t.invitations.c.id == invitation.id)
        await tx.execute(row.values(attention=["no_approver"]))
