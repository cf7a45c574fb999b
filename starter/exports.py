"""Exports: everything of a filter as CSV, row by row; each page is read by itself, so that memory stays flat."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import astuple, fields
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.figures import Figures, Step, Stretch, Ways
from doorstep.domain.pages import Page
from doorstep.domain.seats import Seat
from doorstep.domain.spreadsheets import BOM, csv_row
from doorstep.store import audit_pages, invitation_exports, seats
from doorstep.store.audit_pages import AuditFilter, AuditRecord
from doorstep.store.invitation_exports import InvitationFilter, InvitationLine
from starter.desk import Connected

T = TypeVar("T")
EVERY_INVITATION = InvitationFilter()
EVERY_RECORD = AuditFilter()
AT_ONCE = 1000
"""Rows in a page: read in one statement, and held in memory together."""

OF_INVITATIONS = tuple(each.name for each in fields(InvitationLine))
OF_AUDIT = ("id", "at", "event", "code", "actor", "via", "subject_id", "detail")
OF_SEATS = ("username", "name", "state", "staff_login", "accounts", "since", "why", "user_id")


class Exports(Connected):
    """CSV as pieces of text, beginning with the mark that tells a spreadsheet of UTF-8; formulas stay texts (T31).

    A file is no snapshot: what changes meanwhile may be in it as it was or as it is. No row is left out or doubled.
    """

    def export_invitations(
        self, wanted: InvitationFilter = EVERY_INVITATION, *, actor: str | None = None
    ) -> AsyncIterator[str]:
        """The invitations in sight that match, oldest first.

        Raises:
            NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`, all with the first piece.
        """
        who = self._as(actor)

        async def page(tx: AsyncConnection, after: str) -> Page[InvitationLine]:
            return await invitation_exports.page(tx, who, wanted, after=after, limit=AT_ONCE)

        return self._written(OF_INVITATIONS, page, astuple)

    def export_audit(
        self, office: str, wanted: AuditFilter = EVERY_RECORD, *, actor: str | None = None
    ) -> AsyncIterator[str]:
        """What is recorded of an office and its invitations, newest first, for whoever sees all of it.

        Raises:
            NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`, all with the first piece.
        """
        who = self._as(actor)

        async def page(tx: AsyncConnection, after: str) -> Page[AuditRecord]:
            return await audit_pages.of_office(tx, who, office, wanted, after=after, limit=AT_ONCE)

        return self._written(OF_AUDIT, page, _of_record)

    def export_seats(self, office: str, *, actor: str | None = None) -> AsyncIterator[str]:
        """The usernames that count as seats, and why, by username.

        Raises:
            NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`, all with the first piece.
        """
        who = self._as(actor)

        async def page(tx: AsyncConnection, after: str) -> Page[Seat]:
            return await seats.page(tx, who, office, after=after, limit=AT_ONCE)

        return self._written(OF_SEATS, page, _of_seat)

    async def _written(
        self,
        heading: Sequence[str],
        page: Callable[[AsyncConnection, str], Awaitable[Page[T]]],
        cells: Callable[[T], Sequence[object]],
    ) -> AsyncIterator[str]:
        found = await self._run(lambda tx: page(tx, ""))
        yield BOM + csv_row(heading)
        while True:
            yield "".join(csv_row(cells(item)) for item in found.items)
            if not found.next:
                return
            after = found.next
            found = await self._run(lambda tx, after=after: page(tx, after))  # type: ignore[misc]


def _of_record(record: AuditRecord) -> Sequence[object]:
    detail = json.dumps(record.detail, ensure_ascii=False, sort_keys=True) if record.detail else ""
    before = (record.id, record.at, record.event, record.code, record.actor, record.via)
    return (*before, record.subject_id, detail)


def _of_seat(seat: Seat) -> Sequence[object]:
    before = (seat.username, seat.name, seat.reason, seat.is_staff_login, " ".join(seat.accounts))
    return (*before, seat.since, seat.why, seat.user_id)


def figures_csv(figures: Figures) -> str:
    """Figures as CSV: a row for all, then one for each group; times are seconds, median and 95th percentile."""
    times = [f"{stretch}_{kind}" for stretch in Stretch for kind in ("median", "p95")]
    states = [f"now_{state}" for state in figures.total.states]
    by = figures.by or "group"
    heading = (by, *Step, *times, *states, "undeliverable", "existing", "departed")
    rows = [_of_ways(each) for each in (figures.total, *figures.groups)]
    rows[0] = ["all", *rows[0][1:]]
    return BOM + "".join(csv_row(row) for row in (heading, *rows))


def _of_ways(ways: Ways) -> list[object]:
    counts = [each.count for each in ways.funnel]
    times = [value for each in ways.times for value in (each.median, each.p95)]
    return [ways.name, *counts, *times, *ways.states.values(), ways.undeliverable, ways.existing, ways.departed]
