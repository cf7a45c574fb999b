"""Erasure: what tells of a person goes, what happened and when stays as a tombstone (T34).

Temporal holds ids and states alone, so there is nothing to erase there.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import and_, case, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.errors import Conflict
from doorstep.domain.events import Event
from doorstep.domain.invitation import Invitation
from doorstep.domain.states import State
from doorstep.security.links import KeyRing
from doorstep.store import audit, batch_forgetting, belonging, deliveries, kept_answers, users
from doorstep.store import tables as t
from doorstep.store.audit import Actor
from doorstep.store.orders import Order, change, get
from doorstep.store.users import username_key

d = t.deliveries.c
p = t.password_links.c
u = t.users.c
NOBODY = "erased"


async def erase(tx: AsyncConnection, _ring: KeyRing, order: Order) -> None:
    """Erase the person of an invitation, in whatever state it is, with the user that it made.

    Raises:
        Conflict: `erased_already`.
    """
    invitation = await get(tx, order.invitation_id, for_update=True)
    if invitation.state is State.ERASED:
        raise Conflict("erased_already", "This invitation is erased already.")
    await erase_row(tx, order.actor, invitation)


async def erase_row(tx: AsyncConnection, actor: Actor, invitation: Invitation) -> None:
    """Erase one invitation, whose row is locked; its user too, unless they belong elsewhere."""
    names = {name for way in invitation.ways() for name in way} | {invitation.username}
    texts = dict.fromkeys(("address", "address_key", "name", "username", "decision_note"), "")
    blank = dict.fromkeys(
        ("other_address", "other_key", "user_id", "contact_id", "idempotency_key", "idempotency_hash")
    )
    await change(tx, invitation.id, frozenset({invitation.state}), state=State.ERASED, attention=[], **texts, **blank)
    await _forget_requests(tx, (), names)
    await batch_forgetting.forget_person(tx, invitation)
    await _forget_subjects(tx, [invitation.id], names)
    if invitation.user_id is not None and not await _is_wanted(tx, invitation.user_id, invitation):
        await erase_user(tx, invitation.user_id)
    await audit.record(tx, Event.ERASED, actor, subject_id=invitation.id)


async def _is_wanted(tx: AsyncConnection, user_id: UUID, invitation: Invitation) -> bool:
    """True while the user belongs somewhere else than to this invitation, or waits elsewhere."""
    await users.lock(tx, user_id)
    if invitation.state is State.ACTIVE:
        await belonging.leave(tx, invitation)
    wanted = exists().where(u.id == user_id, belonging.is_wanted(besides=invitation.id))
    return bool((await tx.execute(select(wanted))).scalar_one())


async def erase_user(tx: AsyncConnection, user_id: UUID) -> None:
    """Erase a user with the staff login of the pair: all that hangs on them, and who they were in the records."""
    columns = (u.username, u.email, u.email_key, u.phone, u.phone_key)
    query = select(u.id, *columns).where(or_(u.id == user_id, u.pair_id == user_id))
    logins = (await tx.execute(query)).all()
    ids = [row[0] for row in logins]
    names = {name for row in logins for name in row[1:]}
    await _forget_requests(tx, ids, names)
    await _forget_subjects(tx, ids, names)
    await tx.execute(delete(t.users).where(u.id.in_(ids)))


async def _forget_requests(tx: AsyncConnection, user_ids: Sequence[UUID], names: Collection[str]) -> None:
    """Blank the requests for a password: those of the users, and those of nobody that name one of `names`."""
    asked = {username_key(name) for name in names} - {""}
    theirs = or_(p.user_id.in_(user_ids), and_(p.user_id.is_(None), p.asked_key.in_(asked)))
    found = (await tx.execute(select(p.id).where(theirs))).scalars().all()
    state = case((p.state.in_(("asked", "sent")), "moot"), else_=p.state)
    await tx.execute(update(t.password_links).where(p.id.in_(found)).values(asked_key="", state=state))
    await _forget_subjects(tx, found, names)


async def _forget_subjects(tx: AsyncConnection, subjects: Sequence[UUID], names: Collection[str]) -> None:
    """Blank the outbox and the records of some subjects, and take away their links."""
    theirs = t.deliveries.update().where(d.subject_id.in_(subjects))
    await tx.execute(theirs.where(deliveries.UNSENT).values(status="failed", cause=NOBODY, is_attempt_open=False))
    # One row a recipient: the key stays unique, and tells nothing.
    blank = {"recipient": "", "recipient_key": func.concat(NOBODY, "-", d.id), "facts": {}}
    await tx.execute(theirs.values(**blank))
    await tx.execute(delete(t.links).where(t.links.c.subject_id.in_(subjects)))
    await kept_answers.forget(tx, subjects)
    for subject in subjects:
        await audit.forget(tx, subject, names)
