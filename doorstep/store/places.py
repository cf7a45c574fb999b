"""Places of a job and duplicates of an invitation, decided under a lock (S2.1-S2.6, S4.37)."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from doorstep.domain.errors import Conflict
from doorstep.domain.invitation import Invitation
from doorstep.domain.policy import Policy
from doorstep.domain.states import HOLDS_A_PLACE, IN_THE_WAY, State
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
        await hold_place_of(tx, job, invitation.policy, besides=invitation.id)


async def hold_place_of(tx: AsyncConnection, job: UUID, policy: Policy, *, besides: UUID | None = None) -> None:
    """Refuse when as many invitations of the job as the policy allows already count (S2.4).

    Raises:
        Conflict: `job_full`, with the limit and the remedy (S2.2).
    """
    await tx.execute(select(t.jobs.c.id).where(t.jobs.c.id == job).with_for_update())
    counts: ColumnElement[bool] = i.state.in_(HOLDS_A_PLACE)
    if policy.expired_holds_place:
        counts = or_(counts, and_(i.state == State.EXPIRED, i.closed_at.is_(None)))
    query = select(func.count()).select_from(t.invitations).where(i.job_id == job, counts)
    if besides is not None:
        query = query.where(i.id != besides)
    if (await tx.execute(query)).scalar_one() >= policy.places_per_job:
        raise Conflict(
            "job_full",
            f"This job has all of its {policy.places_per_job} invitations. "
            "Revoke one of them first to invite another person.",
        )


async def lock_people(tx: AsyncConnection, office: str, keys: Iterable[str]) -> None:
    """Let one transaction at a time decide about one person of one office; `office` is empty where all are meant.

    The keys are locked in one order, so that two who share two addresses do not wait for each other.
    """
    for key in sorted(set(keys)):
        await tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"{office}/{key}", 0))))


async def duplicate_of(
    tx: AsyncConnection,
    office: str,
    keys: Sequence[str],
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
        or_(i.address_key.in_(keys), i.other_key.in_(keys)),
        i.state.in_(IN_THE_WAY),
        i.job_id.is_not_distinct_from(job),
        held == len(wanted),
    ]
    if besides is not None:
        same.append(i.id != besides)
    found = (await tx.execute(select(i.id).where(*same).limit(1))).scalar_one_or_none()
    return None if found is None else await load(tx, found)


async def refuse_duplicate(tx: AsyncConnection, invitation: Invitation, keys: Sequence[str]) -> None:
    """Refuse to open a second live link for one person.

    Raises:
        Conflict: `already_invited`, naming the open invitation.
    """
    await lock_people(tx, invitation.office.code, keys)
    job = None if invitation.job is None else await job_id(tx, invitation.office.code, invitation.job)
    accounts = [account.id for account in invitation.accounts]
    other = await duplicate_of(tx, invitation.office.code, keys, job, accounts, besides=invitation.id)
    if other is not None:
        raise Conflict("already_invited", f"Another invitation of this person is open: {other.id}.")


async def permissions_of_job(tx: AsyncConnection, job: UUID) -> list[str] | None:
    """What the people of a job were given: the same for all of them (S2.13); None while there is nobody."""
    granted = func.coalesce(i.granted, i.permissions)
    query = select(granted).where(i.job_id == job, i.state.in_((*HOLDS_A_PLACE, State.DRAFT)))
    found: list[str] | None = (await tx.execute(query.order_by(i.created_at).limit(1))).scalar_one_or_none()
    return found


async def share_permissions(tx: AsyncConnection, invitation: Invitation, granted: list[str]) -> None:
    """Give everybody else of the job what was granted to one of them (S2.13)."""
    if invitation.job is None:
        return
    job = await job_id(tx, invitation.office.code, invitation.job)
    m = t.memberships.c
    others = t.invitations.update().where(i.job_id == job, i.id != invitation.id, i.permissions != granted)
    await tx.execute(others.values(permissions=granted, granted=case((i.granted.is_(None), None), else_=granted)))
    of_job = select(i.id).where(i.job_id == job)
    await tx.execute(t.memberships.update().where(m.invitation_id.in_(of_job)).values(permissions=granted))
