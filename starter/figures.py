"""Figures and seats, for whoever asks how it goes."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.errors import Invalid
from doorstep.domain.figures import By, Figures
from doorstep.domain.pages import Page
from doorstep.domain.seats import Seat, SeatReport
from doorstep.store import figures, seats
from doorstep.store.figures import Wanted
from starter.desk import Connected
from starter.sight import PAGE


class Statistics(Connected):
    """What is counted; nothing out of sight is in any number, and no rehearsal (S4.18)."""

    async def figures(
        self,
        office: str | None = None,
        *,
        since: datetime | timedelta | None = None,
        until: datetime | timedelta | None = None,
        by: By | str | None = None,
        actor: str | None = None,
    ) -> Figures:
        """The funnel, the time of each step, and what is open, of one office or of all in sight.

        Args:
            office: its code.
            since: the invitations created from then on: a moment with its zone, or how long ago.
            until: those created before; now, if nothing else is said.
            by: taken apart by `office`, `channel`, `template`, `account`, `batch` or `month` too.
            actor: who asks.

        Raises:
            NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`; Invalid: `window_invalid`, `by_invalid`.
        """
        who = self._as(actor)
        wanted = Wanted(office, since, until, _by(by))
        return await self._run(lambda tx: figures.figures(tx, who, wanted))

    async def seat_report(self, office: str, *, actor: str | None = None) -> SeatReport:
        """How many usernames in sight count as seats now, by state, by account, and by the day they were taken (S4.47).

        Raises:
            NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`.
        """
        who = self._as(actor)
        return await self._run(lambda tx: seats.report(tx, who, office))

    async def seat_list(
        self,
        office: str,
        *,
        after: str = "",
        after_user: UUID | None = None,
        limit: int = PAGE,
        actor: str | None = None,
    ) -> Page[Seat]:
        """The usernames that count, each with the reason.

        Args:
            office: its code.
            after: the `next` of the page before.
            after_user: the last one of the page before, where the place may name nobody.
            limit: how many at most.
            actor: who asks.

        Raises:
            NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`; Invalid: `cursor_invalid`.
        """
        who = self._as(actor)

        async def work(tx: AsyncConnection) -> Page[Seat]:
            place = after if after_user is None else await seats.place_of(tx, after_user)
            return await seats.page(tx, who, office, after=place, limit=limit)

        return await self._run(work)


def _by(text: By | str | None) -> By | None:
    try:
        return None if text is None else By(text)
    except ValueError:
        known = ", ".join(By)
        raise Invalid(
            "by_invalid", f"Figures cannot be taken apart by that. Say one of: {known}.", field="by"
        ) from None
