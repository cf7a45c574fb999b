"""One user as staff look after them: what belongs to them, and what whoever looks may do about it (S4.19)."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import Right
from doorstep.store import users
from doorstep.store.audit import Actor
from doorstep.store.reach import Reached, belongings, no_such_user, reach_over
from doorstep.store.users import Membership, User


@dataclass(frozen=True)
class UserView:
    """A user with what is in sight of them.

    `offices` are those in which anything of theirs is in sight. `may_grant` has the memberships that whoever looks may
    change, by their ids, with what may be granted there (None: everything). `may_move`: suspend, resume; `may_leave`:
    delete, or take out of some offices, and mail a link for a password. `is_whole`: nothing of the user lies beyond.
    """

    user: User
    memberships: tuple[Membership, ...]
    waits_in: tuple[UUID, ...]
    offices: tuple[str, ...]
    may_grant: Mapping[UUID, frozenset[str] | None]
    may_move: bool
    may_leave: bool
    may_erase: bool
    is_whole: bool


async def view(tx: AsyncConnection, actor: Actor, user_id: UUID) -> UserView:
    """A user in sight.

    Raises:
        NotFound: `no_such_user`.
    """
    user = await users.by_id(tx, user_id)
    if user is None:
        raise no_such_user()
    theirs = await belongings(tx, user_id)
    reach = await reach_over(tx, actor, theirs)
    offices = reach.in_sight()
    shown = tuple(each for each in await users.memberships(tx, user_id) if reach.sees(each.office, each.account_id))
    may_leave = actor.is_trusted or bool(reach.offices(Right.USERS))
    return UserView(
        user,
        shown,
        tuple(sorted(each for each, office in theirs.waits_in.items() if office in offices)),
        tuple(offices),
        {each.id: _grants(reach, each) for each in shown if each.id and _may_change(reach, each)},
        may_move=may_leave and reach.is_whole(Right.USERS),
        may_leave=may_leave,
        may_erase=actor.is_trusted or bool(reach.offices(Right.ERASE)),
        is_whole=reach.is_whole(Right.SEE),
    )


def _may_change(reach: Reached, each: Membership) -> bool:
    return reach.covers(Right.USERS, each.office, each.account_id)


def _grants(reach: Reached, each: Membership) -> frozenset[str] | None:
    return reach.authority(each.office).may_grant
