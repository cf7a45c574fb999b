"""Activation: the user can sign in and belongs to the accounts, at one commit; running it again changes nothing."""

from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import array, insert
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from doorstep.domain.events import Event
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import Attention, State
from doorstep.store import audit, deliveries
from doorstep.store import tables as t
from doorstep.store.audit import CLOCK
from doorstep.store.orders import change

i = t.invitations.c
m = t.memberships.c


async def activate(tx: AsyncConnection, invitation: Invitation) -> bool:
    """Make an approved invitation active and queue the good news; False, and nothing done, for any other state."""
    if not await change(
        tx, invitation.id, frozenset({State.APPROVED}), state=State.ACTIVE, activated_at=func.now(), attention=[]
    ):
        return False
    users = update(t.users).where(t.users.c.id == invitation.user_id, t.users.c.state == "unapproved")
    await tx.execute(users.values(state="active"))
    await _join(tx, invitation)
    await deliveries.queue_all(tx, invitation.id, invitation.generation, _good_news(invitation))
    await audit.record(tx, Event.ACTIVATED, CLOCK, subject_id=invitation.id)
    return True


def _good_news(invitation: Invitation) -> list[tuple[Message, str]]:
    """S1.15, S2.17: a new user hears of the approval and is welcomed, by mail where there is an address for it."""
    if invitation.is_existing:
        return [(Message.WELCOME_EXISTING, invitation.address)]
    return [(Message.APPROVED, invitation.address), (Message.WELCOME, invitation.email or invitation.address)]


async def _join(tx: AsyncConnection, invitation: Invitation) -> None:
    """One membership an account, so that a person with two never sees a mix (S3.11).

    Somebody who belongs to an account already, by another job for instance, keeps what they had beside the new.
    """
    granted = list(invitation.permissions if invitation.granted is None else invitation.granted)
    accounts: list[UUID | None] = [account.id for account in invitation.accounts] or [None]
    rows = [
        {
            "id": uuid7(),
            "user_id": invitation.user_id,
            "office": invitation.office.code,
            "account_id": account,
            "permissions": granted,
            "invitation_id": invitation.id,
        }
        for account in accounts
    ]
    joining = insert(t.memberships)
    both = select(func.unnest(m.permissions)).union(select(func.unnest(joining.excluded.permissions)))
    merged = func.array(both.scalar_subquery())
    unique = [m.user_id, m.office, m.account_id]
    await tx.execute(joining.on_conflict_do_update(index_elements=unique, set_={"permissions": merged}), rows)


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
