"""Mail about passwords that has waited too long, and requests that nobody has looked at; found by index.

Nothing of it tells who asked: known and unknown names look alike (T08).
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.store import tables as t
from doorstep.store.stuck import IS_UNSENT, QUEUED_TOO_LONG

d = t.deliveries.c
p = t.password_links.c
m = t.memberships.c
i = t.invitations.c
MAILS_OF_ONE = 3
"""At most: the welcome, the link, and the news of its use."""


@dataclass(frozen=True)
class WaitingMail:
    """A request for a password that waits; `message` is empty where nobody has looked at it yet."""

    id: UUID
    state: str
    message: str
    is_mail: bool
    cause: str
    attempts: int
    since: datetime


async def waiting(tx: AsyncConnection, *, office: str | None, limit: int) -> list[WaitingMail]:
    """The oldest of them, one a request; of one office those of its users."""
    too_old = func.now() - QUEUED_TOO_LONG
    mine = [] if office is None else [_is_of(office)]
    unsent = (
        select(p.id, p.state, d.message, d.recipient.contains("@"), d.cause, d.attempts, d.created_at)
        .join(t.password_links, p.id == d.subject_id)
        .where(IS_UNSENT, d.created_at < too_old, *mine)
        .order_by(d.created_at, d.id)
        .limit(limit * MAILS_OF_ONE)
    )
    unseen = (
        select(p.id, p.state, literal(""), literal(True), literal(""), literal(0), p.changed_at)
        .where(p.seen_rev < p.rev, p.state == "asked", p.changed_at < too_old, *mine)
        .order_by(p.changed_at)
        .limit(limit)
    )
    found = [WaitingMail(*row) for query in (unsent, unseen) for row in await tx.execute(query)]
    return sorted({each.id: each for each in reversed(found)}.values(), key=lambda each: each.since)[:limit]


def _is_of(office: str) -> ColumnElement[bool]:
    """True of a request of that office's, or of somebody who has to do with it."""
    belongs = exists().where(m.user_id == p.user_id, m.office == office)
    invited = exists().where(i.user_id == p.user_id, i.office == office)
    return or_(p.office == office, and_(p.office.is_(None), or_(belongs, invited)))
