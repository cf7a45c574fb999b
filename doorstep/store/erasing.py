"""Erasure: what tells of a person goes, what happened and when stays as a tombstone (T34).

Temporal holds ids and states alone, so there is nothing to erase there.
"""

from uuid import UUID

from sqlalchemy import and_, delete, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.errors import Conflict
from doorstep.domain.events import Event
from doorstep.domain.invitation import Invitation
from doorstep.domain.states import State
from doorstep.security.links import KeyRing
from doorstep.store import audit, users
from doorstep.store import tables as t
from doorstep.store.audit import CLOCK, Actor
from doorstep.store.orders import Order, change, get

i = t.invitations.c
d = t.deliveries.c
NOBODY = "erased"
AT_ONCE = 100
UNANSWERED = (State.DRAFT, State.EXPIRED, State.DECLINED, State.REVOKED)


async def erase(tx: AsyncConnection, _ring: KeyRing, order: Order) -> None:
    """Erase the person of an invitation, in whatever state it is, with the user that it made.

    Raises:
        Conflict: `erased_already`.
    """
    invitation = await get(tx, order.invitation_id, for_update=True)
    if invitation.state is State.ERASED:
        raise Conflict("erased_already", "This invitation is erased already.")
    await _erase(tx, order.actor, invitation)


async def _erase(tx: AsyncConnection, actor: Actor, invitation: Invitation) -> None:
    names = [a for a, _ in invitation.ways()] + [k for _, k in invitation.ways()] + [invitation.username]
    user = None if invitation.user_id is None else await users.by_id(tx, invitation.user_id)
    texts = dict.fromkeys(("address", "address_key", "name", "username", "decision_note"), "")
    blank = dict.fromkeys(("other_address", "other_key", "user_id", "contact_id", "idempotency_key"))
    blank |= {"idempotency_hash": None}
    await change(tx, invitation.id, frozenset({invitation.state}), state=State.ERASED, attention=[], **texts, **blank)
    await forget_subject(tx, invitation.id, names)
    await tx.execute(delete(t.links).where(t.links.c.subject_id == invitation.id))
    if user is not None and not await _is_wanted(tx, user.id, invitation):
        await erase_user(tx, user.id, [user.username, user.email, user.phone])
    await audit.record(tx, Event.ERASED, actor, subject_id=invitation.id)


async def erase_row(tx: AsyncConnection, actor: Actor, invitation_id: UUID) -> None:
    """Erase one invitation of somebody who is erased as a whole."""
    await _erase(tx, actor, await get(tx, invitation_id, for_update=True))


async def _is_wanted(tx: AsyncConnection, user_id: UUID, invitation: Invitation) -> bool:
    """True while the user belongs somewhere else than to this invitation."""
    m = t.memberships.c
    await tx.execute(delete(t.memberships).where(m.user_id == user_id, m.invitation_id == invitation.id))
    elsewhere = exists().where(m.user_id == user_id)
    awaited = exists().where(i.user_id == user_id, i.state.in_((State.AWAITING_APPROVAL, State.APPROVED)))
    return bool((await tx.execute(select(or_(elsewhere, awaited)))).scalar_one())


async def erase_user(tx: AsyncConnection, user_id: UUID, names: list[str]) -> None:
    """Erase a user: logins, sessions, memberships, requests for passwords, and who they were in the records."""
    p = t.password_links.c
    requests = (await tx.execute(select(p.id).where(p.user_id == user_id))).scalars().all()
    for request in requests:
        await forget_subject(tx, request, names)
    await tx.execute(delete(t.links).where(t.links.c.subject_id.in_(requests)))
    await tx.execute(t.password_links.update().where(p.id.in_(requests)).values(asked_key="", state="moot"))
    await forget_subject(tx, user_id, names)
    await tx.execute(delete(t.users).where(t.users.c.id == user_id))


async def forget_subject(tx: AsyncConnection, subject_id: UUID, names: list[str]) -> None:
    """Blank the outbox and the records of one subject."""
    theirs = t.deliveries.update().where(d.subject_id == subject_id)
    # One row a recipient: the key stays unique, and tells nothing.
    blank = {"recipient": "", "recipient_key": func.concat(NOBODY, "-", d.id), "facts": {}}
    await tx.execute(theirs.values(**blank))
    unsent = theirs.where(or_(d.status == "queued", d.status == "deferred"))
    await tx.execute(unsent.values(status="failed", cause=NOBODY, is_attempt_open=False))
    await audit.forget(tx, subject_id, names)


async def purge(tx: AsyncConnection) -> int:
    """Erase unanswered invitations that are older than their office keeps them now; how many there were.

    Their workflows have come to an end, so nobody need hear of it.
    """
    p, o = t.policies.c, t.offices.c
    is_over = or_(i.state != State.EXPIRED, i.closed_at.is_not(None))
    is_old = and_(p.retention.is_not(None), i.changed_at < func.now() - p.retention)
    present = t.invitations.join(t.offices, o.code == i.office).join(t.policies, p.id == o.policy_id)
    query = select(i.id).select_from(present).where(i.state.in_(UNANSWERED), is_over, is_old)
    due = query.order_by(i.changed_at).limit(AT_ONCE).with_for_update(of=t.invitations, skip_locked=True)
    found = (await tx.execute(due)).scalars().all()
    for identifier in found:
        await _erase(tx, CLOCK, await get(tx, identifier, for_update=True))
    await tx.execute(t.invitations.update().where(i.id.in_(found)).values(seen_rev=i.rev))
    return len(found)
