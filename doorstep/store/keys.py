"""API keys: made, listed, revoked, and recognised when a system comes with one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from doorstep.domain.authority import Right
from doorstep.domain.errors import Conflict, NotFound
from doorstep.domain.events import Event
from doorstep.domain.keys import ApiKey, Scope, hint_of, secret_hash
from doorstep.store import audit, authority, locks, offices
from doorstep.store import tables as t
from doorstep.store.audit import Actor

k = t.api_keys.c
NOTED_AFTER = timedelta(minutes=1)
"""How old the hour of the last use may be until it is written again: a busy key does not write at each request."""

COLUMNS = [k[name] for name in ApiKey.__dataclass_fields__]


@dataclass(frozen=True)
class NewKey:
    """What somebody asks for; `expires_in` is None for a key that lasts until it is revoked."""

    office: str
    name: str
    scopes: frozenset[Scope]
    expires_in: timedelta | None


async def add(tx: AsyncConnection, actor: Actor, new: NewKey, secret: str) -> ApiKey:
    """Keep a key, of which `secret` is not kept.

    Raises:
        NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`; Conflict: `key_name_taken`.
    """
    await offices.get(tx, new.office)
    await authority.require_in_office(tx, actor, new.office, Right.SETTINGS)
    await locks.one_by_one(tx, "api_key", [f"{new.office}/{new.name}"])
    taken = select(k.id).where(k.office == new.office, k.name == new.name, authority.is_live())
    if (await tx.execute(taken)).first() is not None:
        sentence = "A key of that name opens this office already. Revoke it first, or choose another name."
        raise Conflict("key_name_taken", sentence)
    values = {
        "id": uuid7(),
        "office": new.office,
        "name": new.name,
        "hint": hint_of(secret),
        "secret_hash": secret_hash(secret),
        "scopes": sorted(new.scopes),
        "created_by": actor.name,
        "expires_at": None if new.expires_in is None else func.now() + new.expires_in,
    }
    row = (await tx.execute(t.api_keys.insert().values(**values).returning(*COLUMNS))).one()
    detail = {"office": new.office, "name": new.name, "scopes": sorted(new.scopes)}
    await audit.record(tx, Event.KEY_MADE, actor, subject_id=row.id, detail=detail)
    return _read(row)


async def of_office(tx: AsyncConnection, actor: Actor, office: str) -> list[ApiKey]:
    """Every key of an office, the newest first, those that open nothing any more among them.

    Raises:
        NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`.
    """
    await offices.get(tx, office)
    await authority.require_in_office(tx, actor, office, Right.SETTINGS)
    query = select(*COLUMNS).where(k.office == office).order_by(k.created_at.desc(), k.id.desc())
    return [_read(row) for row in await tx.execute(query)]


async def revoke(tx: AsyncConnection, actor: Actor, office: str, name_or_id: str) -> ApiKey:
    """End a key, named by its id or its name; its next request is refused.

    Raises:
        NotFound: `no_such_office`, `no_such_key`; Forbidden: `not_staff`, `not_allowed`.
    """
    await offices.get(tx, office)
    await authority.require_in_office(tx, actor, office, Right.SETTINGS)
    named = k.id == UUID(name_or_id) if _is_id(name_or_id) else k.name == name_or_id
    statement = update(t.api_keys).where(k.office == office, k.revoked_at.is_(None), named)
    rows = (await tx.execute(statement.values(revoked_at=func.now()).returning(*COLUMNS))).all()
    if not rows:
        raise NotFound("no_such_key", "There is no such key in this office, or it is revoked already.")
    for row in rows:  # an expired one may have left its name to another
        await audit.record(tx, Event.KEY_REVOKED, actor, subject_id=row.id, detail={"office": office, "name": row.name})
    return max((_read(row) for row in rows), key=lambda key: key.created_at)


async def of_secret(tx: AsyncConnection, secret: str) -> ApiKey | None:
    """The key that opens something now; None for one that is unknown, revoked or expired."""
    query = select(*COLUMNS, _is_to_note().label("is_to_note"))
    row = (await tx.execute(query.where(k.secret_hash == secret_hash(secret), authority.is_live()))).one_or_none()
    if row is None:
        return None
    if row.is_to_note:
        await tx.execute(update(t.api_keys).where(k.id == row.id, _is_to_note()).values(last_used_at=func.now()))
    return _read(row)


def _is_to_note() -> ColumnElement[bool]:
    return or_(k.last_used_at.is_(None), k.last_used_at < func.now() - NOTED_AFTER)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _read(row: object) -> ApiKey:
    values: dict[str, object] = dict(row._mapping)  # type: ignore[attr-defined]  # noqa: SLF001 - SQLAlchemy's documented name
    scopes: Sequence[str] = values["scopes"]  # type: ignore[assignment]
    own = {name: values[name] for name in ApiKey.__dataclass_fields__}
    return ApiKey(**own | {"scopes": frozenset(Scope(each) for each in scopes)})  # type: ignore[arg-type]
