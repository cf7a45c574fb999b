"""Approve, reject, revoke: the decisions about an invitation, each exactly once (decision 11)."""

from sqlalchemy import ColumnElement, exists, func
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.addresses import address_key
from doorstep.domain.authority import require_grants
from doorstep.domain.errors import Conflict, Forbidden
from doorstep.domain.events import Event
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import LINK_MESSAGES, Message
from doorstep.domain.permissions import checked_permissions
from doorstep.domain.states import State
from doorstep.security.links import KeyRing
from doorstep.store import audit, authority, belonging, deleting, deliveries, locks, users
from doorstep.store import tables as t
from doorstep.store.orders import Order, change, change_or_explain, get, require_sight, why_not

i = t.invitations.c
APPROVAL_MESSAGES = (Message.APPROVAL_NEEDED, Message.APPROVAL_REMINDER, Message.APPROVAL_ESCALATION)


async def approve(tx: AsyncConnection, _ring: KeyRing, order: Order) -> None:
    """Approve, with other permissions if the order names some (S4.42); activation follows.

    Raises:
        Forbidden: `not_an_approver`, `four_eyes`, `grant_not_allowed`; Conflict: by state; Invalid:
            `unknown_permission`.
    """
    is_about_job = order.permissions is not None  # everybody of a job gets what one of them is given
    invitation = await locks.of_invitation(tx, order.invitation_id, is_about_job=is_about_job)
    await _require_may_decide(tx, invitation, order)
    granted = invitation.permissions if order.permissions is None else sorted(checked_permissions(order.permissions))
    require_grants(await authority.of(tx, order.actor, invitation.office.code), granted)
    await change_or_explain(
        tx, order, _is_listed(order), state=State.APPROVED, granted=list(granted), attention=[], **_decision(order)
    )
    if is_about_job:
        await belonging.share(tx, order.actor, invitation, granted)
    await deliveries.withdraw(tx, order.invitation_id, APPROVAL_MESSAGES, cause="decided")
    detail = {"asked": list(invitation.permissions), "granted": list(granted)}
    await audit.record(tx, Event.APPROVED, order.actor, subject_id=order.invitation_id, detail=detail)


async def reject(tx: AsyncConnection, _ring: KeyRing, order: Order) -> None:
    """Reject: the user is deleted in the same step (S4.46) and the person is told, unless silently.

    Raises:
        Forbidden: `not_an_approver`, `four_eyes`; Conflict: by state.
    """
    invitation = await get(tx, order.invitation_id, for_update=True)
    await _require_may_decide(tx, invitation, order)
    values = _decision(order) | {"state": State.REJECTED, "is_silent": order.is_silent, "attention": []}
    await change_or_explain(tx, order, _is_listed(order), user_id=None, **values)
    await _delete_user(tx, invitation)
    await deliveries.withdraw(tx, order.invitation_id, (*APPROVAL_MESSAGES, Message.SET_UP_RECEIVED), cause="decided")
    if not order.is_silent:
        await deliveries.queue(tx, invitation.id, Message.REJECTED, invitation.generation, [invitation.address])
    detail = {"is_silent": order.is_silent}
    await audit.record(tx, Event.REJECTED, order.actor, subject_id=invitation.id, detail=detail)


async def revoke(tx: AsyncConnection, _ring: KeyRing, order: Order) -> None:
    """Take the invitation back: the link is dead, an unapproved user is deleted, the place is free.

    An active one can be removed as long as the person never signed in (S2.10, S2.11).

    Raises:
        Forbidden: `signed_in_already`; Conflict: by state.
    """
    invitation = await get(tx, order.invitation_id, for_update=True)
    if invitation.state is State.ACTIVE:
        await _remove(tx, order, invitation)
    else:
        if invitation.closed_at is not None:
            raise why_not(invitation, order.command)
        note = order.reason
        await change_or_explain(tx, order, state=State.REVOKED, user_id=None, attention=[], decision_note=note)
        await _delete_user(tx, invitation)
    await deliveries.withdraw(
        tx, invitation.id, (*LINK_MESSAGES, *APPROVAL_MESSAGES, Message.SET_UP_RECEIVED), cause="revoked"
    )
    await audit.record(tx, Event.REVOKED, order.actor, subject_id=invitation.id)


async def _remove(tx: AsyncConnection, order: Order, invitation: Invitation) -> None:
    if not await users.lock(tx, invitation.user_id):
        raise Conflict("user_deleted", "The user was deleted already, so there is nothing to take back.")
    never = users.never_signed_in_since_activation()
    values = {"state": State.REVOKED, "user_id": None, "decision_note": order.reason}
    if not await change(tx, invitation.id, frozenset({State.ACTIVE}), never, **values):
        raise Forbidden("signed_in_already", "The person has signed in already. Suspend the user instead.")
    await belonging.leave(tx, invitation)
    await _delete_user(tx, invitation)
    told = (Message.APPROVED, Message.WELCOME, Message.WELCOME_EXISTING)
    await deliveries.withdraw(tx, invitation.id, told, cause="revoked")


async def _delete_user(tx: AsyncConnection, invitation: Invitation) -> None:
    """S4.46: the username goes with the last invitation that needs it; one that belongs elsewhere stays (S2.18)."""
    if await users.lock(tx, invitation.user_id) and invitation.user_id is not None:
        await deleting.delete_user(tx, invitation.user_id, ~belonging.is_wanted(besides=invitation.id))


async def _require_may_decide(tx: AsyncConnection, invitation: Invitation, order: Order) -> None:
    who = address_key(order.actor.name)
    if who not in {address_key(address) for address in invitation.office.approvers}:
        await require_sight(tx, order.actor, invitation)
        sentence = "Only a username administrator of the office can decide, under the address that was saved."
        raise Forbidden("not_an_approver", sentence)
    if invitation.policy.four_eyes and who == address_key(invitation.invited_by):
        raise Forbidden("four_eyes", "The office asks for a second pair of eyes: whoever invited cannot decide.")


def _is_listed(order: Order) -> ColumnElement[bool]:
    a = t.approvers.c
    return exists().where(a.office == i.office, a.address_key == address_key(order.actor.name))


def _decision(order: Order) -> dict[str, object]:
    return {"decided_at": func.now(), "decided_by": order.actor.name, "decision_note": order.reason}
