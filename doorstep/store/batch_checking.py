"""The rehearsal of a batch: the very code of an invitation, in transactions that are taken back.

Rows that compete for the places of a job stand in one transaction, and those that were fine before are counted, so that
the limit shows here already (S2.4).
"""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import structlog
from sqlalchemy import bindparam, func, insert, literal, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from uuid_utils.compat import uuid7

from doorstep.domain.batches import OPEN_ALREADY, BatchRow, BatchState, Outcome, RowResult, Skip, outcome_of
from doorstep.domain.errors import Refused, TooMany
from doorstep.domain.states import State
from doorstep.security.links import KeyRing
from doorstep.store import creating, locks
from doorstep.store import tables as t
from doorstep.store.batch_commands import share
from doorstep.store.batch_requests import Errand, request_of
from doorstep.store.batches import ROW_COLUMNS, read_row
from doorstep.store.engine import transact

log = structlog.get_logger()
b = t.batches.c
r = t.batch_rows.c
Said = Mapping[int, Outcome | None]
"""What was said of each row; None where the system stood in the way."""


async def unchecked(tx: AsyncConnection, batch_id: UUID, *, besides: Collection[int], limit: int) -> list[BatchRow]:
    """The next rows that nobody has looked at, those of one job together."""
    query = select(*ROW_COLUMNS).where(r.batch_id == batch_id, r.checked.is_(None))
    if besides:
        query = query.where(r.number.not_in(besides))
    return [read_row(row) for row in await tx.execute(query.order_by(r.job, r.number).limit(limit))]


async def check(engine: AsyncEngine, ring: KeyRing, errand: Errand, rows: Sequence[BatchRow]) -> list[int]:
    """Rehearse some rows and note what would become of them; the numbers of those that it cannot be said of yet.

    Raises:
        Unavailable: the database; what was not noted is looked at again.
    """

    async def rehearse(tx: AsyncConnection) -> Said:
        await _take_places(tx, errand, {row.job for row in rows} - {""})
        said = {row.number: await _rehearse(tx, ring, errand, row) for row in rows}
        await tx.rollback()
        return said

    said = await transact(engine, rehearse)
    await transact(engine, lambda tx: _note(tx, errand, said))
    return [number for number, outcome in said.items() if outcome is None]


async def _rehearse(tx: AsyncConnection, ring: KeyRing, errand: Errand, row: BatchRow) -> Outcome | None:
    try:
        async with tx.begin_nested():
            new = await request_of(tx, errand, row)
            _, is_new = await creating.create(tx, ring, errand.actor, new)
    except TooMany:
        return None
    except Refused as refusal:
        return outcome_of(refusal)
    except Exception as error:
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise
        log.warning("batch_row_failing", batch_id=str(errand.batch.id), row=row.number, error=type(error).__name__)
        return None
    return Outcome(RowResult.OK) if is_new else Outcome(RowResult.SKIPPED, Skip.ALREADY_INVITED.value, OPEN_ALREADY)


async def _take_places(tx: AsyncConnection, errand: Errand, jobs: Collection[str]) -> None:
    """Count rows of these jobs that were fine before as if they were invited, in one statement a job."""
    fine = [r.batch_id == errand.batch.id, r.job.in_(jobs), r.checked == RowResult.OK]
    query = select(r.job, func.count()).where(*fine).group_by(r.job).order_by(r.job)
    for name, count in (await tx.execute(query)).all() if jobs else ():
        job = await locks.of_job(tx, errand.batch.office, name)
        policy = select(t.offices.c.policy_id).where(t.offices.c.code == errand.batch.office).scalar_subquery()
        ids = func.unnest([uuid7() for _ in range(count)])
        values = {
            "id": ids,
            "office": literal(errand.batch.office),
            "policy_id": policy,
            "state": literal(State.PENDING.value),
            "job_id": literal(job),
            **dict.fromkeys(("address", "address_key", "invited_by"), literal("")),
            **dict.fromkeys(("roles", "permissions"), literal([], t.invitations.c.roles.type)),
        }
        await tx.execute(insert(t.invitations).from_select(list(values), select(*values.values())))


_NOTED = (
    update(t.batch_rows)
    .where(r.batch_id == bindparam("batch"), r.number == bindparam("row"), r.checked.is_(None))
    .values(
        checked=bindparam("new_result"),
        checked_code=bindparam("new_code"),
        checked_message=bindparam("new_message"),
        checked_field=bindparam("new_field"),
        attempts=0,
    )
)


async def _note(tx: AsyncConnection, errand: Errand, said: Said) -> None:
    await share(tx, errand.batch.id)
    query = select(b.id).where(b.id == errand.batch.id, b.state == BatchState.CHECKING)
    if (await tx.execute(query)).one_or_none() is None:
        return
    rows = [
        {
            "batch": errand.batch.id,
            "row": number,
            "new_result": outcome.result,
            "new_code": outcome.code,
            "new_message": outcome.message,
            "new_field": outcome.field,
        }
        for number, outcome in said.items()
        if outcome is not None
    ]
    if rows:
        await tx.execute(_NOTED, rows)
    failing = [number for number, outcome in said.items() if outcome is None]
    if failing:
        theirs = update(t.batch_rows).where(r.batch_id == errand.batch.id, r.number.in_(failing))
        await tx.execute(theirs.where(r.checked.is_(None)).values(attempts=r.attempts + 1))
