"""Places of a job, what its people share, and duplicates of an invitation (S2.1-S2.6, S2.13, S4.37)."""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.errors import Conflict
from doorstep.domain.invitation import Invitation
from doorstep.domain.policy import Policy
from doorstep.domain.states import HOLDS_A_PLACE, IN_THE_WAY, OPEN, State
from doorstep.store import person
from doorstep.store import tables as t
from doorstep.store.loading import load
from doorstep.store.person import Asked

i = t.invitations.c

_HAS_LEFT = and_(i.state == State.ACTIVE, i.user_id.is_(None))
"""The user was deleted afterwards, which is how somebody who has signed in is removed (S2.3, S2.11)."""


async def hold_place(tx: AsyncConnection, job: UUID | None, policy: Policy, *, besides: UUID | None = None) -> None:
    """Refuse when as many invitations of the job as the policy allows already count (S2.4); the job has to be locked.

    Raises:
        Conflict: `job_full`, with the limit and the remedy (S2.2).
    """
    if job is None:
        return
    counts = holds_a_place(literal(policy.expired_holds_place))
    query = select(func.count()).select_from(t.invitations).where(i.job_id == job, counts)
    if besides is not None:
        query = query.where(i.id != besides)
    if (await tx.execute(query)).scalar_one() >= policy.places_per_job:
        raise Conflict(
            "job_full",
            f"This job has all of its {policy.places_per_job} invitations. "
            "Revoke one of them first to invite another person.",
        )


def holds_a_place(expired_holds_place: ColumnElement[bool]) -> ColumnElement[bool]:
    """True of the invitations that count (S2.4); `expired_holds_place` is what the policy of the office says."""
    is_expired = and_(expired_holds_place, i.state == State.EXPIRED, i.closed_at.is_(None))
    return or_(and_(i.state.in_(HOLDS_A_PLACE), ~_HAS_LEFT), is_expired)


def asked_of(invitation: Invitation, keys: tuple[str, ...] | None = None) -> Asked:
    """What an invitation asks, of its person or of whom it is about to be sent to."""
    return Asked(
        invitation.office.code,
        invitation.keys if keys is None else keys,
        invitation.job_id,
        tuple(account.id for account in invitation.accounts),
        invitation.is_test,
    )


async def duplicate_of(tx: AsyncConnection, asked: Asked, *, besides: UUID | None = None) -> Invitation | None:
    """The open invitation that already asks for the same: same person and job, and no account beyond its own."""
    link = t.invitation_accounts.c
    held = select(func.count()).where(link.invitation_id == i.id, link.account_id.in_(asked.accounts))
    same = [
        i.office == asked.office,
        person.invited(asked.keys, is_test=asked.is_test),
        i.state.in_(IN_THE_WAY),
        i.job_id.is_not_distinct_from(asked.job),
        held.scalar_subquery() == len(asked.accounts),
    ]
    if besides is not None:
        same.append(i.id != besides)
    query = select(i.id).where(*same).order_by(i.created_at, i.id).limit(1)
    found = (await tx.execute(query)).scalar_one_or_none()
    return None if found is None else await load(tx, found)


async def refuse_duplicate(tx: AsyncConnection, asked: Asked, *, besides: UUID) -> None:
    """Refuse to open a second live link for one person.

    Raises:
        Conflict: `already_invited`, naming the open invitation.
    """
    other = await duplicate_of(tx, asked, besides=besides)
    if other is not None:
        raise Conflict("already_invited", f"Another invitation of this person is open: {other.id}.")


async def permissions_of_job(tx: AsyncConnection, job: UUID) -> list[str] | None:
    """What the people of a job have, or will have: the same for all of them (S2.13); None while there is nobody."""
    of_job = select(func.coalesce(i.granted, i.permissions)).where(i.job_id == job, IS_OF_JOB)
    found: list[str] | None = (await tx.execute(of_job.order_by(i.created_at).limit(1))).scalar_one_or_none()
    return found


IS_OF_JOB = or_(and_(i.state.in_(OPEN), i.closed_at.is_(None)), and_(i.state == State.ACTIVE, i.user_id.is_not(None)))
"""Whoever is in, and whoever may still come in: an expired one can be sent again."""
