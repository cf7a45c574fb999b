"""Sessions of staff: rows that can be listed and ended at once, found by the hash of the cookie (T24)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from doorstep.store import authority, staff_logins
from doorstep.store import tables as t
from doorstep.store.staff_logins import StaffLogin

ss = t.staff_sessions.c
sl = t.staff_logins.c
IDLE = timedelta(hours=1)
ABSOLUTE = timedelta(hours=12)
FOR_CODE = timedelta(minutes=10)
"""How long a right password waits for its one-time code."""
TOUCH_AFTER = timedelta(minutes=1)
LONGEST_AGENT = 300


@dataclass(frozen=True)
class StaffSession:
    """Where somebody is signed in: `agent` is what their browser called itself."""

    id: UUID
    agent: str
    created_at: datetime
    seen_at: datetime
    ends_at: datetime


def live(*, waits_for_code: bool = False) -> tuple[ColumnElement[bool], ...]:
    """What holds of a session that opens something, or that waits for its one-time code."""
    return (ss.ends_at > func.now(), ss.seen_at > func.now() - IDLE, ss.waits_for_code.is_(waits_for_code))


async def start(tx: AsyncConnection, id_hash: bytes, login_id: UUID, *, agent: str, waits_for_code: bool) -> None:
    """Begin a session; the rows of whatever ended are cleared away on the way."""
    await tx.execute(delete(t.staff_sessions).where(ss.login_id == login_id, ss.ends_at < func.now()))
    values = {"id": uuid7(), "id_hash": id_hash, "login_id": login_id, "agent": agent[:LONGEST_AGENT]}
    ends = func.now() + (FOR_CODE if waits_for_code else ABSOLUTE)
    await tx.execute(t.staff_sessions.insert().values(**values, waits_for_code=waits_for_code, ends_at=ends))


async def owner(tx: AsyncConnection, id_hash: bytes, *, waits_for_code: bool = False) -> tuple[StaffLogin, UUID] | None:
    """Whose live session it is, and its id: not idle for an hour, not older than twelve, and still of somebody's staff.

    `waits_for_code`: of one that a right password began and that opens nothing before the one-time code.
    """
    is_old = (ss.seen_at < func.now() - TOUCH_AFTER).label("is_old")
    found = staff_logins.query(ss.id.label("session_id"), is_old).join(t.staff_sessions, ss.login_id == sl.id)
    still = (ss.id_hash == id_hash, authority.is_known(sl.address_key))
    row = (await tx.execute(found.where(*live(waits_for_code=waits_for_code), *still))).mappings().one_or_none()
    if row is None:
        return None
    if row["is_old"]:
        await tx.execute(update(t.staff_sessions).where(ss.id_hash == id_hash).values(seen_at=func.now()))
    return staff_logins.read(row), row["session_id"]


async def listed(tx: AsyncConnection, login_id: UUID) -> list[StaffSession]:
    """The live sessions of somebody, the newest first."""
    columns = (ss.id, ss.agent, ss.created_at, ss.seen_at, ss.ends_at)
    found = select(*columns).where(ss.login_id == login_id, *live()).order_by(ss.created_at.desc())
    return [StaffSession(*row) for row in await tx.execute(found)]


async def end(tx: AsyncConnection, id_hash: bytes) -> UUID | None:
    """End one session; the login that it belonged to."""
    gone = delete(t.staff_sessions).where(ss.id_hash == id_hash).returning(ss.login_id)
    return (await tx.execute(gone)).scalar_one_or_none()


async def end_one(tx: AsyncConnection, login_id: UUID, session_id: UUID) -> bool:
    """End one of somebody's own sessions; False where there is none of that id."""
    gone = delete(t.staff_sessions).where(ss.login_id == login_id, ss.id == session_id)
    return (await tx.execute(gone)).rowcount == 1


async def end_all(tx: AsyncConnection, login_id: UUID, *, besides: UUID | None = None) -> int:
    """End every session of somebody, as after a change of password; how many there were."""
    gone = delete(t.staff_sessions).where(ss.login_id == login_id, ss.id.is_distinct_from(besides))
    return (await tx.execute(gone)).rowcount
