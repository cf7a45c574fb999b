"""The activities of a pull: fetch the ERP's export, merge it, note what came of it; rows never leave the database."""

import asyncio
import hashlib
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.contracts import ErpPulled, ErpSourceRef
from activities.post import Post
from doorstep.domain.erp import Export, ExportError, open_export
from doorstep.domain.erp_sources import Source
from doorstep.erp.fetched import Fetched, Known, SourceFault
from doorstep.erp.fetching import Fetcher
from doorstep.store import erp_runs, erp_sources, offices
from doorstep.store.audit import CLOCK
from doorstep.store.engine import transact
from doorstep.store.erp_runs import MOST_PROBLEMS, Result, Run
from doorstep.store.importing import CHUNK, Import, Importer, ImportReport

TRIES = 4
"""How often a server that is away, or a file that is still being written, is tried within one pull."""


class ErpActivities:
    """What `ErpPullWorkflow` has done for it."""

    def __init__(self, post: Post, fetcher: Fetcher) -> None:
        self._post = post
        self._fetcher = fetcher

    @activity.defn
    async def pull_export(self, ref: ErpSourceRef) -> ErpPulled:
        """Fetch the export and merge it, unless nothing has changed; begun anew after a worker died."""
        run_id = _run_id()
        begun = await transact(self._post.engine, lambda tx: erp_runs.begin(tx, UUID(ref.source_id), run_id))
        if begun is None:
            return ErpPulled("skipped")
        source, taken = begun
        try:
            result = await self._pulled(source, taken)
        except SourceFault as fault:
            if fault.is_passing and activity.info().attempt < TRIES:
                raise _not_now(fault) from None
            result = Result("failed", fault.sentence)
        except ExportError as error:
            result = Result("failed", str(error))
        await transact(self._post.engine, lambda tx: erp_runs.end(tx, source, run_id, result))
        return ErpPulled(result.outcome, result.counts.get("rows", 0), result.counts.get("refused", 0))

    @activity.defn
    async def give_up_pull(self, ref: ErpSourceRef) -> ErpPulled:
        """Note that a pull failed for good."""

        async def work(tx: AsyncConnection) -> None:
            source = await erp_sources.by_id(tx, UUID(ref.source_id))
            if source is not None:
                await erp_runs.end(tx, source, _run_id(), Result("failed", GAVE_UP))

        await transact(self._post.engine, work)
        return ErpPulled("failed")

    async def _pulled(self, source: Source, taken: Run | None) -> Result:
        known = Known() if taken is None else Known(taken.etag, taken.last_modified)
        fetched = await self._fetcher.fetch(source.location, known, activity.heartbeat)
        if fetched.data is None:
            return Result("unchanged", file=fetched.file)
        digest = await asyncio.to_thread(lambda data: hashlib.sha256(data).digest(), fetched.data)
        if taken is not None and digest == taken.digest:
            return Result("unchanged", file=fetched.file, digest=digest)
        export = await asyncio.to_thread(open_export, fetched.data)
        return _done(await self._imported(source, export), export, fetched, digest)

    async def _imported(self, source: Source, export: Export) -> ImportReport:
        region = (await transact(self._post.engine, lambda tx: offices.get(tx, source.office))).region
        importer = Importer(self._post.engine, self._post.ring, CLOCK, source.office, region, _left_to_the_sweep)
        under_way = Import(importer, export)
        done = 0
        async for _row in under_way:
            done += 1
            if done % CHUNK == 1:
                activity.heartbeat(done)
        return under_way.report


GAVE_UP = "It was tried for hours and always broke off. See the log of the workers, and run it again: doorstep erp run"


def _run_id() -> UUID:
    """The run of the workflow: the same at every try, and another one for every pull."""
    return UUID(activity.info().workflow_run_id)


async def _left_to_the_sweep(_invitations: Sequence[UUID]) -> None:
    """What was taken back is known to its row; the sweep wakes the workflows within seconds."""


def _not_now(fault: SourceFault) -> ApplicationError:
    return ApplicationError(fault.sentence, type="SourceAway", category=ApplicationErrorCategory.BENIGN)


def _done(report: ImportReport, export: Export, fetched: Fetched, digest: bytes) -> Result:
    counts = {name: getattr(report, name) for name in ("rows", "new_accounts", "new_contacts", "changed", "taken_back")}
    counts |= {"refused": len(report.refused), "warned": len(report.warned)}
    problems = [
        {"line": row.line, "column": row.column, "code": row.code.value, "reason": row.reason, "remedy": row.remedy}
        for row in report.refused[:MOST_PROBLEMS]
    ]
    ignored = ", ".join(export.summary.ignored_columns)
    message = f"Columns that are not read: {ignored}." if ignored else ""
    return Result("done", message, fetched.file, digest, fetched.etag, fetched.last_modified, counts, problems)
