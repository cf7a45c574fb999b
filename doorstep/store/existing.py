"""Somebody who has a user already: granted and welcomed instead of set up (S2.17, S2.18, decisions 5 and 10)."""

from collections.abc import Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.errors import Conflict
from doorstep.domain.events import Event
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import LINK_MESSAGES
from doorstep.domain.policy import GRANT
from doorstep.domain.states import State
from doorstep.store import announcing, audit, deliveries, users
from doorstep.store import tables as t
from doorstep.store.audit import CLOCK, Actor
from doorstep.store.orders import change, get
from doorstep.store.users import User

i = t.invitations.c
AT_ONCE = 20
"""Invitations of one person that are open at the same time; more is no person."""


async def credentialed(tx: AsyncConnection, keys: Sequence[str]) -> User | None:
    """The user whom one of the addresses belongs to, if they could sign in once they are let in.

    Whoever never set a password is none: instructions to sign in would lead them nowhere (S2.19).

    Raises:
        Conflict: `user_suspended`.
    """
    user = await users.person(tx, keys)
    if user is None or not user.has_password:
        return None
    if user.state == "suspended":
        sentence = "This person's user is suspended. Resume it first: doorstep user resume USERNAME"
        raise Conflict("user_suspended", sentence, private=f"The username is {user.username}.")
    return user


def granted_state(invitation_needs_approval: bool) -> State:  # noqa: FBT001 - the policy's word
    """Where the invitation of an existing user stands at once."""
    return State.AWAITING_APPROVAL if invitation_needs_approval else State.APPROVED


async def grant(
    tx: AsyncConnection,
    actor: Actor,
    invitation: Invitation,
    user: User,
    states: frozenset[State],
    **values: object,
) -> bool:
    """Move an invitation on to the decision, for a user who needs no set-up; False if its state has changed."""
    to = granted_state(invitation.policy.approval_required)
    fresh = {
        "state": to,
        "user_id": user.id,
        "username": user.username,
        "is_existing": True,
        "set_up_at": func.now(),
        "expires_at": None,
        "expired_at": None,
        "attention": [],
    }
    if not await change(tx, invitation.id, states, **(fresh | values)):
        return False
    await deliveries.withdraw(tx, invitation.id, LINK_MESSAGES, cause="existing_user")
    if to is State.AWAITING_APPROVAL:
        await announcing.ask_approvers(tx, invitation)
    await audit.record(tx, Event.EXISTING_USER, actor, subject_id=invitation.id)
    return True


async def follow(tx: AsyncConnection, user: User, keys: Sequence[str], besides: Invitation) -> None:
    """Decision 10: of two invitations open at once the first set-up makes the user, and the others need none.

    One whose office asks for consent keeps its link, behind which the person is asked.
    """
    same = or_(i.address_key.in_(keys), i.other_key.in_(keys))
    query = select(i.id).where(same, i.state == State.PENDING, i.id != besides.id).order_by(i.id).limit(AT_ONCE)
    for identifier in (await tx.execute(query)).scalars().all():
        other = await get(tx, identifier, for_update=True)
        if other.policy.existing_users == GRANT:
            await grant(tx, CLOCK, other, user, frozenset({State.PENDING}))
        else:
            await change(tx, other.id, frozenset({State.PENDING}), is_existing=True, username=user.username)
