"""Way A: a login pair made directly, without invitation and without approval (S4.6-S4.15)."""

from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from doorstep.domain.authority import Right, require_grants
from doorstep.domain.events import Event
from doorstep.domain.pairs import staff_permissions, staff_username
from doorstep.domain.permissions import permissions_of
from doorstep.domain.requests import NewPair
from doorstep.store import asking, audit, offices, password_links, users
from doorstep.store import tables as t
from doorstep.store.audit import Actor
from doorstep.store.users import User, username_key, username_taken

REP = "rep"
"""The relationship of a rep, and the role that a rep is given where none is named."""


async def add(tx: AsyncConnection, actor: Actor, new: NewPair) -> tuple[User, User, UUID]:
    """Make the management and the staff login, and ask for the link to their passwords; the id of that request.

    Raises:
        Refused: unknown office, account, role or template; not allowed; `username_taken`.
    """
    office = await offices.get(tx, new.office)
    who, accounts = await asking.accounts_for(tx, actor, Right.ADD_USER, office, [new.account])
    await asking.require_template(tx, office, new.template)
    roles = new.roles or ((REP,) if new.relationship == REP else ())
    granted = permissions_of(roles, await asking.groups_for(tx, office.code, roles))
    require_grants(who, granted)
    management, staff = await _logins(tx, new)
    for user_id, permissions in ((management, granted), (staff, staff_permissions(granted))):
        await _join(tx, user_id, new, accounts[0], sorted(permissions))
    request: UUID = uuid7()
    await password_links.insert_first(tx, request, management, office.code, new.template)
    detail = {"office": office.code, "relationship": new.relationship, "granted": sorted(granted)}
    await audit.record(tx, Event.USER_ADDED, actor, subject_id=management, detail=detail)
    return await _made(tx, management), await _made(tx, staff), request


async def _logins(tx: AsyncConnection, new: NewPair) -> tuple[UUID, UUID]:
    """The ids of the two users; whose name is the first to be written has it, whoever asked first."""
    management: UUID = uuid7()
    staff: UUID = uuid7()
    if not await _insert(tx, management, new.username, new, None):
        raise username_taken()
    taken: set[str] = set()
    while not await _insert(tx, staff, name := staff_username(new.username, taken), new, management):
        taken.add(username_key(name))
    return management, staff


async def _insert(tx: AsyncConnection, user_id: UUID, username: str, new: NewPair, pair: UUID | None) -> bool:
    """False where somebody has the name; waits for whoever is about to have it."""
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
    # SQLAlchemy counts no rows of an insert, so what was made is asked for.
    made = insert(t.users).values(**values).on_conflict_do_nothing().returning(t.users.c.id)
    return (await tx.execute(made)).one_or_none() is not None


async def _join(tx: AsyncConnection, user_id: UUID, new: NewPair, account: UUID, permissions: list[str]) -> None:
    row = {"id": uuid7(), "user_id": user_id, "office": new.office, "account_id": account, "permissions": permissions}
    await tx.execute(t.memberships.insert().values(**row, relationship=new.relationship))


async def _made(tx: AsyncConnection, user_id: UUID) -> User:
    found = await users.by_id(tx, user_id)
    if found is None:
        raise LookupError("the user that was just made is gone")
    return found
