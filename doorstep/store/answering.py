"""What the invitee does with the link: set up a user, or say "not me". Only a completed form consumes it."""

from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from doorstep.domain.errors import Conflict, Gone, Invalid, Refused
from doorstep.domain.events import Event
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import LINK_MESSAGES, Message
from doorstep.domain.states import Command, State
from doorstep.security.links import KeyRing, LinkRecord, Purpose
from doorstep.store import announcing, audit, deliveries, existing, links, password_links, places, users
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
    if invitation.state is State.EXPIRED or _is_over(invitation):
        if invitation.closed_at is not None:
            return Gone("closed", "This link has expired, and so has the time to renew it.")
        return Gone("expired", "This link has expired. We can send you a new one.")
    if invitation.state is State.PENDING:
        return None
    return Gone("link_revoked", "This invitation was withdrawn.")


def _is_over(invitation: Invitation) -> bool:
    end = invitation.expires_at
    return invitation.state is State.PENDING and end is not None and invitation.now >= end + invitation.policy.grace


async def set_up(tx: AsyncConnection, _ring: KeyRing, order: Order) -> None:
    """Consume the link and make the user, in one guarded statement and its consequences.

    Of many at once exactly one wins (T10); after the 24 hours nobody does, whoever is slow to notice. Without a user in
    the order it is the consent of somebody who has one already.

    Raises:
        Gone: the link is not live; Conflict: `has_user`, `needs_user`; Invalid: `username_taken`, `username_fixed`.
    """
    # Two offices may ask one person at the same time: the first set-up makes the user (decision 10).
    await places.lock_people(tx, "", (await get(tx, order.invitation_id)).keys)
    invitation = await get(tx, order.invitation_id, for_update=True)
    refusal = link_refusal(invitation, order.link_generation or 0)
    if refusal is not None:
        raise refusal
    user = await _user_of(tx, order, invitation)
    to = existing.granted_state(invitation.policy.approval_required)
    values = {"state": to, "user_id": user.id, "username": user.username, "set_up_at": func.now(), "attention": []}
    is_in_time = i.expires_at + invitation.policy.grace > func.now()
    is_live = i.generation == order.link_generation
    if not await change(tx, invitation.id, frozenset({State.PENDING}), is_live, is_in_time, **values):
        raise Gone("expired", "This link has expired. We can send you a new one.")
    await deliveries.withdraw(tx, invitation.id, LINK_MESSAGES, cause="set_up")
    if to is State.AWAITING_APPROVAL:
        await announcing.announce(tx, invitation)
    await audit.record(tx, Event.SET_UP, order.actor, subject_id=invitation.id)
    await existing.follow(tx, user, invitation.keys, invitation)


async def _user_of(tx: AsyncConnection, order: Order, invitation: Invitation) -> User:
    """The user of the invitation: made now, or there already."""
    known = await existing.credentialed(tx, invitation.keys)
    if known is not None:
        if order.user is not None:
            raise Conflict("has_user", "You have a user already. Open the link in the message once more.")
        return known
    if order.user is None:
        raise Conflict("needs_user", "There is no user yet. Open the link in the message once more.")
    waiting = await users.person(tx, invitation.keys)
    user_id: UUID = uuid7()
    if waiting is None:
        await users.insert(tx, user_id, order.user, invitation)
    else:
        user_id = await _finish(tx, order.user, waiting)
    made = await users.by_id(tx, user_id)
    if made is None:
        raise LookupError("the user that was just made is gone")
    return made


async def _finish(tx: AsyncConnection, new: NewUser, waiting: User) -> UUID:
    """S2.19: somebody who was added directly and never set a password sets it here, and keeps the username."""
    if users.username_key(new.username) != users.username_key(waiting.username):
        raise Invalid("username_fixed", "Your username was chosen for you; leave it as it stood.", field="username")
    await users.set_password(tx, waiting.id, new.password_hash)
    await password_links.end_all(tx, waiting.id)
    return waiting.id


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
