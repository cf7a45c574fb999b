"""Somebody who has a user already: granted and welcomed instead of set up (S2.17, S2.18, decisions 5 and 10)."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.errors import Conflict
from doorstep.domain.events import Event
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import LINK_MESSAGES
from doorstep.domain.policy import GRANT, Policy
from doorstep.domain.states import State
from doorstep.store import announcing, audit, deliveries, person, users
from doorstep.store import tables as t
from doorstep.store.audit import CLOCK, Actor
from doorstep.store.orders import change, get
from doorstep.store.person import Asked
from doorstep.store.users import User

i = t.invitations.c
m = t.memberships.c
u = t.users.c
AT_ONCE = 20
"""Invitations of one person that are open at the same time; more is no person."""


async def user_for(tx: AsyncConnection, asked: Asked) -> User | None:
    """The user with whom somebody who is asked could sign in once they are let in; None where a set-up has to make one.

    Whoever never set a password has none: instructions to sign in would lead them nowhere (S2.19).

    Raises:
        Conflict: `user_suspended`; `already_member` where there is nothing left to ask for (S1.19).
    """
    user = await person_of(tx, asked.keys, is_test=asked.is_test)
    if user is None:
        return None
    if user.state == "suspended":
        sentence = "This person's user is suspended. Resume it first: doorstep user resume USERNAME"
        raise Conflict("user_suspended", sentence, private=f"The username is {user.username}.")
    if await _belongs(tx, asked):
        raise Conflict("already_member", "This person belongs there already; there is nothing to send.")
    return user if user.has_password else None


async def person_of(tx: AsyncConnection, keys: Sequence[str], *, is_test: bool) -> User | None:
    """The user whom the person with these addresses has, locked so that nobody deletes it meanwhile."""
    user = await users.person(tx, keys, is_test=is_test)
    if user is None or await users.lock(tx, user.id):
        return user
    return await person_of(tx, keys, is_test=is_test)  # rejected elsewhere at this very moment, and gone


async def _belongs(tx: AsyncConnection, asked: Asked) -> bool:
    """True if the person already belongs to every one of the accounts, or else to the office.

    Somebody who is asked to another job does not belong to that job yet (S2.6).
    """
    query = (
        select(func.count(func.distinct(m.account_id)), func.count())
        .select_from(t.memberships.join(t.users, u.id == m.user_id))
        .where(person.known(asked.keys, is_test=asked.is_test), m.office == asked.office)
    )
    if asked.job is not None:
        query = query.where(exists().where(i.user_id == u.id, i.job_id == asked.job, i.state == State.ACTIVE))
    if asked.accounts:
        query = query.where(m.account_id.in_(asked.accounts))
    distinct, total = (await tx.execute(query)).one()
    return bool(distinct == len(asked.accounts) if asked.accounts else total > 0)


def granted_state(policy: Policy) -> State:
    """Where the invitation of somebody who needs no set-up any more stands."""
    return State.AWAITING_APPROVAL if policy.approval_required else State.APPROVED


async def grant(
    tx: AsyncConnection,
    actor: Actor,
    invitation: Invitation,
    user: User,
    states: frozenset[State],
    **values: object,
) -> bool:
    """Move an invitation on to the decision, for a user who needs no set-up; False if its state has changed."""
    to = granted_state(invitation.policy)
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
    await note(tx, actor, invitation.id, to)
    return True


async def note(tx: AsyncConnection, actor: Actor, invitation_id: UUID, state: State) -> None:
    """Record that a user needs no set-up, and ask the administrators where they have to decide."""
    await audit.record(tx, Event.EXISTING_USER, actor, subject_id=invitation_id)
    if state is State.AWAITING_APPROVAL:
        await announcing.ask_approvers(tx, await get(tx, invitation_id))


async def follow(tx: AsyncConnection, user: User, besides: Invitation) -> None:
    """Decision 10: of two invitations open at once the first set-up makes the user, and the others need none.

    One whose office asks for consent keeps its link, behind which the person is asked.
    """
    same = person.invited(besides.keys, is_test=besides.is_test)
    query = select(i.id).where(same, i.state == State.PENDING, i.id != besides.id).order_by(i.id).limit(AT_ONCE)
    for identifier in (await tx.execute(query)).scalars().all():
        other = await get(tx, identifier, for_update=True)
        if other.is_over:
            continue  # its 24 hours have ended, and only nobody has noticed yet
        if other.policy.existing_users == GRANT:
            await grant(tx, CLOCK, other, user, frozenset({State.PENDING}))
        else:
            await change(tx, other.id, frozenset({State.PENDING}), is_existing=True, username=user.username)
