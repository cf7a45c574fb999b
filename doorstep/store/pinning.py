"""Which text a message goes out with: chosen at the first attempt and kept, so that all copies are alike (invariant 6).

An office that edits a template while a mail server is down changes what goes out from then on, never a second copy.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.invitation import Delivery, Invitation, Office
from doorstep.domain.messages import Channel, CustomText, Message, channel_of
from doorstep.domain.templates import builtin
from doorstep.store import tables as t
from doorstep.store import templates

d = t.deliveries.c
PINNED = "template"
OURS = 0
BROKEN = "template_broken"


async def pin(tx: AsyncConnection, invitation: Invitation, to_send: Sequence[Delivery]) -> dict[UUID, CustomText]:
    """The office's own texts for what is to be sent now, by delivery."""
    office = invitation.office
    welcome = invitation.template or office.welcome_template
    locale = invitation.locale or office.locale
    return await _pin(tx, office.code, locale, to_send, welcome)


async def pin_one(tx: AsyncConnection, office: Office, delivery: Delivery, welcome: str) -> CustomText | None:
    """The same for a message that belongs to no invitation."""
    found = await _pin(tx, office.code, office.locale, [delivery], welcome or office.welcome_template)
    return found.get(delivery.id)


async def _pin(
    tx: AsyncConnection, office: str, locale: str, to_send: Sequence[Delivery], welcome: str
) -> dict[UUID, CustomText]:
    mails = [each for each in to_send if channel_of(each.recipient) is Channel.MAIL]
    wanted = {each.message: _name(each.message, welcome) for each in mails if not _is_pinned(each)}
    current = await templates.current(tx, office, wanted, locale) if wanted else {}
    texts: dict[UUID, CustomText] = {}
    for each in mails:
        found = await _of(tx, each, current)
        if found is not None:
            texts[each.id] = found
    return texts


def _is_pinned(delivery: Delivery) -> bool:
    """False for a text that could not be filled in: nothing went out with it, so its mended version may (F16)."""
    return PINNED in delivery.facts and delivery.cause != BROKEN


def _is_open(delivery: Delivery) -> bool:
    """True where a text is chosen now: at first, and for a broken one; before there was a template, ours went out."""
    return PINNED in delivery.facts or delivery.attempts <= 1


def _name(message: Message, welcome: str) -> str:
    return welcome if message is Message.WELCOME and welcome else builtin(message).name


async def _of(tx: AsyncConnection, delivery: Delivery, current: Mapping[Message, CustomText]) -> CustomText | None:
    if _is_pinned(delivery):
        version = int(str(delivery.facts[PINNED]))
        return None if version == OURS else await templates.by_version(tx, version)
    found = current.get(delivery.message) if _is_open(delivery) else None
    pinned = delivery.facts | {PINNED: OURS if found is None else found.version_id}
    await tx.execute(t.deliveries.update().where(d.id == delivery.id).values(facts=pinned))
    return found
