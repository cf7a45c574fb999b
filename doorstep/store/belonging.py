"""What people belong to: memberships, one for each account, as the invitations behind them grant it (S3.11).

Somebody can be invited to one account twice, by two jobs for instance. The membership is one, with what either grants;
it lasts as long as one of the two does, and what only the other one granted goes with that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from doorstep.domain.events import Event
from doorstep.domain.invitation import Invitation
from doorstep.domain.states import HOLDS_A_PLACE, State
from doorstep.store import audit, sessions, users
from doorstep.store import tables as t
from doorstep.store.audit import Actor
from doorstep.store.places import IS_OF_JOB

i = t.invitations.c
m = t.memberships.c
link = t.invitation_accounts.c
OFFICE: frozenset[UUID | None] = frozenset([None])
"""The office itself, for an invitation to no account."""


@dataclass(frozen=True)
class _Grant:
    """What an active invitation grants on each of its accounts; without any, on the office itself."""

    id: UUID
    user_id: UUID
    office: str
    accounts: frozenset[UUID | None]
    permissions: frozenset[str]


def granted(invitation: Invitation) -> list[str]:
    """What the invitation grants: what was approved, else what it asked for."""
    return list(invitation.permissions if invitation.granted is None else invitation.granted)


async def join(tx: AsyncConnection, invitation: Invitation) -> None:
    """One membership an account; somebody who belongs to one already keeps what they had beside the new."""
    await users.lock(tx, invitation.user_id)
    office, gained = invitation.office.code, frozenset(granted(invitation))
    own = select(m.account_id, m.id, m.permissions).where(m.user_id == invitation.user_id, m.office == office)
    there = {row.account_id: row for row in await tx.execute(own.with_for_update())}
    for account in frozenset(each.id for each in invitation.accounts) or OFFICE:
        if account in there:
            both = sorted(gained.union(there[account].permissions))
            await tx.execute(update(t.memberships).where(m.id == there[account].id).values(permissions=both))
            continue
        belongs = {"user_id": invitation.user_id, "office": office, "account_id": account}
        values = belongs | {"permissions": sorted(gained), "invitation_id": invitation.id}
        await tx.execute(t.memberships.insert().values(id=uuid7(), **values))


def is_wanted(*, besides: UUID) -> ColumnElement[bool]:
    """True of a user who belongs somewhere, or whom an invitation brings or brought in; `besides` does not count."""
    belongs = exists().where(m.user_id == t.users.c.id)
    is_awaited = exists().where(i.user_id == t.users.c.id, i.id != besides, i.state.in_(HOLDS_A_PLACE))
    return or_(belongs, is_awaited)


async def leave(tx: AsyncConnection, invitation: Invitation) -> None:
    """Take back what an active invitation granted, as far as nothing else grants it too (S2.10)."""
    if await users.lock(tx, invitation.user_id) and invitation.user_id is not None:
        accounts = frozenset(account.id for account in invitation.accounts)
        office, before = invitation.office.code, frozenset(granted(invitation))
        await _settle(tx, _Grant(invitation.id, invitation.user_id, office, accounts or OFFICE, before), None)


async def share(tx: AsyncConnection, actor: Actor, invitation: Invitation, permissions: Sequence[str]) -> None:
    """Give everybody else of the job what was granted to one of them (S2.13); the job has to be locked."""
    if invitation.job_id is None:
        return
    differs = func.coalesce(i.granted, i.permissions) != list(permissions)
    others = (i.job_id == invitation.job_id, i.id != invitation.id, IS_OF_JOB, differs)
    await tx.execute(select(i.id).where(*others).order_by(i.id).with_for_update())  # whoever is activated just now, too
    inside = await _grants(tx, *others, i.state == State.ACTIVE)
    is_decided = i.state.in_((State.APPROVED, State.ACTIVE))
    rows = t.invitations.update()
    await tx.execute(rows.where(*others, ~is_decided).values(permissions=list(permissions)))
    await tx.execute(rows.where(*others, is_decided).values(granted=list(permissions)))
    for grant in inside:
        await users.lock(tx, grant.user_id)
        await _settle(tx, grant, frozenset(permissions))
        await sessions.end_all(tx, grant.user_id)
        detail = {"granted": list(permissions), "approved_with": str(invitation.id)}
        await audit.record(tx, Event.PERMISSIONS_SET, actor, subject_id=grant.user_id, detail=detail)


async def _settle(tx: AsyncConnection, grant: _Grant, after: frozenset[str] | None) -> None:
    """Put `after` in the place of what `grant` gave; None takes it away, and the membership where it was all.

    What somebody had on an account without an invitation, by way A, is never taken away here.
    """
    same = (i.user_id == grant.user_id, i.office == grant.office, i.id != grant.id, i.state == State.ACTIVE)
    others = await _grants(tx, *same)
    query = select(m.id, m.account_id, m.invitation_id, m.permissions)
    for row in (await tx.execute(query.where(m.user_id == grant.user_id, m.office == grant.office))).all():
        if row.account_id not in grant.accounts:
            continue
        beside = [each for each in others if row.account_id in each.accounts]
        is_owner = row.invitation_id == grant.id
        if after is None and is_owner and not beside:
            await tx.execute(delete(t.memberships).where(m.id == row.id))
            continue
        lost = grant.permissions.difference(*(each.permissions for each in beside))
        kept = frozenset(row.permissions) - (lost if row.invitation_id is not None else frozenset())
        owner = beside[0].id if after is None and is_owner else row.invitation_id
        values = {"permissions": sorted(kept | (after or frozenset())), "invitation_id": owner}
        await tx.execute(update(t.memberships).where(m.id == row.id).values(**values))


async def _grants(tx: AsyncConnection, *wanted: ColumnElement[bool]) -> list[_Grant]:
    accounts = func.array(select(link.account_id).where(link.invitation_id == i.id).scalar_subquery())
    own = (i.id, i.user_id, i.office, accounts, func.coalesce(i.granted, i.permissions))
    query = select(*own).where(*wanted, i.user_id.is_not(None)).order_by(i.activated_at, i.id)
    return [
        _Grant(row[0], row[1], row[2], frozenset(row[3]) or OFFICE, frozenset(row[4]))
        for row in await tx.execute(query)
    ]
