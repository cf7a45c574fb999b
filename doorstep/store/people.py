"""Users as staff look after them: listed, suspended, resumed, deleted, and what they may use (S4.19, S4.47)."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import NOTHING, Authority, Right, not_staff, require, require_grants
from doorstep.domain.errors import Conflict, NotFound
from doorstep.domain.events import Event
from doorstep.domain.pairs import staff_permissions
from doorstep.domain.permissions import checked_permissions
from doorstep.domain.states import State
from doorstep.store import asking, audit, authority, erasing, offices, password_links, sessions, users
from doorstep.store import tables as t
from doorstep.store.audit import Actor
from doorstep.store.users import Membership, User, username_key

u = t.users.c
m = t.memberships.c
i = t.invitations.c


@dataclass(frozen=True)
class Member:
    """A user with what they belong to in one office; `waits_in` are the invitations that wait for a decision there."""

    user: User
    memberships: tuple[Membership, ...]
    waits_in: tuple[UUID, ...] = ()

    @property
    def accounts(self) -> list[UUID]:
        """The accounts that they belong to."""
        return [each.account_id for each in self.memberships if each.account_id is not None]


def no_such_user() -> NotFound:
    """The one answer for a user who is unknown or out of sight."""
    return NotFound("no_such_user", "There is no such user.")


async def get(tx: AsyncConnection, actor: Actor, username: str, right: Right = Right.SEE) -> Member:
    """A user whom `actor` may see, and do `right` to, by one of the offices that the user belongs to.

    Raises:
        NotFound: `no_such_user`; Forbidden: not allowed.
    """
    found = await users.by_username(tx, username)
    if found is None:
        raise no_such_user()
    member = await _member(tx, found[0])
    places = {each.office for each in member.memberships} | set(await _invited_by(tx, member.user.id))
    for office in sorted(places):
        who = await authority.of(tx, actor, office)
        if who.covers(Right.SEE, member.accounts):
            require(who, right, member.accounts, no_such_user())
            return member
    if actor.is_trusted:
        return member
    raise no_such_user()


async def _member(tx: AsyncConnection, user: User) -> Member:
    return (await _members(tx, [user]))[0]


async def _members(tx: AsyncConnection, found: Sequence[User]) -> list[Member]:
    """Users with what belongs to them, in two queries however many they are."""
    ids = [user.id for user in found]
    belongs = await users.memberships_of(tx, ids)
    waiting = select(i.user_id, i.id).where(i.user_id.in_(ids), i.state.in_((State.AWAITING_APPROVAL, State.APPROVED)))
    waits: dict[UUID, list[UUID]] = {}
    for user_id, invitation_id in await tx.execute(waiting):
        waits.setdefault(user_id, []).append(invitation_id)
    return [Member(user, tuple(belongs.get(user.id, ())), tuple(waits.get(user.id, ()))) for user in found]


async def _invited_by(tx: AsyncConnection, user_id: UUID) -> Sequence[str]:
    return (await tx.execute(select(i.office).where(i.user_id == user_id).distinct())).scalars().all()


async def listed(tx: AsyncConnection, actor: Actor, office: str, *, state: str | None, limit: int) -> list[Member]:
    """The users of an office, in order of username, as far as `actor` sees them."""
    await offices.get(tx, office)
    who = await authority.of(tx, actor, office)
    if who is NOTHING:
        raise not_staff()
    wanted = [_of_office(office), *_in_sight(who)]
    if state is not None:
        wanted.append(u.state == state)
    return await _members(tx, await users.found(tx, *wanted, limit=limit))


def _of_office(office: str) -> ColumnElement[bool]:
    belongs = exists().where(m.user_id == u.id, m.office == office)
    waits = exists().where(i.user_id == u.id, i.office == office)
    return or_(belongs, waits)


def _in_sight(who: Authority) -> list[ColumnElement[bool]]:
    return [] if who.sees_all else [exists().where(m.user_id == u.id, m.account_id.in_(who.accounts))]


async def seats(tx: AsyncConnection, office: str) -> int:
    """How many seats an office uses: every username from set-up until it is deleted, rehearsals left out (S4.47)."""
    query = select(func.count()).select_from(t.users).where(_of_office(office), ~u.is_test)
    count: int = (await tx.execute(query)).scalar_one()
    return count


async def suspend(tx: AsyncConnection, actor: Actor, username: str) -> Member:
    """Shut an active user out at once, until resumed (T24).

    Raises:
        NotFound, Forbidden: see `get`; Conflict: `not_active`.
    """
    member = await get(tx, actor, username, Right.USERS)
    await _move(tx, member.user, "active", "suspended")
    await sessions.end_all(tx, member.user.id)
    await password_links.end_all(tx, member.user.id)
    await audit.record(tx, Event.USER_SUSPENDED, actor, subject_id=member.user.id)
    return await get(tx, actor, username)


async def resume(tx: AsyncConnection, actor: Actor, username: str) -> Member:
    """Let a suspended user in again, with the same password.

    Raises:
        NotFound, Forbidden: see `get`; Conflict: `not_suspended`.
    """
    member = await get(tx, actor, username, Right.USERS)
    await _move(tx, member.user, "suspended", "active")
    await audit.record(tx, Event.USER_RESUMED, actor, subject_id=member.user.id)
    return await get(tx, actor, username)


async def _move(tx: AsyncConnection, user: User, before: str, after: str) -> None:
    moved = await tx.execute(update(t.users).where(u.id == user.id, u.state == before).values(state=after))
    if moved.rowcount != 1:
        state = user.state.replace("_", " ")
        raise Conflict(f"not_{before}", f"That takes a user who is {before}; this one is {state}.")


async def remove(tx: AsyncConnection, actor: Actor, username: str) -> Member:
    """Delete a user for good, which frees the seat; one who waits for a decision is rejected instead (S4.46).

    Raises:
        NotFound, Forbidden: see `get`; Conflict: `awaiting_decision`.
    """
    member = await get(tx, actor, username, Right.USERS)
    if member.waits_in:
        sentence = "This user waits for a decision. Reject the invitation, which deletes the user too: doorstep reject"
        raise Conflict("awaiting_decision", f"{sentence} {member.waits_in[0]}")
    await audit.record(tx, Event.USER_DELETED, actor, subject_id=member.user.id)
    await tx.execute(delete(t.users).where(u.id == member.user.id))
    return member


async def set_permissions(
    tx: AsyncConnection, actor: Actor, username: str, permissions: Sequence[str], account: str | None
) -> Member:
    """Replace what a user may use, on one account or on all of theirs that `actor` reaches (S4.19).

    A staff login never gets what it must not see, whoever asks (S4.11).

    Raises:
        Refused: see `get`; `unknown_permission`; `unknown_account`; `grant_not_allowed`.
    """
    member = await get(tx, actor, username, Right.USERS)
    granted = checked_permissions(permissions)
    if member.user.pair_id is not None:
        granted = staff_permissions(granted)
    chosen = [each for each in member.memberships if account is None or each.account_code == account]
    if not chosen:
        raise asking.unknown_account(member.memberships[0].office if member.memberships else "", [account or ""])
    for office in {each.office for each in chosen}:
        require_grants(await authority.require_in_office(tx, actor, office, Right.USERS), granted)
    for each in chosen:
        same = m.account_id.is_not_distinct_from(each.account_id)
        row = t.memberships.update().where(m.user_id == member.user.id, m.office == each.office, same)
        await tx.execute(row.values(permissions=sorted(granted)))
    await sessions.end_all(tx, member.user.id)
    detail = {"granted": sorted(granted), "accounts": [each.account_code for each in chosen]}
    await audit.record(tx, Event.PERMISSIONS_SET, actor, subject_id=member.user.id, detail=detail)
    return await get(tx, actor, username)


async def erase(tx: AsyncConnection, actor: Actor, username: str) -> None:
    """Erase a user, and who they were in the records (T34); the rows of their invitations are erased by themselves.

    Raises:
        NotFound, Forbidden: see `get`; Conflict: `awaiting_decision`.
    """
    member = await get(tx, actor, username, Right.ERASE)
    if member.waits_in:
        sentence = "This user waits for a decision; erase the invitation instead: doorstep erase"
        raise Conflict("awaiting_decision", f"{sentence} {member.waits_in[0]}")
    names = [member.user.username, username_key(member.user.username), member.user.email, member.user.phone]
    theirs = (await tx.execute(select(i.id).where(i.user_id == member.user.id))).scalars().all()
    for identifier in theirs:
        await erasing.erase_row(tx, actor, identifier)
    if await users.by_id(tx, member.user.id) is not None:
        await erasing.erase_user(tx, member.user.id, names)
    await audit.record(tx, Event.USER_ERASED, actor, subject_id=member.user.id)
