"""An export taken in chunks, each in a transaction of its own: a file that was cut short is simply imported again."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from doorstep.domain.contact import name_key
from doorstep.domain.erp import Export, ImportRow, RefusedRow, RowRefusal
from doorstep.domain.erp_rows import RowRefused
from doorstep.domain.errors import Invalid
from doorstep.domain.events import Event
from doorstep.domain.merging import Merged
from doorstep.security.links import KeyRing
from doorstep.store import audit, directory
from doorstep.store.audit import Actor
from doorstep.store.engine import transact

CHUNK = 250
"""Rows in one transaction: enough that few statements do for many, few enough that nobody waits long behind it."""


@dataclass
class ImportReport:
    """What an import did; `refused` and `warned` hold the lines that a person should look at.

    `changed` counts those known already of whom something was new, `taken_back` the open invitations that were revoked,
    or lost an account that was closed.
    """

    rows: int
    new_accounts: int = 0
    new_contacts: int = 0
    merged: int = 0
    changed: int = 0
    taken_back: int = 0
    refused: list[RefusedRow] = field(default_factory=list)
    warned: list[tuple[int, str]] = field(default_factory=list)

    def note(self, row: ImportRow, merged: Merged) -> None:
        """Count one row that was taken."""
        self.new_accounts += merged.is_new_account
        self.new_contacts += merged.is_new_contact
        self.merged += not (merged.is_new_account or merged.is_new_contact)
        self.changed += merged.is_changed
        self.warned += [(row.line, warning) for warning in row.warnings]


@dataclass(frozen=True)
class Importer:
    """Who imports into which office, and who is told of the invitations that were taken back, after the commit."""

    engine: AsyncEngine
    ring: KeyRing
    actor: Actor
    office: str
    region: str
    tell: Callable[[Sequence[UUID]], Awaitable[None]]


class Import:
    """An import under way: iterate over it to carry it out, row by row; some hundred rows are merged at a time."""

    def __init__(self, importer: Importer, export: Export, *, is_dry_run: bool = False) -> None:
        self.summary = export.summary
        self.report = ImportReport(rows=self.summary.rows)
        self._importer = importer
        self._export = export
        self._is_dry_run = is_dry_run
        self._rows: Iterator[ImportRow | RefusedRow] = export.rows(importer.region)
        self._ready: deque[ImportRow | RefusedRow] = deque()
        self._met: set[str] = set()

    def __aiter__(self) -> "Import":
        return self

    async def __anext__(self) -> ImportRow | RefusedRow:
        if not self._ready:
            await self._advance()
        if not self._ready:
            await self._finish()
            raise StopAsyncIteration
        return self._ready.popleft()

    async def _advance(self) -> None:
        # In a thread, because reading numbers and addresses takes long enough to keep everybody else waiting.
        read = await asyncio.to_thread(lambda: list(islice(self._rows, CHUNK)))
        taken = await self._taken([row for row in read if isinstance(row, ImportRow)])
        for row in read:
            became = row if isinstance(row, RefusedRow) else taken[row.line]
            if isinstance(became, RefusedRow):
                self.report.refused.append(became)
            self._ready.append(became)

    async def _taken(self, rows: Sequence[ImportRow]) -> dict[int, ImportRow | RefusedRow]:
        """The rows by their lines, merged; where the database refuses a chunk, its rows one by one."""
        if not rows:
            return {}
        try:
            taken = await transact(self._importer.engine, lambda tx: self._merge(tx, rows))
        except (DBAPIError, Invalid):
            if len(rows) > 1:
                apart = [await self._taken([row]) for row in rows]
                return {line: row for each in apart for line, row in each.items()}
            why = "The database refused it.", "Report it with its line."
            return {rows[0].line: RefusedRow(rows[0].line, "", RowRefusal.UNREADABLE, *why)}
        self.report.taken_back += len(taken.touched)
        await self._importer.tell(taken.touched)
        return {row.line: self._noted(row, each) for row, each in zip(rows, taken.outcomes, strict=True)}

    async def _merge(self, tx: AsyncConnection, rows: Sequence[ImportRow]) -> directory.Taken:
        to = self._importer
        return await directory.merge(tx, to.ring, to.actor, to.office, rows, is_trial=self._is_dry_run)

    def _noted(self, row: ImportRow, outcome: Merged | RowRefused) -> ImportRow | RefusedRow:
        if isinstance(outcome, RowRefused):
            return self._export.refused(row.line, outcome)
        self.report.note(row, self._as_tried(row, outcome) if self._is_dry_run else outcome)
        return row

    def _as_tried(self, row: ImportRow, merged: Merged) -> Merged:
        """In a dry run nothing of a chunk is kept, so that a later one would make the same account again."""
        address = row.email or row.phone
        person = address.key if address else f"{row.account_code}/{name_key(row.contact_name)}"
        is_first = self._is_first(f"account {row.account_code}")
        is_new_account = merged.is_new_account and is_first
        return Merged(is_new_account, merged.is_new_contact and self._is_first(f"person {person}"), merged.is_changed)

    def _is_first(self, what: str) -> bool:
        is_first = what not in self._met
        self._met.add(what)
        return is_first

    async def _finish(self) -> None:
        if self._is_dry_run:
            return
        to, report = self._importer, self.report
        detail = {"office": to.office, "rows": report.rows, "refused": len(report.refused)}
        await transact(to.engine, lambda tx: audit.record(tx, Event.IMPORTED, to.actor, subject_id=None, detail=detail))
