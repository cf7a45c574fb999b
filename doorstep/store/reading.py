"""Lists for support: what is there, and what is stuck."""

from datetime import timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import DeliveryStatus
from doorstep.domain.states import State
from doorstep.store import tables as t
from doorstep.store.loading import load_many

i = t.invitations.c
d = t.deliveries.c
QUEUED_TOO_LONG = timedelta(minutes=15)
UNSEEN_TOO_LONG = timedelta(minutes=1)


async def listed(
    tx: AsyncConnection,
    *,
    state: State | None = None,
    office: str | None = None,
    account: str | None = None,
    limit: int,
) -> list[Invitation]:
    """The newest invitations, narrowed by state, office and the code of an account."""
    wanted: list[ColumnElement[bool]] = []
    if state is not None:
        wanted.append(i.state == state)
    if office is not None:
        wanted.append(i.office == office)
    if account is not None:
        link = t.invitation_accounts.c
        of_account = select(link.invitation_id).join(t.accounts, t.accounts.c.id == link.account_id)
        wanted.append(i.id.in_(of_account.where(t.accounts.c.code == account)))
    return await load_many(tx, and_(True, *wanted), limit=limit)


async def stuck(tx: AsyncConnection, *, older_than: timedelta | None, limit: int) -> list[Invitation]:
    """What needs a human: flagged, mail queued too long, changes that no workflow saw, and with `older_than`
    whatever has waited that long for an approval.
    """  # noqa: D205 - one sentence that is longer than a line
    now = func.now()
    queued = exists().where(
        d.subject_id == i.id,
        d.status.in_((DeliveryStatus.QUEUED, DeliveryStatus.DEFERRED)),
        d.created_at < now - QUEUED_TOO_LONG,
    )
    unseen = and_(i.seen_rev < i.rev, i.changed_at < now - UNSEEN_TOO_LONG)
    reasons: list[ColumnElement[bool]] = [i.attention != [], queued, unseen]
    if older_than is not None:
        reasons.append(and_(i.state.in_((State.AWAITING_APPROVAL, State.APPROVED)), i.since < now - older_than))
    return await load_many(tx, or_(*reasons), limit=limit)
