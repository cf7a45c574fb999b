"""What the invitee does with the link: set up a user, or say "not me". Only a completed form consumes it."""

from dataclasses import replace

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.errors import Conflict, Gone, Invalid, Refused
from doorstep.domain.events import Event
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import LINK_MESSAGES, Message
from doorstep.domain.states import Command, State
from doorstep.security.links import KeyRing, LinkRecord, Purpose
from doorstep.store import announcing, audit, deliveries, existing, links, locks, password_links, users
from doorstep.store import tables as t
from doorstep.store.orders import NewUser, Order, change, get
from doorstep.store.users import User

i = t.invitations.c


async def find_link(tx: AsyncConnection, ring: KeyRing, token: str) -> LinkRecord:
    """The record of an invitation's token.

    Raises:
        Gone: `link_unknown`; a guess, a foreign purpose and a retired key look the same.
    """
    record = await links.find(tx, ring.hashes(token))
    if record is None or record.purpose is not Purpose.INVITATION or not ring.opens(record, token):
        raise Gone("link_unknown", "This link does not work. Open the newest message from us, or ask for a new link.")
    return record


def link_refusal(invitation: Invitation, generation: int) -> Refused | None:  # noqa: PLR0911 - one line a state
    """Why the link of `generation` does not open the form; None when it does."""
    if invitation.state is State.ACTIVE:
        return Gone("already_active", "Your account is set up and active. You can sign in.")
    if invitation.state in (State.AWAITING_APPROVAL, State.APPROVED):
        return Gone("already_set_up", "You have set up your user already; it is waiting for approval.")
    if invitation.state is State.PENDING and generation < invitation.generation:
        moment = f"{invitation.link_made_at:%Y-%m-%d %H:%M} UTC"
        return Gone("superseded", f"A newer link was sent at {moment}. Please use that one.")
    if invitation.state is State.EXPIRED or invitation.is_over:
        if invitation.closed_at is not None:
            return Gone("closed", "This link has expired, and so has the time to renew it.")
        return Gone("expired", "This link has expired. We can send you a new one.")
    if invitation.state is State.PENDING:
        return None
    return Gone("link_revoked", "This invitation was withdrawn.")


async def set_up(tx: AsyncConnection, _ring: KeyRing, order: Order) -> None:
    """Consume the link and make the user, in one guarded statement and its consequences.

    Of many at once exactly one wins (T10); after the 24 hours nobody does, whoever is slow to notice. Without a user in
    the order it is the consent of somebody who has one already.

    Raises:
        Gone: the link is not live; Conflict: `has_user`, `needs_user`, `user_suspended`; Invalid: `username_taken`,
            `username_fixed`.
    """
    invitation = await locks.of_invitation(tx, order.invitation_id)
    refusal = link_refusal(invitation, order.link_generation or 0)
    if refusal is not None:
        raise refusal
    user = await _user_of(tx, order, invitation)
    to = existing.granted_state(invitation.policy)
    values = {"state": to, "user_id": user.id, "username": user.username, "set_up_at": func.now(), "attention": []}
    is_in_time = i.expires_at + invitation.policy.grace > func.now()
    is_live = i.generation == order.link_generation
    guards, values = (is_live, is_in_time), values | {"is_existing": order.user is None}
    if not await change(tx, invitation.id, frozenset({State.PENDING}), *guards, **values):
        raise Gone("expired", "This link has expired. We can send you a new one.")
    await deliveries.withdraw(tx, invitation.id, LINK_MESSAGES, cause="set_up")
    if to is State.AWAITING_APPROVAL:
        await announcing.announce(tx, invitation)
    await audit.record(tx, Event.SET_UP, order.actor, subject_id=invitation.id)
    await existing.follow(tx, user, invitation)


async def _user_of(tx: AsyncConnection, order: Order, invitation: Invitation) -> User:
    """The user of the invitation: made now, or there already."""
    known = await existing.person_of(tx, invitation.keys, is_test=invitation.is_test)
    if known is not None and known.has_password:
        return _consenting(order, known)
    if order.user is None:
        raise Conflict("needs_user", "There is no user yet. Open the link in the message once more.")
    if known is not None:
        return await _finish(tx, order, order.user, known)
    return await users.insert(tx, order.user, invitation)


def _consenting(order: Order, known: User) -> User:
    """Somebody who has a user uses it for one more office, and makes no second one."""
    if order.user is not None:
        raise Conflict("has_user", "You have a user already. Open the link in the message once more.")
    if known.state == "suspended":
        raise Conflict("user_suspended", "Your user is suspended at present. Please ask us about it.")
    return known


async def _finish(tx: AsyncConnection, order: Order, new: NewUser, waiting: User) -> User:
    """S2.19: somebody who was added directly and never set a password sets it here, and keeps the username."""
    if users.username_key(new.username) != users.username_key(waiting.username):
        raise Invalid("username_fixed", "Your username was chosen for you; leave it as it stood.", field="username")
    await users.set_password(tx, waiting.id, new.password_hash)
    await password_links.end_all(tx, waiting.id)
    await audit.record(tx, Event.PASSWORD_CHANGED, order.actor, subject_id=waiting.id)
    return replace(waiting, state="active", has_password=True)


async def decline(tx: AsyncConnection, _ring: KeyRing, order: Order) -> None:
    """End the invitation because the person says "not me", and tell the inviter.

    Raises:
        Gone: the link is not live.
    """
    invitation = await get(tx, order.invitation_id, for_update=True)
    refusal = link_refusal(invitation, order.link_generation or 0)
    if refusal is not None and refusal.code != "expired":
        raise refusal
    is_live = i.generation == order.link_generation
    if not await change(tx, invitation.id, frozenset({State.PENDING, State.EXPIRED}), is_live, state=State.DECLINED):
        raise Gone("link_revoked", "This invitation is no longer open.")
    await deliveries.withdraw(tx, invitation.id, LINK_MESSAGES, cause=str(Command.DECLINE))
    recipient = notice_recipient(invitation)
    if recipient:
        await deliveries.queue(tx, invitation.id, Message.DECLINED_NOTICE, invitation.generation, [recipient])
    await audit.record(tx, Event.DECLINED, order.actor, subject_id=invitation.id)


def notice_recipient(invitation: Invitation) -> str:
    """Who hears that an invitation came to nothing: the inviter where that is an address, else the help contact."""
    return invitation.invited_by if "@" in invitation.invited_by else invitation.office.help_email
