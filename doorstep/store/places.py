"""Places of a job and duplicates of an invitation, decided under a lock (S2.1-S2.6, S4.37)."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from doorstep.domain.errors import Conflict
from doorstep.domain.invitation import Invitation
from doorstep.domain.states import HOLDS_A_PLACE, IN_THE_WAY
from doorstep.store import tables as t
from doorstep.store.loading import load

i = t.invitations.c


async def job_id(tx: AsyncConnection, office: str, name: str) -> UUID:
    """The job of that name, made at its first use."""
    made = insert(t.jobs).values(id=uuid7(), office=office, name=name).on_conflict_do_nothing()
    await tx.execute(made)
    found = select(t.jobs.c.id).where(t.jobs.c.office == office, t.jobs.c.name == name)
    identifier: UUID = (await tx.execute(found)).scalar_one()
    return identifier


async def hold_place(tx: AsyncConnection, invitation: Invitation) -> None:
    """Make sure that the job has a place left for `invitation`; the job's row is locked until the commit."""
    if invitation.job is not None:
        job = await job_id(tx, invitation.office.code, invitation.job)
        await hold_place_of(tx, job, invitation.policy.places_per_job, besides=invitation.id)


async def hold_place_of(tx: AsyncConnection, job: UUID, places: int, *, besides: UUID | None = None) -> None:
    """Refuse when `places` invitations of the job already count.

    Raises:
        Conflict: `job_full`, with the limit and the remedy (S2.2).
    """
    await tx.execute(select(t.jobs.c.id).where(t.jobs.c.id == job).with_for_update())
    query = select(func.count()).select_from(t.invitations).where(i.job_id == job, i.state.in_(HOLDS_A_PLACE))
    if besides is not None:
        query = query.where(i.id != besides)
    if (await tx.execute(query)).scalar_one() >= places:
        raise Conflict(
            "job_full",
            f"This job has all of its {places} invitations. Revoke one of them first to invite another person.",
        )


async def lock_person(tx: AsyncConnection, office: str, key: str) -> None:
    """Let one transaction at a time decide about one person of one office."""
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"{office}/{key}", 0))))


async def duplicate_of(
    tx: AsyncConnection,
    office: str,
    address_key: str,
    job: UUID | None,
    accounts: Iterable[UUID],
    *,
    besides: UUID | None = None,
) -> Invitation | None:
    """The open invitation that already asks for the same: same person and job, and no account beyond its own."""
    wanted = list(accounts)
    held = (
        select(func.count())
        .select_from(t.invitation_accounts)
        .where(t.invitation_accounts.c.invitation_id == i.id, t.invitation_accounts.c.account_id.in_(wanted))
        .scalar_subquery()
    )
    same: list[ColumnElement[bool]] = [
        i.office == office,
        i.address_key == address_key,
        i.state.in_(IN_THE_WAY),
        i.job_id.is_not_distinct_from(job),
        held == len(wanted),
    ]
    if besides is not None:
        same.append(i.id != besides)
    found = (await tx.execute(select(i.id).where(*same).limit(1))).scalar_one_or_none()
    return None if found is None else await load(tx, found)


async def refuse_duplicate(tx: AsyncConnection, invitation: Invitation, *, address_key: str | None = None) -> None:
    """Refuse to open a second live link for one person.

    Raises:
        Conflict: `already_invited`, naming the open invitation.
    """
    key = address_key or invitation.address_key
    await lock_person(tx, invitation.office.code, key)
    job = None if invitation.job is None else await job_id(tx, invitation.office.code, invitation.job)
    accounts = [account.id for account in invitation.accounts]
    other = await duplicate_of(tx, invitation.office.code, key, job, accounts, besides=invitation.id)
    if other is not None:
        raise Conflict("already_invited", f"Another invitation of this person is open: {other.id}.")
