"""What an office has to do at a glance, and what stands still in it with the reason."""

from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.store import glance, reading, sight
from doorstep.store.glance import MOST_STUCK, Needs
from starter.explaining import explain, unreadable
from starter.sight import Sight
from starter.troubles import Explanation, urgency


class Glance(Sight):
    """For whoever opens an office in the morning; Temporal is not asked, so that it is there at once."""

    async def needs(self, office: str, *, actor: str | None = None) -> Needs:
        """What waits for somebody in an office, and what it has yet to do at its beginning.

        Raises:
            Forbidden: `not_staff`, `not_allowed`.
        """
        who = self._as(actor)
        return await self._run(lambda tx: glance.needs(tx, who, office))

    async def troubled(
        self, office: str, *, limit: int = MOST_STUCK, actor: str | None = None
    ) -> tuple[Explanation, ...]:
        """What stands still in an office, each with the reason, as far as the database knows; the most urgent first.

        Raises:
            Forbidden: `not_staff`, `not_allowed`.
        """
        who = self._as(actor)

        async def work(tx: AsyncConnection) -> tuple[Explanation, ...]:
            authority = await sight.require_some(tx, who, office)
            rows = await glance.candidates(tx, authority, office, limit=limit)
            ids = [row.id for row in rows if row.is_known]
            at_home = await reading.at_home(tx, ids)
            found = [explain(each, has_signed_in=each.id in at_home) for each in await reading.named(tx, ids)]
            found += [unreadable(row.id, row.state) for row in rows if not row.is_known]
            return tuple(sorted((each for each in found if each.troubles), key=lambda each: (urgency(each), each.id)))

        return await self._run(work)
