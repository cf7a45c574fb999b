"""Mail providers that report what became of our mail: who may, and what they say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeGuard
from uuid import UUID

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.errors import Invalid
from doorstep.domain.reports import Action, Complaint, Report, Taken
from doorstep.mail.delivery_events import meaning_of
from doorstep.security.signing import OVERLAP, require_overlap
from doorstep.store import delivery_sources, returns
from doorstep.store.delivery_sources import DeliverySource
from doorstep.store.returns import Noted
from starter.desk import Connected
from starter.typed import one_line

log = structlog.get_logger()
PATH = "/delivery-events"
MOST_EVENTS = 1000


@dataclass(frozen=True)
class Reporting:
    """A source with what is entered at the provider: the address, and the secret where it was just made."""

    source: DeliverySource
    address: str
    secret: str = ""


class DeliverySources(Connected):
    """Sources of delivery events, and the events."""

    async def delivery_source_add(self, office: str, name: str, *, actor: str | None = None) -> Reporting:
        """Let a mail provider report to an office; the secret is shown this once.

        Raises:
            Refused: unknown office; not allowed; `delivery_source_name`, `delivery_source_exists`.
        """
        said = one_line(name, "name")
        if not said:
            raise Invalid("delivery_source_name", "Give it a name, such as that of the provider.", field="name")
        who, detail = self._as(actor), {"command": "delivery-source.add", "office": office}
        made = await self._recorded(who, detail, lambda tx: delivery_sources.add(tx, self.ring, who, office, said))
        return self._made(*made)

    async def delivery_source_rotate(
        self, office: str, name: str, *, overlap: timedelta = OVERLAP, actor: str | None = None
    ) -> Reporting:
        """Another secret for a source; the one before stays good for `overlap`.

        Raises:
            Refused: unknown office; not allowed; `no_such_delivery_source`, `duration`.
        """
        require_overlap(overlap)
        who, detail = self._as(actor), {"command": "delivery-source.rotate", "office": office}

        async def work(tx: AsyncConnection) -> tuple[DeliverySource, str]:
            return await delivery_sources.rotate(tx, self.ring, who, office, name.strip(), overlap=overlap)

        return self._made(*await self._recorded(who, detail, work))

    async def delivery_source_remove(self, office: str, name: str, *, actor: str | None = None) -> DeliverySource:
        """Believe a source nothing any more.

        Raises:
            Refused: unknown office; not allowed; `no_such_delivery_source`.
        """
        who, detail = self._as(actor), {"command": "delivery-source.remove", "office": office}
        return await self._recorded(who, detail, lambda tx: delivery_sources.remove(tx, who, office, name.strip()))

    async def delivery_sources(self, office: str, *, actor: str | None = None) -> list[Reporting]:
        """The sources of an office by name, without their secrets.

        Raises:
            Refused: unknown office; not allowed.
        """
        who = self._as(actor)
        found = await self._run(lambda tx: delivery_sources.listed(tx, who, office))
        return [self._made(each, "") for each in found]

    def _made(self, source: DeliverySource, secret: str) -> Reporting:
        return Reporting(source, f"{self.settings.public_url.rstrip('/')}{PATH}/{source.id}", secret)

    async def delivery_secrets(self, source_id: UUID) -> list[str]:
        """The secrets that events of this source may be signed with; none where there is no such source."""
        return await self._run(lambda tx: delivery_sources.secrets(tx, self.ring, source_id))

    async def delivery_events(self, source_id: UUID, events: Sequence[object]) -> list[Taken]:
        """Note what a source says of mails of its office, and answer for each event in turn.

        Whoever calls has made sure that the source said so. One bad event does not lose the others; what was noted once
        is noted no second time, so that the same events can be sent again.

        Raises:
            Unavailable: the events that were not noted yet have to be sent again.
        """
        told = [meaning_of(each) for each in events]
        named = {each.delivery_id for each in told if not isinstance(each, Taken)}
        theirs = await self._run(lambda tx: delivery_sources.known(tx, source_id, named))
        arrived = {each.delivery_id: each.at for each in told if _arrives(each) and each.delivery_id in theirs}
        news = await self._run(lambda tx: delivery_sources.note_arrivals(tx, arrived))
        answers = [await self._taken(each, theirs, news) for each in told]
        await self._run(lambda tx: delivery_sources.heard_of(tx, source_id))
        counts = {str(taken): answers.count(taken) for taken in Taken if taken in answers}
        log.info("delivery_events_noted", source=str(source_id), **counts)
        return answers

    async def _taken(self, said: Report | Complaint | Taken, theirs: set[UUID], news: set[UUID]) -> Taken:
        """The answer to one event; `news` are the arrivals that nobody was told of yet."""
        if isinstance(said, Taken):
            return said
        if said.delivery_id not in theirs:
            return Taken.UNKNOWN
        if _arrives(said):
            is_new = said.delivery_id in news
            news.discard(said.delivery_id)
            return Taken.NOTED if is_new else Taken.UNCHANGED
        try:
            noted = await self._run(lambda tx: _note(tx, self, said))
        except (ValueError, DBAPIError) as error:  # a row that a newer Doorstep wrote, for instance (F20)
            log.error("delivery_event_put_aside", delivery=str(said.delivery_id), error=type(error).__name__)
            return Taken.FAILED
        if noted.to_wake is not None:
            await self.starter.wake(noted.to_wake)
        return Taken.NOTED if noted.is_new else Taken.UNCHANGED


def _arrives(said: Report | Complaint | Taken) -> TypeGuard[Report]:
    return isinstance(said, Report) and said.action is Action.DELIVERED


async def _note(tx: AsyncConnection, desk: Connected, said: Report | Complaint) -> Noted:
    if isinstance(said, Complaint):
        return await returns.note_complaint(tx, said)
    return await returns.note(tx, desk.means, said)
