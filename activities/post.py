"""Handing over whatever an invitation still has to send, and noting what came of it.

Two short transactions with the mail server between them: the first commits the attempt and the expiry that the message
will print, the second what happened. No transaction is open while the mail server thinks.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from doorstep.domain.invitation import Delivery, Invitation
from doorstep.domain.messages import LINK_MESSAGES, Channel, Handover, HandoverResult, Letter, channel_of
from doorstep.mail.compose import TemplateBroken, compose
from doorstep.mail.letters import Desk, letter_for
from doorstep.mail.smtp import Mailer
from doorstep.security.links import KeyRing, UnknownKeyError
from doorstep.store import handovers
from doorstep.store.engine import transact
from doorstep.store.failing_over import Means
from doorstep.store.handovers import Change, Outbox
from doorstep.text.compose import TextBroken
from doorstep.text.compose import compose as in_short
from doorstep.text.texter import Texter

log = structlog.get_logger()


@dataclass(frozen=True)
class Post:
    """What it takes to send."""

    engine: AsyncEngine
    mailer: Mailer
    texter: Texter
    ring: KeyRing
    desk: Desk

    async def send_all(self, invitation_id: UUID, change: Change | None = None) -> Invitation:
        """Carry out `change`, then try everything unsent once; the invitation afterwards.

        A second round sends what the first one caused, such as the notice of a bounce.
        """
        outbox = await transact(self.engine, lambda tx: handovers.open_all(tx, invitation_id, change=change))
        tried: set[UUID] = set()
        while outbox.to_send:
            results = await self._hand_over_all(outbox)
            tried |= results.keys()
            invitation = await self._close(outbox, results)
            if all(each.id in tried for each in invitation.unsent()):
                return invitation
            outbox = await transact(self.engine, lambda tx: handovers.open_all(tx, invitation_id))
        return outbox.invitation

    @property
    def _means(self) -> Means:
        return Means(self.ring, self.texter.is_configured)

    async def _close(self, outbox: Outbox, results: Mapping[UUID, HandoverResult]) -> Invitation:
        return await transact(self.engine, lambda tx: handovers.close_all(tx, self._means, outbox, results))

    async def _hand_over_all(self, outbox: Outbox) -> dict[UUID, HandoverResult]:
        work = [self._hand_over(outbox, delivery) for delivery in outbox.to_send]
        results = await asyncio.gather(*work)
        return {delivery.id: result for delivery, result in zip(outbox.to_send, results, strict=True)}

    async def _hand_over(self, outbox: Outbox, delivery: Delivery) -> HandoverResult:
        invitation, link, custom = outbox.invitation, outbox.link, outbox.texts.get(delivery.id)
        try:
            token = self.ring.token(link) if delivery.message in LINK_MESSAGES and link is not None else ""
        except UnknownKeyError:
            log.error("link_key_missing", message=delivery.message)
            return HandoverResult(Handover.DEFERRED, "link_key_missing")
        return await self.hand_over(letter_for(self.desk, invitation, delivery, token, custom))

    async def hand_over(self, letter: Letter) -> HandoverResult:
        """One letter on its way; a template that a deploy broke waits for the deploy that mends it (F16)."""
        try:
            if channel_of(letter.recipient_address) is Channel.TEXT:
                return await self.texter.hand_over(in_short(letter), letter.recipient_address, letter.delivery_id)
            return await self.mailer.hand_over(compose(letter), letter.recipient_address)
        except (TemplateBroken, TextBroken):
            log.error("template_broken", message=letter.message)
            return HandoverResult(Handover.DEFERRED, "template_broken")
