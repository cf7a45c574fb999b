"""Sending again: drafts, new links, other addresses. Each makes a new generation, which kills the link before it."""

from datetime import timedelta

from sqlalchemy import ColumnElement, func, or_
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.addresses import EmailAddress, PhoneNumber, mask
from doorstep.domain.destination import Destination, require_texts
from doorstep.domain.errors import Conflict, Forbidden, Gone, TooMany
from doorstep.domain.events import Event
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import LINK_MESSAGES, Message, channel_of
from doorstep.domain.policy import CONSENT
from doorstep.domain.states import Command, State
from doorstep.security.links import KeyRing, Purpose
from doorstep.store import audit, deliveries, existing, links, locks, places, users
from doorstep.store import tables as t
from doorstep.store.orders import Order, change, get, why_not


def require_approvers(invitation: Invitation) -> None:
    """S4.21, S4.23: without a username administrator nothing is sent."""
    if not invitation.office.approvers:
        raise Conflict(
            "no_approver",
            f"Office {invitation.office.code} has no username administrator, so nobody could approve. "
            f"Name one first: doorstep approvers set {invitation.office.code} ADDRESS",
        )


async def send_draft(tx: AsyncConnection, ring: KeyRing, order: Order) -> None:
    """Send what was saved for later (S0.16)."""
    invitation = await locks.of_invitation(tx, order.invitation_id, is_about_job=True)
    if invitation.state is not State.DRAFT:
        raise why_not(invitation, order.command)
    require_approvers(invitation)
    await places.refuse_duplicate(tx, places.asked_of(invitation), besides=invitation.id)
    await places.hold_place(tx, invitation.job_id, invitation.policy, besides=invitation.id)
    await _send_out(tx, ring, order, invitation)
    await audit.record(tx, Event.RELEASED, order.actor, subject_id=invitation.id)


async def resend(tx: AsyncConnection, ring: KeyRing, order: Order) -> None:
    """The same invitation under a new link (decision 3); for an active one that never signed in, the good news."""
    invitation = await locks.of_invitation(tx, order.invitation_id, is_about_job=True)
    if invitation.state is State.ACTIVE:
        await _tell_again(tx, order, invitation)
        return
    await _reissue(tx, ring, order, invitation)
    await audit.record(tx, Event.RESENT, order.actor, subject_id=invitation.id)


async def request_new_link(tx: AsyncConnection, ring: KeyRing, order: Order) -> None:
    """A new link for whoever holds an old one: it goes to the address of the invitation, nowhere else."""
    invitation = await locks.of_invitation(tx, order.invitation_id, is_about_job=True)
    if invitation.state in (State.REVOKED, State.DECLINED, State.REJECTED, State.ERASED):
        raise Gone("link_revoked", "This invitation was withdrawn.")
    if order.link_generation not in (None, invitation.generation):
        # After a change of address the old link is in other hands; it must not kill the newest one again and again.
        raise Gone("superseded", "A newer link was sent. Please use that one.")
    await _reissue(tx, ring, order, invitation)
    await audit.record(tx, Event.NEW_LINK_REQUESTED, order.actor, subject_id=invitation.id)


async def readdress(tx: AsyncConnection, ring: KeyRing, order: Order) -> None:
    """Send to another address: the old link dies first, and the old address is told (decision 4, T29)."""
    if order.address is None:
        raise ValueError("an order to readdress needs an address")
    invitation = await locks.of_invitation(tx, order.invitation_id, order.address.key, is_about_job=True)
    to = moved(invitation, order.address)
    await _reissue(tx, ring, order, invitation, to)
    if to.key != invitation.address_key:
        old = [invitation.address]
        await deliveries.queue(tx, invitation.id, Message.READDRESSED_NOTICE, invitation.generation, old)
    detail = {"before": mask(invitation.address), "after": mask(to.address)}
    await audit.record(tx, Event.READDRESSED, order.actor, subject_id=invitation.id, detail=detail)


def moved(invitation: Invitation, address: EmailAddress | PhoneNumber) -> Destination:
    """Where an invitation goes that is sent to `address` instead; how else the person can be reached stays known.

    Raises:
        Invalid: `no_texts`.
    """
    if isinstance(address, PhoneNumber):
        require_texts(address, field="address")
    typed = address.key if isinstance(address, PhoneNumber) else address.typed
    ways = {channel_of(a): (a, k) for a, k in invitation.ways() if k != address.key}
    other = next((way for channel, way in ways.items() if channel is not channel_of(typed)), (None, None))
    return Destination(typed, address.key, *other)


