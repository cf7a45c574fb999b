"""Batches in the tests: a small one made, waited for, and looked at."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.batches import Batch, BatchRow, BatchState, NewRow
from doorstep.store import batch_commands
from doorstep.store import tables as t
from tests.house import House, eventually


async def until_batch(house: House, batch: Batch, *states: BatchState) -> Batch:
    """The batch once it is in one of `states`."""

    async def look() -> Batch | None:
        async def is_there(tx: AsyncConnection) -> bool:
            return any([await batch_commands.is_in(tx, batch.id, state) for state in states])

        return await house.doorstep.batch(batch.id) if await house.run(is_there) else None

    return await eventually(look, f"the batch to be {states}")


async def checked(house: House, office: str, rows: Sequence[NewRow], **options: object) -> Batch:
    """A batch of rows that was looked at."""
    batch = await house.doorstep.batch_create(office, rows=rows, **options)  # type: ignore[arg-type]
    return await until_batch(house, batch, BatchState.CHECKED)


async def sent(house: House, office: str, rows: Sequence[NewRow], **options: object) -> Batch:
    """A batch of rows that came to its end."""
    batch = await house.doorstep.batch_create(office, rows=rows, starts_by_itself=True, **options)  # type: ignore[arg-type]
    return await until_batch(house, batch, BatchState.DONE)


async def rows_of(house: House, batch: Batch) -> list[BatchRow]:
    """Every row, in order."""
    return list((await house.doorstep.batch_rows(batch.id)).items)


def people(office: str, count: int, **said: object) -> list[NewRow]:
    """Rows of as many people."""
    return [NewRow(email=f"p{n}@{office}.example", name=f"Person {n}", **said) for n in range(count)]  # type: ignore[arg-type]


async def invited(house: House, office: str) -> list[str]:
    """The addresses of every invitation of an office, one for each."""
    i = t.invitations.c
    query = select(i.address).where(i.office == office).order_by(i.address)

    async def work(tx: AsyncConnection) -> list[str]:
        return list((await tx.execute(query)).scalars())

    return await house.run(work)
