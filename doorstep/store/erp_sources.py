"""Sources of the ERP's export: what is pulled, from where and when. The row decides; the schedule is made to agree."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from doorstep.domain.authority import Right
from doorstep.domain.erp_sources import Source, Timetable, no_such_source
from doorstep.domain.events import Event
from doorstep.store import audit, authority, offices
from doorstep.store import tables as t
from doorstep.store.audit import Actor

s = t.erp_sources.c
COLUMNS = [s[name] for name in Source.__dataclass_fields__]
AT_ONCE = 100


async def put(tx: AsyncConnection, actor: Actor, office: str, name: str, location: str, timetable: Timetable) -> Source:
    """Make or change a source; one that was removed is there again, a paused one stays paused.

    Raises:
        NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`.
    """
    await require_may_set(tx, actor, office)
    values = {"location": location, "timetable": timetable.text}
    made = insert(t.erp_sources).values(id=uuid7(), office=office, name=name, created_by=actor.name, **values)
    state = func.replace(s.state, "removed", "active")
    changed = {"state": state, "rev": s.rev + 1, "changed_at": func.now()} | values
    merged = made.on_conflict_do_update(index_elements=[s.office, s.name], set_=changed).returning(*COLUMNS)
    source = Source(*(await tx.execute(merged)).one())
    detail = {"office": office, "name": name, "location": location, "timetable": timetable.text}
    await audit.record(tx, Event.ERP_SOURCE_SET, actor, subject_id=source.id, detail=detail)
    return source


async def move(tx: AsyncConnection, actor: Actor, office: str, name: str, state: str) -> Source:
    """Pause, resume or remove a source; one that is there already stays.

    Raises:
        NotFound: `no_such_office`, `no_such_erp_source`; Forbidden: `not_staff`, `not_allowed`.
    """
    await require_may_set(tx, actor, office)
    of = (s.office == office, s.name == name, s.state != "removed")
    moved = t.erp_sources.update().where(*of, s.state != state)
    await tx.execute(moved.values(state=state, rev=s.rev + 1, changed_at=func.now()))
    source = await _one(tx, office, name, includes_removed=state == "removed")
    event = Event.ERP_SOURCE_REMOVED if state == "removed" else Event.ERP_SOURCE_SET
    detail = {"office": office, "name": name, "state": state}
    await audit.record(tx, event, actor, subject_id=source.id, detail=detail)
    return source


async def get(tx: AsyncConnection, actor: Actor, office: str, name: str) -> Source:
    """A source, for whoever may import.

    Raises:
        NotFound: `no_such_office`, `no_such_erp_source`; Forbidden: `not_staff`, `not_allowed`.
    """
    await offices.get(tx, office)
    await authority.require_in_office(tx, actor, office, Right.IMPORT)
    return await _one(tx, office, name)


async def listed(tx: AsyncConnection, actor: Actor, office: str) -> list[Source]:
    """The sources of an office by name, for whoever may import.

    Raises:
        NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`.
    """
    await offices.get(tx, office)
    await authority.require_in_office(tx, actor, office, Right.IMPORT)
    query = select(*COLUMNS).where(s.office == office, s.state != "removed").order_by(s.name)
    return [Source(*row) for row in await tx.execute(query)]


async def require_may_set(tx: AsyncConnection, actor: Actor, office: str) -> None:
    """A source is a setting of the office: it imports by itself, whoever is there.

    Raises:
        NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`.
    """
    await offices.get(tx, office)
    await authority.require_in_office(tx, actor, office, Right.SETTINGS)


async def behind(tx: AsyncConnection, *, older_than: timedelta) -> Sequence[Source]:
    """Those whose schedule may not agree with them yet."""
    query = select(*COLUMNS).where(s.seen_rev < s.rev, s.changed_at < func.now() - older_than)
    return [Source(*row) for row in await tx.execute(query.order_by(s.changed_at).limit(AT_ONCE))]


async def there(tx: AsyncConnection) -> Sequence[Source]:
    """Those that have a schedule, or should."""
    return [Source(*row) for row in await tx.execute(select(*COLUMNS).where(s.state != "removed"))]


async def see(tx: AsyncConnection, source: Source) -> Source | None:
    """Note that the schedule agrees with this revision, if the row has no newer one; the row as it is."""
    seen = t.erp_sources.update().where(s.id == source.id, s.rev == source.rev)
    await tx.execute(seen.values(seen_rev=source.rev))
    row = (await tx.execute(select(*COLUMNS).where(s.id == source.id))).one_or_none()
    return None if row is None else Source(*row)


async def _one(tx: AsyncConnection, office: str, name: str, *, includes_removed: bool = False) -> Source:
    query = select(*COLUMNS).where(s.office == office, s.name == name)
    row = (await tx.execute(query if includes_removed else query.where(s.state != "removed"))).one_or_none()
    if row is None:
        raise no_such_source()
    return Source(*row)


async def by_id(tx: AsyncConnection, source_id: UUID, *, for_update: bool = False) -> Source | None:
    """A source that is not removed, as the workflow asks for it."""
    query = select(*COLUMNS).where(s.id == source_id, s.state != "removed")
    row = (await tx.execute(query.with_for_update() if for_update else query)).one_or_none()
    return None if row is None else Source(*row)
