"""One row of a batch for real: the invitation and the row's result in one transaction, so that no kill makes two."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy import and_, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from doorstep.domain.batches import OPEN_ALREADY, BatchRow, BatchState, Outcome, RowResult, Skip, outcome_of
from doorstep.domain.errors import Refused, TooMany, Unavailable
from doorstep.domain.events import Event
from doorstep.domain.invitation import Invitation
from doorstep.security.links import KeyRing
from doorstep.store import audit, creating
from doorstep.store import tables as t
from doorstep.store.batch_commands import share
from doorstep.store.batch_requests import Errand, request_of
from doorstep.store.batches import ROW_COLUMNS, read_row
from doorstep.store.engine import transact

log = structlog.get_logger()
b = t.batches.c
r = t.batch_rows.c


async def open_rows(tx: AsyncConnection, batch_id: UUID, *, besides: Collection[int], limit: int) -> list[int]:
    """The next rows without a result; what failed before comes behind the others."""
    query = select(r.number).where(r.batch_id == batch_id, r.result.is_(None))
    if besides:
        query = query.where(r.number.not_in(besides))
    return list((await tx.execute(query.order_by(r.attempts, r.number).limit(limit))).scalars())


@dataclass(frozen=True)
class Invited:
    """Whether the row has its result now, and the invitation where a new one was made, whose workflow is to start."""

    has_result: bool = True
    invitation: Invitation | None = None


async def invite(engine: AsyncEngine, ring: KeyRing, errand: Errand, number: int) -> Invited:
    """Invite the person of one row; a refusal becomes its result. Where the system stands in the way it stays open.

    Raises:
        Unavailable: the database; nothing was written.
    """
    try:
        return await transact(engine, lambda tx: _invite(tx, ring, errand, number))
    except TooMany as passing:
        return await _postpone(engine, errand, number, passing)
    except Refused as refusal:
        outcome, code = outcome_of(refusal), refusal.code
        await transact(engine, lambda tx: _refuse(tx, errand, number, outcome, code))
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001 - whatever one row runs into stops no other (S4.35)
        return await _postpone(engine, errand, number, error)
    return Invited()


async def _invite(tx: AsyncConnection, ring: KeyRing, errand: Errand, number: int) -> Invited:
    row = await _claim(tx, errand.batch.id, number)
    if row is None:
        return Invited(has_result=False)
    new = await request_of(tx, errand, row)
    invitation, is_new = await creating.create(tx, ring, errand.actor, new)
    if is_new:
        outcome = Outcome(RowResult.OK, invitation_id=invitation.id)
    else:
        outcome = Outcome(RowResult.SKIPPED, Skip.ALREADY_INVITED.value, OPEN_ALREADY, invitation_id=invitation.id)
    await _note(tx, errand.batch.id, number, outcome)
    return Invited(invitation=invitation if is_new else None)


async def _claim(tx: AsyncConnection, batch_id: UUID, number: int) -> BatchRow | None:
    """The row, for this transaction alone; None where it has a result, is in other hands, or the batch was stopped."""
    await share(tx, batch_id)
    row = (await tx.execute(_CLAIM, {"batch": batch_id, "row": number})).one_or_none()
    return None if row is None else read_row(row)


# Made once: SQLAlchemy then finds what it compiled without looking through the statements again.
_OPEN = and_(r.batch_id == bindparam("batch"), r.number == bindparam("row"), r.result.is_(None))
_IS_RUNNING = select(b.id).where(b.id == bindparam("batch"), b.state == BatchState.RUNNING).exists()
_CLAIM = select(*ROW_COLUMNS).where(_OPEN, _IS_RUNNING).with_for_update(skip_locked=True, of=t.batch_rows)
_NOTE = (
    update(t.batch_rows)
    .where(_OPEN)
    .values(
        result=bindparam("new_result"),
        code=bindparam("new_code"),
        message=bindparam("new_message"),
        field=bindparam("new_field"),
        invitation_id=bindparam("new_invitation"),
    )
)


async def _note(tx: AsyncConnection, batch_id: UUID, number: int, outcome: Outcome) -> bool:
    values = {
        "batch": batch_id,
        "row": number,
        "new_result": outcome.result,
        "new_code": outcome.code,
        "new_message": outcome.message,
        "new_field": outcome.field,
        "new_invitation": outcome.invitation_id,
    }
    return (await tx.execute(_NOTE, values)).rowcount == 1


async def _refuse(tx: AsyncConnection, errand: Errand, number: int, outcome: Outcome, code: str) -> None:
    """The result of a row that is not invited, and the refusal in the audit (invariant 5)."""
    if not await _note(tx, errand.batch.id, number, outcome):
        return
    detail = {"command": "invite", "office": errand.batch.office, "row": number}
    await audit.record(tx, Event.REFUSED, errand.actor, subject_id=errand.batch.id, code=code, detail=detail)


async def _postpone(engine: AsyncEngine, errand: Errand, number: int, error: Exception) -> Invited:
    """The row stays open, behind the others."""
    log.warning("batch_row_failing", batch_id=str(errand.batch.id), row=number, error=type(error).__name__)
    statement = update(t.batch_rows).where(r.batch_id == errand.batch.id, r.number == number, r.result.is_(None))

    async def work(tx: AsyncConnection) -> None:
        await tx.execute(statement.values(attempts=r.attempts + 1))

    await transact(engine, work)
    return Invited(has_result=False)
