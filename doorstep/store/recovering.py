"""Forgot password: who is meant, and what the mail has to say in the state that they are in (decision 8)."""

from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.addresses import address_key
from doorstep.domain.errors import Refused
from doorstep.domain.events import Event
from doorstep.domain.invitation import Invitation, Office
from doorstep.domain.messages import Message
from doorstep.domain.states import Command, State
from doorstep.security.links import KeyRing, Purpose
from doorstep.store import audit, deliveries, links, offices, password_links, sending, staff_logins, users
from doorstep.store import tables as t
from doorstep.store.audit import CLOCK, Actor
from doorstep.store.loading import load
from doorstep.store.orders import Order
from doorstep.store.password_links import PasswordLink
from doorstep.store.staff_logins import StaffLogin
from doorstep.store.users import User, by_id, by_name_or_address

i = t.invitations.c


async def resolve(tx: AsyncConnection, ring: KeyRing, link: PasswordLink) -> None:
    """Find out who is meant and queue the one message that fits; nothing for somebody unknown."""
    if link.state != "asked":
        return
    if link.kind == password_links.STAFF:
        await _resolve_staff(tx, ring, link)
        return
    is_first = link.kind == password_links.SET_PASSWORD
    user = await _user_of(tx, link)
    if user is not None and user.state in CAN_SET:
        await password_links.move(tx, link.id, "asked", state="sent", user_id=user.id)
        await links.keep(tx, ring.make(Purpose.RESET, link.id, 1))
        wanted = (Message.WELCOME, Message.SET_PASSWORD) if is_first else (Message.PASSWORD_RESET,)
        await deliveries.queue_all(tx, link.id, 1, [(message, user.address) for message in wanted])
        event = Event.PASSWORD_LINK_MADE if is_first else Event.PASSWORD_RESET_ASKED
        await audit.record(tx, event, CLOCK, subject_id=user.id)
        return
    await password_links.move(tx, link.id, "asked", state="moot", user_id=None if user is None else user.id)
    if user is not None and user.state == "unapproved":
        await deliveries.queue(tx, link.id, Message.SET_UP_RECEIVED, 1, [user.address])
    elif user is None:
        await _invite_again(tx, ring, link)


async def _resolve_staff(tx: AsyncConnection, ring: KeyRing, link: PasswordLink) -> None:
    """A link to the Team Hub for somebody whom an office knows; nothing for anybody else."""
    address = await staff_logins.known_address(tx, link.asked_key)
    if address is None:
        await password_links.move(tx, link.id, "asked", state="moot")
        return
    login_id = await staff_logins.make(tx, address)
    await password_links.move(tx, link.id, "asked", state="sent", login_id=login_id)
    await links.keep(tx, ring.make(Purpose.STAFF, link.id, 1))
    await deliveries.queue(tx, link.id, Message.STAFF_LINK, 1, [address])
    await audit.record(tx, Event.STAFF_LINK_ASKED, CLOCK, subject_id=login_id)


CAN_SET = ("active", "setup_pending")
"""Who may set a password: also somebody who was added directly and never did (S4.16)."""
WITH_LINK = frozenset({Message.PASSWORD_RESET, Message.SET_PASSWORD, Message.STAFF_LINK})


async def _user_of(tx: AsyncConnection, link: PasswordLink) -> User | None:
    if link.kind == password_links.SET_PASSWORD:
        return None if link.user_id is None else await by_id(tx, link.user_id)
    # Whoever typed nothing means nobody, and not the people who have no address of the one kind or the other.
    return await by_name_or_address(tx, link.asked_key) if link.asked_key else None


async def _invite_again(tx: AsyncConnection, ring: KeyRing, link: PasswordLink) -> None:
    """A pending invitation goes out once more, the same link; an expired one gets a new link by the usual rules."""
    open_states = (State.PENDING, State.EXPIRED)
    asked = (link.asked_key, address_key(link.asked_key))
    same = or_(i.address_key.in_(asked), i.other_key.in_(asked))
    query = select(i.id).where(same, i.state.in_(open_states), i.closed_at.is_(None))
    found = (await tx.execute(query.order_by(i.created_at.desc()).limit(1))).scalar_one_or_none()
    if found is None:
        return
    invitation = await load(tx, found, for_update=True)
    if invitation is None:
        return
    if invitation.state is State.EXPIRED:
        order = Order(Command.REQUEST_NEW_LINK, invitation.id, Actor("invitee", "page"))
        try:
            await sending.request_new_link(tx, ring, order)
        except Refused:
            return
    elif invitation.expires_at is not None:
        facts = {"invitation_id": str(invitation.id)}
        await deliveries.queue(tx, link.id, Message.INVITATION, 1, [invitation.address], facts)


async def sendable(tx: AsyncConnection, identifier: UUID) -> PasswordLink | None:
    """The request, locked, after giving up a link that would be dead when it arrives; None where it is erased.

    It is when it was used or ended by another door meanwhile, or when an earlier copy may be out since a day.
    """
    link = await password_links.get(tx, identifier, for_update=True)
    if link is None:
        return None
    is_dead = link.state != "sent"
    if not is_dead and link.expires_at is not None and link.now >= link.expires_at:
        sent = await deliveries.of_subject(tx, identifier)
        is_dead = any(each.is_unsent and each.is_attempt_open for each in sent if each.message in WITH_LINK)
    if is_dead:
        await deliveries.withdraw(tx, identifier, WITH_LINK, cause="superseded" if link.state != "sent" else "expired")
    return link


async def invitation_of(tx: AsyncConnection, facts: dict[str, object]) -> Invitation | None:
    """The invitation that a copy of its message is about."""
    return await load(tx, UUID(str(facts["invitation_id"])))


async def staff_of(tx: AsyncConnection, link: PasswordLink) -> tuple[StaffLogin, Office] | None:
    """The login of a request, and the office that its messages come from: the first that its owner works for."""
    login = None if link.login_id is None else await staff_logins.by_id(tx, link.login_id)
    at_work = [] if login is None else await staff_logins.workplaces(tx, login.address)
    return (login, await offices.get(tx, at_work[0].code)) if login is not None and at_work else None


async def person_of(tx: AsyncConnection, link: PasswordLink) -> tuple[User, Office] | None:
    """The user of a request, and the office that their messages come from."""
    user = None if link.user_id is None else await by_id(tx, link.user_id)
    if user is None:
        return None
    office = link.office or await users.office_of(tx, user)
    return None if office is None else (user, await offices.get(tx, office))
