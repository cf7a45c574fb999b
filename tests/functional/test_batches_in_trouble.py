"""Batches that something stands in the way of: a system that fails, and nobody who says go."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Update, update

from doorstep.domain.batches import BatchState
from doorstep.store import tables as t
from tests.functional.batching import checked, invited, people, until_batch
from tests.house import House

b = t.batches.c


async def test_a_failing_system_never_becomes_a_failed_row(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """F06, S4.35: a row that the system cannot invite stays open behind the others, and goes out when it can."""
    from doorstep.store import creating  # noqa: PLC0415 - broken here alone

    tries: list[object] = []
    office, create = await house.office(), creating.create
    batch = await checked(house, office, people(office, 3))

    async def broken(tx: object, ring: object, actor: object, new: object) -> object:
        if new.name == "Person 0" and len(tries) < 2:  # type: ignore[attr-defined]
            tries.append(new)
            raise RuntimeError("poison")
        return await create(tx, ring, actor, new)  # type: ignore[arg-type]

    monkeypatch.setattr(creating, "create", broken)

    await house.doorstep.batch_start(batch.id)
    done = await until_batch(house, batch, BatchState.DONE)

    assert len(tries) == 2
    assert (done.sent.ok, done.sent.refused, done.sent.failing) == (3, 0, 0)
    assert len(await invited(house, office)) == 3


async def test_a_batch_that_nobody_starts_is_given_up(house: House) -> None:
    """After seven days the rehearsal means nothing any more; the batch is cancelled, and says so."""
    office = await house.office()
    batch = await checked(house, office, people(office, 1))
    handle = house.client.get_workflow_handle(batch.workflow_id)

    await house.run(lambda tx: tx.execute(_aged(batch.id, timedelta(days=8))))
    await house.doorstep.starter.batch(batch.id, office, is_new=False)
    await until_batch(house, batch, BatchState.CANCELLED)

    assert await handle.result() == {"state": "cancelled"}


def _aged(batch_id: UUID, by: timedelta) -> Update:
    return update(t.batches).where(b.id == batch_id).values(changed_at=b.changed_at - by)
