"""Group roles of an office in a batch, whose rows are invited long after it was asked for."""

from doorstep.domain.batches import BatchOptions, BatchState
from doorstep.domain.permissions import ROLES, permissions_of
from doorstep.store import tables as t
from tests.functional.batching import checked, people, rows_of, until_batch
from tests.house import House

SEASONAL = "seasonal_staff"


async def test_a_batch_keeps_what_its_group_stood_for(house: House) -> None:
    """S4.35, S1.11: rows that are invited after the group was changed, or is gone, get what was asked for."""
    d, office = house.doorstep, await house.office()
    await d.group_role_set(office, SEASONAL, ["buyer"])
    await d.group_role_set(office, "owner", ["grower"])

    batch = await checked(house, office, people(office, 2), options=BatchOptions(roles=(SEASONAL, "owner")))
    await d.group_role_remove(office, SEASONAL)
    await d.group_role_set(office, "owner", ["rep"])
    await d.batch_start(batch.id)
    done = await until_batch(house, batch, BatchState.DONE)

    made = [await d.show(row.invitation_id) for row in await rows_of(house, done) if row.invitation_id]
    assert [each.roles for each in made] == [(SEASONAL, "owner")] * 2
    assert [frozenset(each.permissions) for each in made] == [ROLES["buyer"] | ROLES["grower"]] * 2


async def test_a_batch_from_before_means_the_built_in_groups(house: House) -> None:
    """S1.11: a batch that an earlier Doorstep kept says nothing of groups, and could only mean those of the code."""
    d, office = house.doorstep, await house.office()
    batch = await checked(house, office, people(office, 1), options=BatchOptions(roles=("owner",)))
    await d.group_role_set(office, "owner", ["rep"])
    b = t.batches.c
    older = t.batches.update().where(b.id == batch.id).values(options=b.options.op("-")("groups"))
    await house.run(lambda tx: tx.execute(older))

    await d.batch_start(batch.id)
    done = await until_batch(house, batch, BatchState.DONE)

    [row] = await rows_of(house, done)
    assert row.invitation_id is not None
    assert set((await d.show(row.invitation_id)).permissions) == permissions_of(["owner"])
