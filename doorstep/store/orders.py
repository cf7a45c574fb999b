"""Orders: what somebody asks of an invitation, and the one way to carry it out.

Pages, API, command line and the activities behind Temporal's signals all come through `carry_out`, so the same guard
decides for all of them, and a refusal is recorded whoever gets it (invariants 1 and 5).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from doorstep.domain.addresses import EmailAddress, PhoneNumber
from doorstep.domain.authority import Right, no_such_invitation, not_staff
from doorstep.domain.errors import Conflict, NotFound, Refused
from doorstep.domain.events import Event
from doorstep.domain.invitation import Invitation
from doorstep.domain.states import Command, State, states_that_allow
from doorstep.security.links import KeyRing
from doorstep.store import audit
from doorstep.store import tables as t
from doorstep.store.audit import Actor
from doorstep.store.authority import require_for_invitation
from doorstep.store.engine import transact
from doorstep.store.loading import load


@dataclass(frozen=True)
class NewUser:
    """What the set-up form makes: a username and the hash of a password, never the password."""

    username: str
    password_hash: str
    name: str = ""


@dataclass(frozen=True)
class Order:
    """One command of one actor about one invitation; what a command does not need stays at its default.

    `if_rev`: it counts only while the row is at that revision (`unchanged.guarded`).
    """

    command: Command
    invitation_id: UUID
    actor: Actor
    permissions: tuple[str, ...] | None = None
    reason: str = ""
    is_silent: bool = False
    address: EmailAddress | PhoneNumber | None = None
    link_generation: int | None = None
    user: NewUser | None = None
    if_rev: int | None = None


Work = Callable[[AsyncConnection, KeyRing, Order], Awaitable[None]]


async def carry_out(engine: AsyncEngine, ring: KeyRing, order: Order, work: Work) -> Invitation:
    """Run `work` in one transaction; the invitation as it stands afterwards.

    Raises:
        Refused: what `work` refused, after the refusal was recorded in a transaction of its own.
        Unavailable: nothing was written.
    """

    async def attempt(tx: AsyncConnection) -> Invitation:
        await require_right(tx, order)
        await work(tx, ring, order)
        return await get(tx, order.invitation_id)

    try:
        return await transact(engine, attempt)
    except Refused as refusal:
        if not isinstance(refusal, NotFound):
            await record_refusal(engine, order, refusal)
        raise


async def require_right(tx: AsyncConnection, order: Order) -> None:
    """Let staff through who may do that to this invitation; what is out of their sight is not there (S1.3, T20).

    Raises:
        NotFound: `no_such_invitation`; Forbidden: `not_allowed`.
    """
    right = RIGHTS.get(order.command)
    if right is not None and not order.actor.is_trusted:
        hidden = not_staff() if order.actor.via == TEMPORAL else None
        await require_for_invitation(tx, order.actor, await get(tx, order.invitation_id), right, hidden=hidden)


async def require_sight(tx: AsyncConnection, actor: Actor, invitation: Invitation) -> None:
    """Let through whoever sees the invitation anyway.

    Raises:
        NotFound: `no_such_invitation`.
    """
    if actor.via != TEMPORAL:
        await require_for_invitation(tx, actor, invitation, Right.SEE)


TEMPORAL = "temporal"
"""Whoever writes to Temporal sees the workflow: nothing is hidden from them, and every refusal is recorded."""


RIGHTS = {
    Command.SEND: Right.INVITE,
    Command.RESEND: Right.INVITE,
    Command.CHANGE_ADDRESS: Right.INVITE,
    Command.REVOKE: Right.INVITE,
    Command.ERASE: Right.ERASE,
}
"""What each command of staff takes; who may decide, and what the invitee may do, the commands themselves know."""


async def record_refusal(engine: AsyncEngine, order: Order, refusal: Refused) -> None:
    """Note a refusal in the audit and in the row, where `status` shows it."""

    async def note(tx: AsyncConnection) -> None:
        row = t.invitations.update().where(t.invitations.c.id == order.invitation_id)
        await tx.execute(row.values(last_refusal=refusal.code))
        await audit.record(
            tx,
            Event.REFUSED,
            order.actor,
            subject_id=order.invitation_id,
            code=refusal.code,
            detail={"command": order.command},
        )

    await transact(engine, note)


async def get(tx: AsyncConnection, invitation_id: UUID, *, for_update: bool = False) -> Invitation:
    """The invitation.

    Raises:
        NotFound: `no_such_invitation`.
    """
    invitation = await load(tx, invitation_id, for_update=for_update)
    if invitation is None:
        raise no_such_invitation()
    return invitation


async def change(
    tx: AsyncConnection,
    invitation_id: UUID,
    states: frozenset[State],
    *guards: ColumnElement[bool],
    **values: object,
) -> bool:
    """The guarded statement: change the row if it is still in one of `states` and every guard holds; False if not."""
    i = t.invitations.c
    now = {"rev": i.rev + 1, "changed_at": func.now(), "wakes": 0, "woken_at": None} | (
        {"since": func.now()} if "state" in values else {}
    )
    statement = update(t.invitations).where(i.id == invitation_id, i.state.in_(states), *guards)
    return (await tx.execute(statement.values(**(now | values)))).rowcount == 1


async def change_or_explain(tx: AsyncConnection, order: Order, *guards: ColumnElement[bool], **values: object) -> None:
    """`change`, raising the refusal that fits what the row says instead of answering False."""
    if not await change(tx, order.invitation_id, states_that_allow(order.command), *guards, **values):
        raise why_not(await get(tx, order.invitation_id), order.command)


def why_not(invitation: Invitation, command: Command) -> Refused:
    """The refusal for `command` in the state that `invitation` is in."""
    state = invitation.state
    moment = f"{invitation.since:%Y-%m-%d %H:%M} UTC"
    if command in (Command.APPROVE, Command.REJECT) and state is State.PENDING:
        return Conflict("not_set_up_yet", "The invitee has not finished the set-up yet, so there is nothing to decide.")
    if command in (Command.APPROVE, Command.REJECT) and invitation.decided_at is not None:
        sentence = f"It was decided already: {state.value} since {moment}."
        return Conflict("already_decided", sentence, private=f"Decided by {invitation.decided_by}.")
    if command in (Command.RESEND, Command.CHANGE_ADDRESS) and state in (State.AWAITING_APPROVAL, State.APPROVED):
        sentence = "The invitee has set up a user already; the administrators can be reminded instead."
        return Conflict("already_accepted", sentence)
    if state is State.EXPIRED and invitation.closed_at is not None:
        return Conflict("closed", "It expired, and the time to send it again is over. Invite the person again.")
    return Conflict("wrong_state", f"That cannot be done now: the invitation is {state.value} since {moment}.")
