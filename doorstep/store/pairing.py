"""Way A: a login pair made directly, without invitation and without approval (S4.6-S4.15)."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from doorstep.domain.authority import Right, require_grants
from doorstep.domain.events import Event
from doorstep.domain.pairs import staff_permissions, staff_username
from doorstep.domain.permissions import permissions_of
from doorstep.domain.requests import NewPair
from doorstep.store import asking, audit, authority, offices, password_links, places, users
from doorstep.store import tables as t
from doorstep.store.audit import Actor
from doorstep.store.users import User, username_key, username_taken

u = t.users.c


async def add(tx: AsyncConnection, actor: Actor, new: NewPair) -> tuple[User, User, UUID]:
    """Make the management and the staff login, and ask for the link to their passwords; the id of that request.

    Raises:
        Refused: unknown office, account, role or template; not allowed; `username_taken`.
    """
    office = await offices.get(tx, new.office)
    accounts = await asking.account_ids(tx, office, [new.account])
    who = await authority.of(tx, actor, office.code)
    asking.require_reach(who, Right.ADD_USER, office, accounts)
    await asking.require_template(tx, office, new.template)
    granted = permissions_of(new.roles or ((REP_ROLE,) if new.relationship == "rep" else ()))
    require_grants(who, granted)
    management, staff = await _logins(tx, new)
    for user, permissions in ((management, granted), (staff, staff_permissions(granted))):
        await _join(tx, user, new, accounts[0], sorted(permissions))
    request: UUID = uuid7()
    await password_links.insert_first(tx, request, management, office.code, new.template)
    detail = {"office": office.code, "relationship": new.relationship, "granted": sorted(granted)}
    await audit.record(tx, Event.USER_ADDED, actor, subject_id=management, detail=detail)
    return await _made(tx, management), await _made(tx, staff), request


REP_ROLE = "rep"


async def _logins(tx: AsyncConnection, new: NewPair) -> tuple[UUID, UUID]:
    """The ids of the two users; names are given out one at a time, so that `S2` follows `S` under concurrency too."""
    await places.lock_people(tx, "username", [username_key(new.username)])
    key = username_key(new.username)
    alike = select(u.username_key).where(u.username_key.startswith(key, autoescape=True))
    taken = set((await tx.execute(alike)).scalars())
    if key in taken:
        raise username_taken()
    management: UUID = uuid7()
    staff: UUID = uuid7()
    await _insert(tx, management, new.username, new, None)
    name = staff_username(new.username, taken)
    if not await _insert(tx, staff, name, new, management):
        raise username_taken()  # somebody set up a user of that very name at this moment; the next try finds another
    return management, staff


async def _insert(tx: AsyncConnection, user_id: UUID, username: str, new: NewPair, pair: UUID | None) -> bool:
    values = {
        "id": user_id,
        "username": username,
        "username_key": username_key(username),
        "password_hash": None,
        "state": "setup_pending",
        "name": new.name,
        "email": new.email.typed,
        "email_key": new.email.key,
        "pair_id": pair,
        "is_test": new.is_test,
    }
    made = await tx.execute(insert(t.users).values(**values).on_conflict_do_nothing())
    if made.rowcount == 0 and pair is None:
        raise username_taken()
    return made.rowcount == 1


async def _join(tx: AsyncConnection, user: UUID, new: NewPair, account: UUID, permissions: list[str]) -> None:
    row = {"id": uuid7(), "user_id": user, "office": new.office, "account_id": account, "permissions": permissions}
    await tx.execute(t.memberships.insert().values(**row, relationship=new.relationship))


async def _made(tx: AsyncConnection, user_id: UUID) -> User:
    found = await users.by_id(tx, user_id)
    if found is None:
        raise LookupError("the user that was just made is gone")
    return found
