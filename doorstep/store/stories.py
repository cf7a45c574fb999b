"""Everything about one invitation, for whoever looks after it: the row, what is recorded, and how far they reach."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import Authority, Right
from doorstep.domain.invitation import Invitation
from doorstep.store import authority, reading
from doorstep.store import tables as t
from doorstep.store.approvals import readable
from doorstep.store.audit import Actor, AuditEntry

a = t.audit.c
i = t.invitations.c
m = t.memberships.c


@dataclass(frozen=True)
class Told:
    """An invitation with its records, oldest first, those of its user among them; and the rights of whoever looks."""

    invitation: Invitation
    records: tuple[AuditEntry, ...]
    who: Authority
    has_signed_in: bool


async def of_invitation(tx: AsyncConnection, actor: Actor, invitation_id: UUID) -> Told:
    """The story of an invitation in sight.

    Raises:
        NotFound: `no_such_invitation`; Conflict: `row_unreadable`.
    """
    invitation = await readable(tx, invitation_id)
    who = await authority.require_for_invitation(tx, actor, invitation, Right.SEE)
    about = a.subject_id == invitation_id
    if who.sees_all and invitation.user_id is not None:
        about = or_(about, _of_user(invitation, invitation.user_id))
    columns = (a.at, a.actor, a.via, a.event, a.code, a.detail)
    records = await tx.execute(select(*columns).where(about).order_by(a.at, a.id))
    found = tuple(AuditEntry(*row) for row in records)
    at_home = await reading.at_home(tx, [invitation_id])
    return Told(invitation, found, who, bool(at_home))


def _of_user(invitation: Invitation, user_id: UUID) -> ColumnElement[bool]:
    """What the user did since the invitation was made; of somebody who belongs to another office too, nothing (T20)."""
    elsewhere = or_(
        exists().where(m.user_id == user_id, m.office != invitation.office.code),
        exists().where(i.user_id == user_id, i.office != invitation.office.code),
    )
    return and_(a.subject_id == user_id, a.at >= invitation.created_at, ~elsewhere)
