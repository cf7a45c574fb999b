"""The locks under which things are decided, always in one order: the person, the job, the row, the user.

Two who take them in that order wait for each other and never for ever; where a rare one does, the loser is repeated.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from doorstep.domain.invitation import Invitation
from doorstep.store import tables as t
from doorstep.store.orders import get

j = t.jobs.c


async def one_by_one(tx: AsyncConnection, kind: str, names: Iterable[str]) -> None:
    """Let one transaction at a time go on that is about one of these names; in one order, whoever asks."""
    wanted = [func.pg_advisory_xact_lock(func.hashtextextended(f"{kind}/{name}", 0)) for name in sorted(set(names))]
    if wanted:
        await tx.execute(select(*wanted))  # from left to right, in one statement


async def of_person(tx: AsyncConnection, keys: Iterable[str]) -> None:
    """One at a time about one person, whatever the office: two offices may ask the same one at once (decision 10)."""
    await one_by_one(tx, "person", keys)


async def of_job(tx: AsyncConnection, office: str, name: str) -> UUID:
    """The job of that name, made at its first use and locked until the commit."""
    made = insert(t.jobs).values(id=uuid7(), office=office, name=name).on_conflict_do_nothing()
    await tx.execute(made)
    locked = select(j.id).where(j.office == office, j.name == name).with_for_update()
    identifier: UUID = (await tx.execute(locked)).scalar_one()
    return identifier


async def of_invitation(
    tx: AsyncConnection, invitation_id: UUID, *more_keys: str, is_about_job: bool = False
) -> Invitation:
    """The invitation, with its person and its row locked, and its job where that is what it is about.

    `more_keys` are those that it is about to get.

    Raises:
        NotFound: `no_such_invitation`.
    """
    seen = await get(tx, invitation_id)
    await of_person(tx, (*seen.keys, *more_keys))
    if is_about_job and seen.job_id is not None:
        await tx.execute(select(j.id).where(j.id == seen.job_id).with_for_update())
    invitation = await get(tx, invitation_id, for_update=True)
    if invitation.keys != seen.keys:  # it was sent elsewhere meanwhile
        await of_person(tx, invitation.keys)
    return invitation
