"""Group roles that an office made: kept beside those that come with Doorstep, whose place they may take (S1.11).

What an invitation was asked with stands in its row; nothing here changes that afterwards.
"""

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import Authority, Right, require_grants
from doorstep.domain.events import Event
from doorstep.domain.group_roles import GroupRole, checked_roles, merged, require_removable, require_settable
from doorstep.domain.permissions import permissions_of
from doorstep.store import audit, authority, offices
from doorstep.store import tables as t
from doorstep.store.audit import Actor

g = t.group_roles.c


async def listed(tx: AsyncConnection, actor: Actor, office: str) -> tuple[GroupRole, ...]:
    """The groups of an office by name, for its own people.

    Raises:
        NotFound: `no_such_office`; Forbidden: `not_staff`.
    """
    await offices.get(tx, office)
    await authority.standing(tx, actor, office)
    return tuple((await _groups(tx, office)).values())


async def put(
    tx: AsyncConnection, actor: Actor, office: str, name: str, roles: tuple[str, ...], *, seen: str | None = None
) -> GroupRole:
    """Make or change a group; nobody puts more into one than they may grant (S1.20).

    Raises:
        NotFound: `no_such_office`; Forbidden: not allowed, `grant_not_allowed`; Invalid: `group_empty`,
            `group_in_group`, `unknown_role`, `group_taken`; Conflict: `group_limit`; Changed: `changed_meanwhile`.
    """
    who = await _locked(tx, actor, office)
    groups = await _groups(tx, office)
    chosen = checked_roles(roles, groups)
    require_settable(name, groups, seen)
    require_grants(who, permissions_of(chosen))
    values = {"roles": list(chosen), "changed_at": func.clock_timestamp()}
    row = insert(t.group_roles).values(office=office, name=name, **values)
    kept = row.on_conflict_do_update(index_elements=[g.office, g.name], set_=values).returning(g.changed_at)
    made = GroupRole(name, chosen, is_own=True, changed_at=(await tx.execute(kept)).scalar_one())
    detail = {"office": office, "group": name, "roles": list(chosen)}
    await audit.record(tx, Event.GROUP_SET, actor, subject_id=None, detail=detail)
    return made


async def remove(
    tx: AsyncConnection, actor: Actor, office: str, name: str, *, seen: str | None = None
) -> GroupRole | None:
    """Take a group of the office's own away; answers with the built-in one that comes back, where there is one.

    Raises:
        NotFound: `no_such_office`, `no_such_group`; Forbidden: not allowed, `grant_not_allowed`; Conflict:
            `group_built_in`; Changed: `changed_meanwhile`.
    """
    who = await _locked(tx, actor, office)
    gone = require_removable(name, await _groups(tx, office), seen)
    back = merged(()).get(name)
    require_grants(who, back.permissions if back else ())
    await tx.execute(delete(t.group_roles).where(g.office == office, g.name == name))
    detail = {"office": office, "group": name, "roles": list(gone.roles)}
    await audit.record(tx, Event.GROUP_REMOVED, actor, subject_id=None, detail=detail)
    return back


async def _locked(tx: AsyncConnection, actor: Actor, office: str) -> Authority:
    """Let whoever may change the groups of an office do it, one after the other."""
    await offices.get(tx, office)
    who = await authority.require_in_office(tx, actor, office, Right.SETTINGS)
    await tx.execute(select(t.offices.c.code).where(t.offices.c.code == office).with_for_update())
    return who


async def _groups(tx: AsyncConnection, office: str) -> dict[str, GroupRole]:
    rows = await tx.execute(select(g.name, g.roles, g.changed_at).where(g.office == office))
    return merged(GroupRole(name, tuple(roles), is_own=True, changed_at=at) for name, roles, at in rows)
