"""Batches: thousands invited at once, looked at first, and without getting in anybody's way."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.batch_file import RESULT_HEADINGS, result_cells
from doorstep.domain.batches import Batch, BatchFilter, BatchOptions, BatchRow, NewRow, RowResult
from doorstep.domain.errors import Invalid
from doorstep.domain.pages import LONGEST_PAGE, Page
from doorstep.domain.spreadsheets import BOM, csv_row
from doorstep.store import batch_choosing, batch_commands, batch_sheets, batches, offices
from doorstep.store.audit import Actor
from doorstep.store.batch_commands import BatchCommand
from doorstep.store.batch_sheets import BatchSheet
from doorstep.store.batches import NewBatch
from starter.batch_rows import checked_options, ready_rows
from starter.desk import Connected
from starter.typed import one_line


class Batches(Connected):
    """Invitations by the thousand; each row is one invitation, decided like any other."""

    async def batch_create(  # noqa: PLR0913 - the one call of an integrator, all by name
        self,
        office: str,
        *,
        rows: Sequence[NewRow] | None = None,
        contacts: Sequence[UUID] | None = None,
        matching: BatchFilter | None = None,
        options: BatchOptions | None = None,
        name: str = "",
        starts_by_itself: bool = False,
        idempotency_key: str | None = None,
        actor: str | None = None,
    ) -> Batch:
        """Keep a batch, which is rehearsed at once; nothing is sent before it is started.

        Args:
            office: its code.
            rows: whom to invite, as `doorstep.domain.batch_file.read_batch` reads them from a file.
            contacts: or the ids of contacts.
            matching: or the customers of accounts that match, without a username (S4.26).
            options: what is the same for every row; the job of a row goes before that of the options.
            name: what to call it.
            starts_by_itself: invite as soon as every row was looked at.
            idempotency_key: the same key with the same request answers with the batch that it made.
            actor: the member of staff who asks; every row is decided with their rights.

        Raises:
            Refused: with the field, or the reason; a single row that is wrong is none.
        """
        who = self._as(actor)
        chosen = checked_options(options or BatchOptions())
        source = _source(rows, contacts, matching)

        async def find(tx: AsyncConnection) -> tuple[str, Sequence[NewRow]]:
            authority = await batches.require_inviter(tx, who, office)
            found = await offices.get(tx, office)
            if matching is not None:
                ids = await batch_choosing.contacts_of(tx, authority, office, _narrowed(matching))
                return found.region, [NewRow(contact=str(each)) for each in ids]
            return found.region, rows or [NewRow(contact=str(each)) for each in dict.fromkeys(contacts or ())]

        detail: dict[str, object] = {"command": "batch.create", "office": office}
        region, wanted = await self._recorded(who, detail, find)
        ready = await asyncio.to_thread(ready_rows, wanted, chosen, region)
        new = NewBatch(
            office=office,
            name=one_line(name, "name"),
            source=source,
            options=chosen,
            starts_by_itself=starts_by_itself,
            rows=ready,
            idempotency_key=idempotency_key,
            fingerprint=_fingerprint(rows, contacts, matching, chosen),
        )
        identifier = await self._recorded(who, detail, lambda tx: batches.add(tx, who, new))
        batch = await self._run(lambda tx: batches.get(tx, who, identifier))
        await self.starter.batch(batch.id, batch.office)
        return batch

    async def batch(self, batch_id: UUID, *, actor: str | None = None) -> Batch:
        """One batch, with how far it is.

        Raises:
            NotFound: `no_such_batch`, also where it is not yours to see.
        """
        who = self._as(actor)
        return await self._run(lambda tx: batches.get(tx, who, batch_id))

    async def batches(self, office: str, *, after: str = "", limit: int = 50, actor: str | None = None) -> Page[Batch]:
        """The batches of an office, the newest first; `after` is where the page before ended.

        Raises:
            NotFound: `no_such_office`; Forbidden: `not_staff`; Invalid: `cursor_invalid`.
        """
        who, most = self._as(actor), min(limit, LONGEST_PAGE)
        return await self._run(lambda tx: batches.listed(tx, who, office, after=after, limit=most))

    async def batch_rows(
        self,
        batch_id: UUID,
        *,
        result: RowResult | None = None,
        after: str = "",
        limit: int = LONGEST_PAGE,
        actor: str | None = None,
    ) -> Page[BatchRow]:
        """The rows of a batch in their order, or those that came to one result.

        Raises:
            NotFound: `no_such_batch`; Invalid: `cursor_invalid`.
        """
        who, most = self._as(actor), min(limit, LONGEST_PAGE)

        async def work(tx: AsyncConnection) -> Page[BatchRow]:
            await batches.require_sight(tx, who, batch_id)
            return await batches.rows(tx, batch_id, result=result, after=after, limit=most)

        return await self._run(work)

    async def batch_sheet(
        self,
        batch_id: UUID,
        *,
        result: RowResult | None = None,
        after: str = "",
        limit: int = 50,
        actor: str | None = None,
    ) -> BatchSheet:
        """A batch with some of its rows, and who the contacts among them are.

        Raises:
            NotFound: `no_such_batch`; Invalid: `cursor_invalid`.
        """
        who, most = self._as(actor), min(limit, LONGEST_PAGE)
        return await self._run(lambda tx: batch_sheets.get(tx, who, batch_id, result=result, after=after, limit=most))

    async def batch_start(self, batch_id: UUID, *, actor: str | None = None) -> Batch:
        """Invite, now that every row was looked at."""
        return await self._tell(BatchCommand.START, batch_id, self._as(actor))

    async def batch_pause(self, batch_id: UUID, *, actor: str | None = None) -> Batch:
        """Invite nobody further for now."""
        return await self._tell(BatchCommand.PAUSE, batch_id, self._as(actor))

    async def batch_resume(self, batch_id: UUID, *, actor: str | None = None) -> Batch:
        """Go on after a pause."""
        return await self._tell(BatchCommand.RESUME, batch_id, self._as(actor))

    async def batch_cancel(self, batch_id: UUID, *, actor: str | None = None) -> Batch:
        """Invite nobody further, for good; whoever is invited stays invited."""
        return await self._tell(BatchCommand.CANCEL, batch_id, self._as(actor))

    async def batch_results_csv(self, batch_id: UUID, *, actor: str | None = None) -> AsyncIterator[str]:
        """The file of results line by line: every row with what became of it, to be corrected and sent again (T31).

        Raises:
            NotFound: `no_such_batch`.
        """
        after, has_more = "", True
        yield BOM + csv_row(RESULT_HEADINGS)
        while has_more:
            page = await self.batch_rows(batch_id, after=after, actor=actor)
            for row in page.items:
                yield csv_row(result_cells(row))
            after, has_more = page.next, bool(page.next)

    async def _tell(self, command: BatchCommand, batch_id: UUID, who: Actor) -> Batch:
        detail = {"command": f"batch.{command.value}"}
        batch = await self._recorded(
            who, detail, lambda tx: batch_commands.carry_out(tx, who, batch_id, command), subject_id=batch_id
        )
        await self.starter.batch(batch.id, batch.office, is_new=False)
        return batch


def _source(rows: Sequence[NewRow] | None, contacts: Sequence[UUID] | None, matching: BatchFilter | None) -> str:
    """What the batch was made of.

    Raises:
        Invalid: `batch_source`.
    """
    given = {"rows": rows is not None, "contacts": contacts is not None, "filter": matching is not None}
    named = [name for name, is_given in given.items() if is_given]
    if len(named) != 1:
        raise Invalid("batch_source", "Name one of: rows, contacts, a filter.", field="rows")
    return named[0]


def _fingerprint(*said: object) -> bytes:
    """The same for the same request, so that a key used for another one is noticed."""
    return hashlib.sha256(json.dumps(said, default=repr).encode()).digest()


def _narrowed(matching: BatchFilter) -> BatchFilter:
    """The filter, which has to narrow something: nobody invites a whole office by leaving a field empty."""
    found = BatchFilter(*(one_line(text, name) for name, text in asdict(matching).items()))
    if found == BatchFilter():
        sentence = "Name a customer type, a sales rep or a price list."
        raise Invalid("batch_source", sentence, field="customer_type")
    return found
