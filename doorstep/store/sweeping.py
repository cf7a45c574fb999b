"""What the sweep asks: whose row moved on while its workflow did not hear of it."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Table, and_, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.states import State
from doorstep.store import tables as t

SWEEP_LOCK = 0x646F6F72
AT_ONCE = 200
MOST_DOUBLINGS = 20
OVERDUE_AFTER = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(minutes=10)


async def try_lock(tx: AsyncConnection) -> bool:
    """True for the one sweep that may run now; freed at the end of the transaction."""
    return bool((await tx.execute(select(func.pg_try_advisory_xact_lock(SWEEP_LOCK)))).scalar_one())


async def unseen_invitations(tx: AsyncConnection, *, older_than: timedelta) -> list[UUID]:
    """Invitations whose last change nobody acted on for `older_than`."""
    return await _unseen(tx, t.invitations, older_than)


async def unseen_password_links(tx: AsyncConnection, *, older_than: timedelta) -> list[UUID]:
    """The same for forgotten passwords."""
    return await _unseen(tx, t.password_links, older_than)


async def overdue_invitations(tx: AsyncConnection) -> list[UUID]:
    """Invitations whose time has come and that no workflow moved on, as after a backup was restored (F29).

    Where one is at work none of these lasts; a mail that waits, or an activation that is tried again, is none of them.
    """
    i, p, d = t.invitations.c, t.policies.c, t.deliveries.c
    then = func.now() - OVERDUE_AFTER
    is_sent = ~exists().where(d.subject_id == i.id, or_(d.status == "queued", d.status == "deferred"))
    is_overdue = or_(
        and_(i.state == State.PENDING, i.expires_at + p.grace < then),
        and_(i.state == State.AWAITING_APPROVAL, ~i.is_nudged, i.set_up_at + p.approval_reminder < then),
        and_(i.state == State.AWAITING_APPROVAL, ~i.is_escalated, i.set_up_at + p.approval_escalation < then),
        and_(i.state == State.APPROVED, i.attention == [], i.changed_at < then),
        and_(i.state == State.EXPIRED, i.closed_at.is_(None), i.expired_at + p.reissue_window < then),
    )
    is_quiet = or_(i.woken_at.is_(None), i.woken_at < func.now() - LONGEST_PAUSE)
    query = select(i.id).join(t.policies, p.id == i.policy_id).where(is_overdue, is_sent, is_quiet)
    return list((await tx.execute(query.order_by(i.changed_at).limit(AT_ONCE))).scalars())


async def _unseen(tx: AsyncConnection, table: Table, older_than: timedelta) -> list[UUID]:
    """What is behind and due; what was woken in vain is left alone twice as long each time.

    A workflow that cannot act, because a row is poisoned or a server hangs, would otherwise collect thousands of wakes
    in its history.
    """
    c = table.c
    doubled = func.power(2, func.least(c.wakes, MOST_DOUBLINGS))
    pause = func.least(older_than.total_seconds() * doubled, LONGEST_PAUSE.total_seconds())
    is_due = or_(
        and_(c.woken_at.is_(None), c.changed_at < func.now() - older_than),
        func.extract("epoch", func.now() - c.woken_at) > pause,
    )
    query = select(c.id).where(c.seen_rev < c.rev, is_due).order_by(c.changed_at).limit(AT_ONCE)
    return list((await tx.execute(query)).scalars())


async def woke(tx: AsyncConnection, invitations: Sequence[UUID], password_links: Sequence[UUID]) -> None:
    """Note who was woken just now."""
    for table, woken in ((t.invitations, invitations), (t.password_links, password_links)):
        if woken:
            noted = update(table).where(table.c.id.in_(woken))
            await tx.execute(noted.values(wakes=table.c.wakes + 1, woken_at=func.now()))


async def see(tx: AsyncConnection, invitation_id: UUID, rev: int) -> None:
    """Note up to which revision the workflow has acted."""
    i = t.invitations.c
    seen = update(t.invitations).where(i.id == invitation_id)
    await tx.execute(seen.values(seen_rev=func.greatest(i.seen_rev, rev), wakes=0, woken_at=None))
