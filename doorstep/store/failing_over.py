"""Failing over: an invitation that cannot be delivered goes to the person's other address instead, once."""

from dataclasses import dataclass

from sqlalchemy import func, or_
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.addresses import mask, parse_phone
from doorstep.domain.destination import Destination
from doorstep.domain.events import Event
from doorstep.domain.invitation import Delivery, Invitation
from doorstep.domain.messages import LINK_MESSAGES, Channel, channel_of
from doorstep.domain.states import State
from doorstep.security.links import KeyRing
from doorstep.store import audit, sending
from doorstep.store import tables as t
from doorstep.store.audit import CLOCK

i = t.invitations.c
ANYWHERE = "ZZ"
"""No region: a number in E.164 tells its own."""


@dataclass(frozen=True)
class Means:
    """What it takes to send an invitation elsewhere: the keys of its links, and whether texts can be sent at all."""

    ring: KeyRing
    has_texts: bool


async def fail_over(tx: AsyncConnection, means: Means, invitation: Invitation, delivery: Delivery) -> Channel | None:
    """Send it to the other address under a new link, and answer how it travels now; None where it stays as it is.

    The link that was lost dies first. Of a report, a set-up and a command at once, the first one to change the row
    wins. A link that is over is not brought back, and what failed over once stays where it is: never back and forth.
    """
    to = _elsewhere(means, invitation, delivery)
    if to is None:
        return None
    guards = (
        i.generation == delivery.generation,
        i.address_key == to.other_key,
        i.other_key == to.key,
        i.failed_over_at.is_(None),
        or_(i.expires_at.is_(None), i.expires_at + invitation.policy.grace > func.now()),
    )
    values = sending.columns_of(to) | {"failed_over_at": func.now()}
    if not await sending.open_generation(tx, means.ring, invitation, frozenset({State.PENDING}), *guards, **values):
        return None
    detail = {"before": mask(invitation.address), "after": mask(to.address)}
    await audit.record(tx, Event.FAILED_OVER, CLOCK, subject_id=invitation.id, detail=detail)
    return channel_of(to.address)


def _elsewhere(means: Means, invitation: Invitation, delivery: Delivery) -> Destination | None:
    """The person's address on the other channel, where the office wants it used and something can be sent there."""
    address, key = invitation.other_address, invitation.other_key
    if not invitation.policy.fails_over or delivery.message not in LINK_MESSAGES or not (address and key):
        return None
    is_other_channel = channel_of(address) is not channel_of(delivery.recipient)
    if not is_other_channel or not invitation.office.approvers:  # S4.23: then nothing is sent
        return None
    if channel_of(address) is Channel.TEXT and not (means.has_texts and parse_phone(address, ANYWHERE).takes_texts):
        return None
    return Destination(address, key, invitation.address, invitation.address_key)
