"""Erasing a user as a whole: the login, and every invitation of that person, as far as the eraser reaches (T34)."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import Right
from doorstep.domain.errors import Conflict
from doorstep.domain.events import Event
from doorstep.domain.invitation import Invitation
from doorstep.domain.states import State
from doorstep.store import audit, erasing, people, users
from doorstep.store import tables as t
from doorstep.store.audit import Actor
from doorstep.store.orders import get

i = t.invitations.c
u = t.users.c


async def erase(tx: AsyncConnection, actor: Actor, username: str) -> list[Invitation]:
    """Erase a user, and who they were in the records; the invitations erased with them, whose workflows end.

    Whoever belongs to an office beyond the reach of `actor` too is erased from the others alone.

    Raises:
        NotFound: `no_such_user`; Forbidden: `not_allowed`, `belongs_elsewhere`; Conflict: `awaiting_decision`.
    """
    member, sight = await people.reach(tx, actor, username, for_update=True)
    left = sight.require_some(Right.ERASE)
    if member.waits_in:
        sentence = "This user waits for a decision; erase the invitation instead: doorstep erase"
        raise Conflict("awaiting_decision", f"{sentence} {member.waits_in[0]}")
    user_id = member.user.id
    theirs = await _invitations(tx, user_id, None if actor.is_trusted else left)
    for identifier in theirs:
        await erasing.erase_row(tx, actor, await get(tx, identifier, for_update=True))
    if not sight.is_whole(Right.ERASE):
        await people.leave(tx, user_id, left)
    elif await users.by_id(tx, user_id) is not None:
        await erasing.erase_user(tx, user_id)
    await audit.record(tx, Event.USER_ERASED, actor, subject_id=user_id, detail={"offices": sorted(left)})
    return [await get(tx, identifier) for identifier in theirs]


async def _invitations(tx: AsyncConnection, user_id: UUID, offices: Sequence[str] | None) -> list[UUID]:
    """The invitations of a user; those that never led to one too, where the address is nobody else's (S4.17)."""
    keys = select(u.email_key, u.phone_key).where(u.id == user_id)
    known = {key for row in await tx.execute(keys) for key in row if key}
    same: ColumnElement[bool] = or_(u.email_key.in_(known), u.phone_key.in_(known))
    others = exists().where(same, u.id != user_id, u.pair_id.is_distinct_from(user_id))
    never_led = and_(i.user_id.is_(None), or_(i.address_key.in_(known), i.other_key.in_(known)), ~others)
    wanted = [or_(i.user_id == user_id, never_led), i.state != State.ERASED]
    if offices is not None:
        wanted.append(i.office.in_(offices))
    return list((await tx.execute(select(i.id).where(*wanted).order_by(i.id))).scalars())
