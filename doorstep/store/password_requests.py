"""A link to a new password that staff ask for: it goes to the user's own address, and nobody else sees it (T30)."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import Right
from doorstep.domain.errors import Conflict
from doorstep.domain.events import Event
from doorstep.store import audit, password_links, people
from doorstep.store.audit import Actor
from doorstep.store.recovering import CAN_SET
from doorstep.store.users import username_key


async def ask(tx: AsyncConnection, actor: Actor, username: str, identifier: UUID) -> None:
    """Note that a user needs a link to a new password; the same as if they had asked for it themselves.

    Raises:
        NotFound: `no_such_user`; Forbidden: `not_allowed`, `belongs_elsewhere`; Conflict: `cannot_sign_in`.
    """
    member, reach = await people.reach(tx, actor, username, for_update=True)
    offices = reach.require_some(Right.USERS)
    if member.user.state not in CAN_SET:
        state = member.user.state.replace("_", " ")
        raise Conflict("cannot_sign_in", f"A new password would not let this user in; the user is {state}.")
    await password_links.insert(tx, identifier, username_key(member.user.username))
    detail = {"offices": sorted(offices)}
    await audit.record(tx, Event.PASSWORD_RESET_ASKED, actor, subject_id=member.user.id, detail=detail)
