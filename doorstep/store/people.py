"""Users as staff look after them: suspended, resumed, deleted, and what they may use (S4.19, S4.47)."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import Right, require_grants
from doorstep.domain.errors import Conflict
from doorstep.domain.events import Event
from doorstep.domain.pairs import staff_permissions
from doorstep.domain.permissions import checked_permissions
from doorstep.domain.states import State
from doorstep.store import asking, audit, deleting, password_links, sessions, users
from doorstep.store import tables as t
from doorstep.store.audit import Actor
from doorstep.store.reach import Reached, belongs_elsewhere, no_such_user, reached
from doorstep.store.users import Membership, User

u = t.users.c
m = t.memberships.c
i = t.invitations.c


@dataclass(frozen=True)
class Member:
    """A user with what they belong to; `waits_in` are the invitations that wait for a decision."""

    user: User
    memberships: tuple[Membership, ...]
    waits_in: tuple[UUID, ...] = ()


async def get(tx: AsyncConnection, actor: Actor, username: str) -> Member:
    """A user whom `actor` may see, with what of theirs `actor` may see.

    Raises:
        NotFound: `no_such_user`.
    """
    return (await reach(tx, actor, username))[0]


async def reach(
    tx: AsyncConnection, actor: Actor, username: str, *, for_update: bool = False
) -> tuple[Member, Reached]:
    """The same, and how far `actor` reaches; with `for_update` nobody else decides about the user meanwhile.

    Raises:
        NotFound: `no_such_user`.
    """
    found = await users.by_username(tx, username)
    if found is None or (for_update and not await users.lock(tx, found[0].id)):
        raise no_such_user()
    sight = await reached(tx, actor, found[0].id)
    return (await members(tx, [found[0]], sight))[0], sight


async def members(tx: AsyncConnection, found: Sequence[User], sight: Reached) -> list[Member]:
    """Users with what is in sight of what belongs to them, in two queries however many they are."""
    ids = [user.id for user in found]
    belongs = await users.memberships_of(tx, ids)
    is_waiting = (i.user_id.in_(ids), i.state.in_((State.AWAITING_APPROVAL, State.APPROVED)))
    query = select(i.user_id, i.id).where(*is_waiting, i.office.in_(sight.in_sight())).order_by(i.id)
    waits: dict[UUID, list[UUID]] = {}
    for user_id, invitation_id in await tx.execute(query):
        waits.setdefault(user_id, []).append(invitation_id)
    return [
        Member(
            user,
            tuple(each for each in belongs.get(user.id, ()) if sight.sees(each.office, each.account_id)),
            tuple(waits.get(user.id, ())),
        )
        for user in found
    ]


async def suspend(tx: AsyncConnection, actor: Actor, username: str) -> Member:
    """Shut an active user out at once, until resumed (T24).

    Raises:
        NotFound: `no_such_user`; Forbidden: `not_allowed`, `belongs_elsewhere`; Conflict: `not_active`.
    """
    return await _move(tx, actor, username, "active", "suspended")


async def resume(tx: AsyncConnection, actor: Actor, username: str) -> Member:
    """Let a suspended user in again, with the same password.

    Raises:
        NotFound: `no_such_user`; Forbidden: `not_allowed`, `belongs_elsewhere`; Conflict: `not_suspended`.
    """
    return await _move(tx, actor, username, "suspended", "active")


async def _move(tx: AsyncConnection, actor: Actor, username: str, before: str, after: str) -> Member:
    member, sight = await reach(tx, actor, username, for_update=True)
    sight.require_whole(Right.USERS)
    user = member.user
    moved = await tx.execute(update(t.users).where(u.id == user.id, u.state == before).values(state=after))
    if moved.rowcount != 1:
        state = user.state.replace("_", " ")
        raise Conflict(f"not_{before}", f"That takes a user who is {before}; this one is {state}.")
    await sessions.end_all(tx, user.id)
    await password_links.end_all(tx, user.id)
    event = Event.USER_SUSPENDED if after == "suspended" else Event.USER_RESUMED
    offices = sorted({each.office for each in member.memberships})
    await audit.record(tx, event, actor, subject_id=user.id, detail={"offices": offices})
    return await get(tx, actor, username)


async def remove(tx: AsyncConnection, actor: Actor, username: str) -> Member:
    """Delete a user, which frees the seat; one who waits for a decision is rejected instead (S4.46).

    Whoever belongs to an office beyond the reach of `actor` too leaves the others alone, and keeps the sign-in.

    Raises:
        NotFound: `no_such_user`; Forbidden: `not_allowed`, `belongs_elsewhere`; Conflict: `awaiting_decision`.
    """
    member, sight = await reach(tx, actor, username, for_update=True)
    left = sight.require_some(Right.USERS)
    if member.waits_in:
        sentence = "This user waits for a decision. Reject the invitation, which deletes the user too: doorstep reject"
        raise Conflict("awaiting_decision", f"{sentence} {member.waits_in[0]}")
    detail = {"offices": sorted(left)}
    await audit.record(tx, Event.USER_DELETED, actor, subject_id=member.user.id, detail=detail)
    if sight.is_whole(Right.USERS):
        await deleting.delete_user(tx, member.user.id)
    else:
        await leave(tx, member.user.id, left)
    return member


async def leave(tx: AsyncConnection, user_id: UUID, left: Sequence[str]) -> None:
    """Take a user, with the staff login of the pair, out of some offices, and end what is open on a screen."""
    logins = select(u.id).where(or_(u.id == user_id, u.pair_id == user_id))
    await tx.execute(delete(t.memberships).where(m.user_id.in_(logins), m.office.in_(left)))
    ended = i.state.not_in((State.AWAITING_APPROVAL, State.APPROVED))
    of_them = update(t.invitations).where(i.user_id.in_(logins), i.office.in_(left), ended)
    await tx.execute(of_them.values(user_id=None))
    await sessions.end_all(tx, user_id)


async def set_permissions(
    tx: AsyncConnection,
    actor: Actor,
    username: str,
    permissions: Sequence[str],
    account: str | None,
    membership: UUID | None = None,
) -> Member:
    """Replace what a user may use, on one account or on all of theirs that `actor` looks after (S4.19).

    `membership` is the one that is meant, of a person who may belong to accounts of several offices.

    A staff login never gets what it must not see, whoever asks (S4.11).

    Raises:
        NotFound: `no_such_user`; Forbidden: `not_allowed`, `belongs_elsewhere`, `grant_not_allowed`;
            Conflict: `no_membership`; Invalid: `unknown_permission`, `unknown_account`.
    """
    member, sight = await reach(tx, actor, username, for_update=True)
    granted = checked_permissions(permissions)
    if member.user.pair_id is not None:
        granted = staff_permissions(granted)
    chosen = _chosen(_named(member, account, membership), sight)
    for office in {each.office for each in chosen}:
        require_grants(sight.authority(office), granted)
    for each in chosen:
        same = m.account_id.is_not_distinct_from(each.account_id)
        row = t.memberships.update().where(m.user_id == member.user.id, m.office == each.office, same)
        await tx.execute(row.values(permissions=sorted(granted)))
    await sessions.end_all(tx, member.user.id)
    detail = {
        "granted": sorted(granted),
        "accounts": [each.account_code for each in chosen],
        "offices": sorted({each.office for each in chosen}),
    }
    await audit.record(tx, Event.PERMISSIONS_SET, actor, subject_id=member.user.id, detail=detail)
    return await get(tx, actor, username)


def _named(member: Member, account: str | None, membership: UUID | None) -> list[Membership]:
    """The memberships that are meant."""
    if not member.memberships:
        sentence = "This user belongs to no account yet; what they may use is decided with the approval."
        raise Conflict("no_membership", sentence)
    if membership is not None:
        named = [each for each in member.memberships if each.id == membership]
        if not named:
            raise Conflict("no_membership", "This user does not belong there any more.")
        return named
    named = [each for each in member.memberships if account is None or each.account_code == account]
    if not named:
        raise asking.unknown_account(member.memberships[0].office, [account or ""])
    return named


def _chosen(named: Sequence[Membership], sight: Reached) -> list[Membership]:
    """Those that `actor` looks after."""
    sight.require_any(Right.USERS)
    chosen = [each for each in named if sight.covers(Right.USERS, each.office, each.account_id)]
    if not chosen:
        raise belongs_elsewhere()
    return chosen
