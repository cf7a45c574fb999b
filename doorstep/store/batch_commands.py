"""What can be said to a batch as a whole: each one guarded statement with its line in the audit."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import Right
from doorstep.domain.batches import ENDED, KEPT_UNSTARTED, Batch, BatchState, no_such_batch
from doorstep.domain.errors import Conflict
from doorstep.domain.events import Event
from doorstep.store import audit
from doorstep.store import tables as t
from doorstep.store.audit import CLOCK, Actor
from doorstep.store.batches import get, load

b = t.batches.c
r = t.batch_rows.c


class BatchCommand(StrEnum):
    """What people say to a batch."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"


@dataclass(frozen=True)
class _Change:
    states: frozenset[BatchState]
    to: BatchState
    event: Event


OPEN = frozenset(BatchState) - ENDED
CHANGES: Mapping[BatchCommand, _Change] = {
    BatchCommand.START: _Change(frozenset({BatchState.CHECKED}), BatchState.RUNNING, Event.BATCH_STARTED),
    BatchCommand.PAUSE: _Change(frozenset({BatchState.RUNNING}), BatchState.PAUSED, Event.BATCH_PAUSED),
    BatchCommand.RESUME: _Change(frozenset({BatchState.PAUSED}), BatchState.RUNNING, Event.BATCH_RESUMED),
    BatchCommand.CANCEL: _Change(OPEN, BatchState.CANCELLED, Event.BATCH_CANCELLED),
}


async def carry_out(tx: AsyncConnection, actor: Actor, batch_id: UUID, command: BatchCommand) -> Batch:
    """Start, pause, resume or cancel; the batch afterwards. After this commits, no row goes out that it forbids.

    Raises:
        NotFound: `no_such_batch`; Forbidden: `not_allowed`; Conflict: `wrong_state`.
    """
    batch = await get(tx, actor, batch_id, Right.INVITE)
    change = CHANGES[command]
    if not await _change(tx, batch_id, change.states, change.to):
        batch = await get(tx, actor, batch_id)
        fitting = " or ".join(state.value for state in BatchState if state in change.states)
        sentence = f"That cannot be done now: the batch is {batch.state.value}, and would have to be {fitting}."
        raise Conflict("wrong_state", sentence)
    await audit.record(tx, change.event, actor, subject_id=batch_id, detail={"office": batch.office})
    return await get(tx, actor, batch_id)


async def share(tx: AsyncConnection, batch_id: UUID) -> None:
    """Hold off every change of the batch until the commit, beside others that only hold it off."""
    await tx.execute(_SHARE, {"name": f"batch-rows/{batch_id}"})


_SHARE = select(func.pg_advisory_xact_lock_shared(func.hashtextextended(bindparam("name"), 0)))


async def after_check(tx: AsyncConnection, batch: Batch) -> None:
    """Every row was looked at: go on where that was said from the first, else wait for somebody to say go."""
    to = BatchState.RUNNING if batch.starts_by_itself else BatchState.CHECKED
    is_through = ~exists().where(r.batch_id == batch.id, r.checked.is_(None))
    checking = frozenset({BatchState.CHECKING})
    if await _change(tx, batch.id, checking, to, is_through, is_seen=True) and batch.starts_by_itself:
        who = Actor(batch.created_by, batch.created_via, key_id=batch.key_id, is_trusted=batch.is_trusted)
        await audit.record(tx, Event.BATCH_STARTED, who, subject_id=batch.id, detail={"office": batch.office})


async def finish(tx: AsyncConnection, batch: Batch) -> None:
    """Every row has its result."""
    is_through = ~exists().where(r.batch_id == batch.id, r.result.is_(None))
    if not await _change(tx, batch.id, frozenset({BatchState.RUNNING}), BatchState.DONE, is_through, is_seen=True):
        return
    found = await load(tx, batch.id)
    sent = batch.sent if found is None else found.sent
    counts = {"ok": sent.ok, "skipped": sent.skipped, "refused": sent.refused}
    detail = {"office": batch.office, "rows": sent.rows} | counts
    await audit.record(tx, Event.BATCH_DONE, CLOCK, subject_id=batch.id, detail=detail)


async def give_up(tx: AsyncConnection, batch_id: UUID) -> None:
    """Cancel a batch that nobody started for a week."""
    is_old = b.changed_at < func.now() - KEPT_UNSTARTED
    if await _change(tx, batch_id, frozenset({BatchState.CHECKED}), BatchState.CANCELLED, is_old, is_seen=True):
        await audit.record(tx, Event.BATCH_CANCELLED, CLOCK, subject_id=batch_id, detail={"cause": "not_started"})


async def look(tx: AsyncConnection, batch_id: UUID) -> Batch:
    """The batch for its workflow, which has seen it now.

    Raises:
        NotFound: `no_such_batch`.
    """
    batch = await load(tx, batch_id)
    if batch is None:
        raise no_such_batch()
    if batch.state in _AT_WORK or batch.seen_rev < batch.rev:
        values: dict[str, Any] = {"seen_rev": func.greatest(b.seen_rev, batch.rev)}
        # Whoever works says so every few seconds; where nobody does, the sweep starts the workflow again.
        if batch.state in _AT_WORK:
            values["changed_at"] = func.now()
        await tx.execute(update(t.batches).where(b.id == batch_id).values(**values))
    return batch


_AT_WORK = frozenset({BatchState.CHECKING, BatchState.RUNNING})


async def is_in(tx: AsyncConnection, batch_id: UUID, state: BatchState) -> bool:
    """Whether the batch is in a state."""
    query = select(b.id).where(b.id == batch_id, b.state == state)
    return (await tx.execute(query)).one_or_none() is not None


async def kept_for(tx: AsyncConnection, batch_id: UUID) -> float:
    """Seconds before a batch that nobody starts is cancelled."""
    left = func.extract("epoch", b.changed_at + KEPT_UNSTARTED - func.now())
    seconds = (await tx.execute(select(left).where(b.id == batch_id))).scalar_one()
    return max(0.0, float(seconds))


async def _change(
    tx: AsyncConnection,
    batch_id: UUID,
    states: frozenset[BatchState],
    to: BatchState,
    *guards: Any,
    is_seen: bool = False,
) -> bool:
    await tx.execute(select(func.pg_advisory_xact_lock(_key(batch_id))))
    values: dict[str, Any] = {"state": to, "rev": b.rev + 1, "changed_at": func.now()}
    if is_seen:
        values["seen_rev"] = b.rev + 1
    if to is BatchState.RUNNING:
        values["started_at"] = func.coalesce(b.started_at, func.now())
    if to in ENDED:
        values["ended_at"] = func.now()
    statement = update(t.batches).where(b.id == batch_id, b.state.in_(states), *guards).values(**values)
    return (await tx.execute(statement)).rowcount == 1


def _key(batch_id: UUID) -> Any:
    return func.hashtextextended(f"batch-rows/{batch_id}", 0)
