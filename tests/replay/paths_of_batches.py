"""Paths of batches: one that runs to its end, and one that people stop, start again and cancel."""

from doorstep.domain.batches import BatchState, NewRow
from tests.functional.batching import checked, people, until_batch
from tests.house import House


async def batch_done(house: House) -> str:
    """Rehearsed, started, every row with its result."""
    office = await house.office()
    batch = await checked(house, office, [*people(office, 2), NewRow(email="nobody")])
    await house.doorstep.batch_start(batch.id)
    await house.client.get_workflow_handle(batch.workflow_id).result()
    return batch.workflow_id


async def batch_stopped(house: House) -> str:
    """Signalled what does not fit, and cancelled, in the Temporal UI."""
    office = await house.office()
    batch = await checked(house, office, people(office, 1))
    handle = house.client.get_workflow_handle(batch.workflow_id)
    await handle.signal("resume")  # refused: it was never paused
    await handle.signal("cancel")
    await until_batch(house, batch, BatchState.CANCELLED)
    await handle.result()
    return batch.workflow_id
