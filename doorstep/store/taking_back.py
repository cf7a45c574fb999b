"""What is open is taken back when the ERP closes the account or says that somebody is no portal user (S3.9).

In the transaction of the change, each by the same guarded statement as a revocation by hand, and told in the audit of
each invitation. Whoever was approved already is in, and stays: users are suspended by people.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.events import Event
from doorstep.domain.merging import Book, Firm
from doorstep.domain.states import OPEN, Command, State
from doorstep.security.links import KeyRing
from doorstep.store import audit, deciding, locks
from doorstep.store import tables as t
from doorstep.store.audit import Actor
from doorstep.store.orders import Order, change

a = t.accounts.c
c = t.contacts.c
i = t.invitations.c
link = t.invitation_accounts.c
UNDECIDED = frozenset({State.DRAFT, State.PENDING, State.EXPIRED, State.AWAITING_APPROVAL})
NO_PORTAL_USER = "no longer a portal user"
ACCOUNT_CLOSED = "the account was closed"


async def after(tx: AsyncConnection, ring: KeyRing, actor: Actor, office: str, book: Book) -> list[UUID]:
    """Take back what the rows in the book left without a reason; the invitations that were touched."""
    touched: list[UUID] = []
    for firm in book.closed.values():
        touched += await of_account(tx, ring, actor, office, firm)
    if book.barred:
        # Of those whom staff made a portal user at this very moment, nothing is taken back.
        barred = select(c.id).where(c.id.in_(list(book.barred)), c.is_portal_user.is_(False)).order_by(c.id)
        for contact_id in (await tx.execute(barred)).scalars().all():
            detail = {"office": office, "changed": ["is_portal_user"]}
            await audit.record(tx, Event.CONTACT_SET, actor, subject_id=contact_id, detail=detail)
            touched += await of_contact(tx, ring, actor, contact_id)
    return touched


async def of_contact(tx: AsyncConnection, ring: KeyRing, actor: Actor, contact_id: UUID) -> list[UUID]:
    """Revoke what is open of somebody who is no portal user any more."""
    found = await open_of_contact(tx, contact_id)
    said = {"contact": str(contact_id), "reason": NO_PORTAL_USER}
    return [each for each in found if await _revoke(tx, ring, actor, each, Event.CONTACT_SET, said)]


async def open_of_contact(tx: AsyncConnection, contact_id: UUID) -> Sequence[UUID]:
    """Those made for the contact, and those sent to one of its addresses before it was known."""
    by_email = or_(*(i.address_key == key for key in (c.email_key, c.portal_email_key)))
    by_phone = and_(i.address_key == c.phone_key, or_(i.other_key.is_(None), c.email_key.is_(None)))
    same = and_(i.office == c.office, or_(i.contact_id == c.id, and_(i.contact_id.is_(None), or_(by_email, by_phone))))
    query = select(i.id).select_from(t.invitations.join(t.contacts, same)).where(c.id == contact_id)
    found = await tx.execute(query.where(i.state.in_(OPEN), i.closed_at.is_(None)).order_by(i.id))
    return found.scalars().all()


async def of_account(tx: AsyncConnection, ring: KeyRing, actor: Actor, office: str, firm: Firm) -> list[UUID]:
    """Revoke what is open of a closed account; an invitation to other accounts too goes on without this one."""
    of_it = select(i.id).join(t.invitation_accounts, link.invitation_id == i.id).where(link.account_id == firm.id)
    found = await tx.execute(of_it.where(i.state.in_(OPEN), i.closed_at.is_(None)).order_by(i.id))
    touched = []
    for invitation_id in found.scalars().all():
        said = {"account": firm.code, "reason": ACCOUNT_CLOSED}
        if await _goes_on(tx, invitation_id):
            is_touched = await _leave_out(tx, actor, invitation_id, firm, said)
        else:
            is_touched = await _revoke(tx, ring, actor, invitation_id, Event.ACCOUNT_CLOSED, said)
        touched += [invitation_id] if is_touched else []
    detail = {"office": office, "code": firm.code, "invitations": len(touched)}
    await audit.record(tx, Event.ACCOUNT_CLOSED, actor, subject_id=firm.id, detail=detail)
    return touched


async def _goes_on(tx: AsyncConnection, invitation_id: UUID) -> bool:
    """True where another account of the invitation is open."""
    others = select(a.id).join(t.invitation_accounts, link.account_id == a.id)
    query = others.where(link.invitation_id == invitation_id, a.closed_at.is_(None)).limit(1)
    return (await tx.execute(query)).first() is not None


async def _leave_out(
    tx: AsyncConnection, actor: Actor, invitation_id: UUID, firm: Firm, said: Mapping[str, object]
) -> bool:
    await locks.of_invitation(tx, invitation_id)
    if not await change(tx, invitation_id, UNDECIDED, i.closed_at.is_(None)):
        return False
    gone = delete(t.invitation_accounts).where(link.invitation_id == invitation_id, link.account_id == firm.id)
    await tx.execute(gone)
    await audit.record(tx, Event.ACCOUNT_CLOSED, actor, subject_id=invitation_id, detail=said)
    return True


async def _revoke(
    tx: AsyncConnection, ring: KeyRing, actor: Actor, invitation_id: UUID, why: Event, said: Mapping[str, object]
) -> bool:
    """Revoke it, unless it was approved at this very moment: whoever is in is suspended, not revoked."""
    invitation = await locks.of_invitation(tx, invitation_id)
    if invitation.state not in UNDECIDED or invitation.closed_at is not None:
        return False
    await audit.record(tx, why, actor, subject_id=invitation_id, detail=said)
    await deciding.revoke(tx, ring, Order(Command.REVOKE, invitation_id, actor, reason=str(said["reason"])))
    return True
