"""What a batch costs, what the sweep makes up for, and what is left of people afterwards."""

from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.batches import BatchActivities
from activities.contracts import BatchRef
from doorstep.domain.batches import Batch, BatchState
from doorstep.store import batch_forgetting
from doorstep.store import tables as t
from starter.sweep import sweep_once
from tests.functional.batching import checked, invited, people, rows_of, sent, until_batch
from tests.functional.test_cost import assert_cheap
from tests.house import House, eventually
from worker import activities_of
from workflows.batch import BatchWorkflow
from workflows.registry import INTERCEPTORS

if TYPE_CHECKING:
    from activities.post import Post

b = t.batches.c


async def _set(house: House, batch_id: UUID, **values: object) -> None:
    async def work(tx: AsyncConnection) -> None:
        await tx.execute(update(t.batches).where(b.id == batch_id).values(**values))

    await house.run(work)


async def test_a_batch_stays_within_20_events_and_4_actions(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """F26: rehearsed and invited; a shift costs what one activity costs, whatever its rows, beside their workflows."""
    monkeypatch.setattr("activities.batch_shift.SECONDS", 60.0)  # one shift, however busy the machine is
    batch = await sent(house, await house.office(), people("cost", 25))
    handle = house.client.get_workflow_handle(batch.workflow_id)
    await handle.result()

    assert_cheap(await handle.fetch_history(), events=20, billed=4)


async def test_a_lost_start_and_a_lost_workflow_are_made_up_for(house: House) -> None:
    """F05, F29: a workflow that was never started or was terminated is started again, and loses and doubles no row."""
    office = await house.office()
    batch = await checked(house, office, people(office, 3))
    handle = house.client.get_workflow_handle(batch.workflow_id)

    async def is_waiting() -> bool | None:
        return True if (await handle.query("progress"))["state"] == BatchState.CHECKED else None

    # Until then somebody is at work on the batch, and would say so in the row that is made old below.
    await eventually(is_waiting, "the workflow to wait")
    await handle.terminate()
    await _set(house, batch.id, state=BatchState.RUNNING, changed_at=b.changed_at - timedelta(minutes=3))

    await sweep_once(house.engine, house.doorstep.starter)
    done = await until_batch(house, batch, BatchState.DONE)

    assert done.sent.ok == 3
    assert await invited(house, office) == [f"p{n}@{office}.example" for n in range(3)]


async def test_a_lost_wake_is_made_up_for(house: House) -> None:
    """F05: a start that Temporal never heard of is told by the sweep."""
    office = await house.office()
    batch = await checked(house, office, people(office, 1))
    await _set(house, batch.id, state=BatchState.RUNNING, rev=b.rev + 1)

    await sweep_once(house.engine, house.doorstep.starter, older_than=timedelta(0))

    assert (await until_batch(house, batch, BatchState.DONE)).sent.ok == 1


async def test_a_long_history_goes_on_in_a_new_run(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """F26: continue-as-new, run after run; what is said meanwhile is heard by whichever runs."""
    monkeypatch.setattr("workflows.batch.LONGEST_HISTORY", 5)
    office = await house.office()
    batch = await checked(house, office, people(office, 1))
    identifier = f"{batch.workflow_id}-again"
    post = cast("Post", SimpleNamespace(engine=house.engine, ring=house.ring))
    activities = activities_of(BatchActivities(post, house.doorstep.starter, policy="allow"))

    async with Worker(
        house.client,
        task_queue=office,
        workflows=[BatchWorkflow],
        activities=activities,
        interceptors=INTERCEPTORS,
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        started = await house.client.start_workflow(
            BatchWorkflow.run, BatchRef(str(batch.id)), id=identifier, task_queue=office
        )
        handle = house.client.get_workflow_handle(identifier)

        async def is_another() -> bool | None:
            return True if (await handle.describe()).run_id != started.first_execution_run_id else None

        await eventually(is_another, "a new run")
        await house.doorstep.batch_cancel(batch.id)

        assert await handle.result() == {"state": "cancelled"}


async def test_an_erased_person_is_in_no_row_any_more(house: House) -> None:
    """T34: the row that invited them and any other that names their address are blanked; the results stay."""
    office = await house.office()
    done = await sent(house, office, people(office, 2))
    other = await checked(house, office, people(office, 1))
    found = await rows_of(house, done)

    await house.doorstep.erase(found[0].invitation_id)  # type: ignore[arg-type]

    mine, theirs = await rows_of(house, done)
    (named,) = await rows_of(house, other)
    assert (dict(mine.given), str(mine.result)) == ({}, "ok")
    assert dict(named.given) == {}
    assert theirs.given["email"] == f"p1@{office}.example"


async def test_rows_of_a_batch_that_ended_long_ago_name_nobody(house: House) -> None:
    """T34: thirty days after its end the rows are blanked, and the counts stay."""
    office = await house.office()
    old, young = [await sent(house, office, people(f"{office}{n}", 1)) for n in range(2)]
    await _set(house, old.id, ended_at=b.ended_at - timedelta(days=31))

    while await house.run(batch_forgetting.purge):
        pass

    assert await given(house, old) == [{}]
    assert await given(house, young) != [{}]
    assert (await house.doorstep.batch(old.id)).sent == old.sent


async def given(house: House, batch: Batch) -> list[dict[str, str]]:
    """What the rows of a batch say of people."""
    return [dict(row.given) for row in await rows_of(house, batch)]