async def _reissue(
    tx: AsyncConnection, ring: KeyRing, order: Order, invitation: Invitation, to: Destination | None = None
) -> None:
    """Open a new generation if the state, the cooldown and the places allow it."""
    if invitation.state not in (State.PENDING, State.EXPIRED) or invitation.closed_at is not None:
        raise why_not(invitation, order.command)
    require_approvers(invitation)
    _respect_cooldown(invitation, order.command)
    asked = places.asked_of(invitation, None if to is None else to.keys)
    await places.refuse_duplicate(tx, asked, besides=invitation.id)
    if invitation.state is State.EXPIRED:
        await places.hold_place(tx, invitation.job_id, invitation.policy, besides=invitation.id)
    await _send_out(tx, ring, order, invitation, to)


async def _send_out(
    tx: AsyncConnection, ring: KeyRing, order: Order, invitation: Invitation, to: Destination | None = None
) -> None:
    """A new link; or none, for somebody who has a user by now and is let in without being asked (S2.17)."""
    values = {} if to is None else columns_of(to)
    user = await existing.user_for(tx, places.asked_of(invitation, None if to is None else to.keys))
    states = frozenset({invitation.state})
    if user is None or invitation.policy.existing_users == CONSENT:
        known = {"is_existing": user is not None, "username": "" if user is None else user.username}
        await _new_link(tx, ring, order, invitation, states, values | known)
    elif not await existing.grant(tx, order.actor, invitation, user, states, **values):
        raise why_not(await get(tx, invitation.id), order.command)


def columns_of(to: Destination) -> dict[str, object]:
    """Where an invitation goes, as its row has it."""
    names = {"address": to.address, "address_key": to.key}
    return names | {"other_address": to.other_address, "other_key": to.other_key}


def _respect_cooldown(invitation: Invitation, command: Command) -> None:
    """An inbox is not flooded; a corrected address need not wait."""
    if command is Command.CHANGE_ADDRESS or invitation.link_made_at is None:
        return
    left = invitation.link_made_at + invitation.policy.resend_cooldown - invitation.now
    if left > timedelta(0):
        seconds = int(left.total_seconds()) + 1
        raise TooMany("too_soon", f"One was sent a moment ago; try again in {seconds} seconds.", retry_after=seconds)


async def _new_link(
    tx: AsyncConnection,
    ring: KeyRing,
    order: Order,
    invitation: Invitation,
    states: frozenset[State],
    values: dict[str, object],
) -> None:
    if not await open_generation(tx, ring, invitation, states, **values):
        raise why_not(await get(tx, invitation.id), order.command)


async def open_generation(
    tx: AsyncConnection,
    ring: KeyRing,
    invitation: Invitation,
    states: frozenset[State],
    *guards: ColumnElement[bool],
    **values: object,
) -> bool:
    """A new link, which kills the one before, and its message queued; False where the row has moved on."""
    generation = invitation.generation + (invitation.state is not State.DRAFT)
    fresh = {
        "state": State.PENDING,
        "generation": generation,
        "attention": [],
        "is_reminded": False,
        "link_made_at": func.now(),
        "expires_at": func.now() + invitation.policy.validity,  # moves to the hour of the handing over
        "expired_at": None,
    } | values
    if not await change(tx, invitation.id, states, *guards, **fresh):
        return False
    await deliveries.withdraw(tx, invitation.id, LINK_MESSAGES, cause="superseded")
    await links.keep(tx, ring.make(Purpose.INVITATION, invitation.id, generation))
    address = str(values.get("address", invitation.address))
    await deliveries.queue(tx, invitation.id, Message.INVITATION, generation, [address], {"is_resent": generation > 1})
    return True


async def _tell_again(tx: AsyncConnection, order: Order, invitation: Invitation) -> None:
    """S2.10, S2.11: until the first sign-in staff can send the good news again; afterwards no longer."""
    never = users.never_signed_in_since_activation()
    moved = await change(
        tx,
        invitation.id,
        frozenset({State.ACTIVE}),
        never,
        or_(
            t.invitations.c.link_made_at.is_(None),
            func.now() > t.invitations.c.link_made_at + invitation.policy.resend_cooldown,
        ),
        generation=t.invitations.c.generation + 1,
        link_made_at=func.now(),
    )
    if not moved:
        if await users.has_signed_in(tx, invitation.user_id, invitation.activated_at):
            raise Forbidden("signed_in_already", "The person has signed in already, so there is nothing to send again.")
        _respect_cooldown(invitation, order.command)
        raise why_not(invitation, order.command)
    message = Message.WELCOME_EXISTING if invitation.is_existing else Message.APPROVED
    await deliveries.queue(tx, invitation.id, message, invitation.generation + 1, [invitation.address])
    await audit.record(tx, Event.RESENT, order.actor, subject_id=invitation.id)
