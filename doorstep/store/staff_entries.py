"""How the people of an office sign in, as its administrator sees it, and who may take a sign-in away from whom."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import Right
from doorstep.domain.errors import Forbidden, NotFound
from doorstep.store import authority, staff_logins, staff_sessions
from doorstep.store import tables as t
from doorstep.store.audit import Actor
from doorstep.store.staff_logins import StaffLogin

s = t.staff.c
so = t.staff_offices.c
a = t.approvers.c
sl = t.staff_logins.c
ss = t.staff_sessions.c


@dataclass(frozen=True)
class StaffEntry:
    """How somebody signs in: with which means, since when they were last here, in how many browsers just now."""

    has_password: bool
    has_code: bool
    is_tied: bool
    """They come through the OpenID Connect provider."""
    sessions: int
    last_signed_in_at: datetime | None


async def of_office(tx: AsyncConnection, actor: Actor, office: str) -> dict[str, StaffEntry]:
    """The sign-ins of everybody on the staff of an office and of its username administrators, by `address_key`.

    Whoever has never asked for a link has none.

    Raises:
        Forbidden: `not_staff`, `not_allowed`.
    """
    await authority.require_in_office(tx, actor, office, Right.STAFF)
    staff = select(s.address_key).join(t.staff_offices, so.staff_id == s.id).where(so.office == office)
    approvers = select(a.address_key).where(a.office == office)
    live = select(func.count()).where(ss.login_id == sl.id, *staff_sessions.live()).scalar_subquery()
    has_password, has_code = sl.password_hash.is_not(None), sl.code_since.is_not(None)
    columns = (sl.address_key, has_password, has_code, sl.oidc_subject.is_not(None), live, sl.last_signed_in_at)
    theirs = select(*columns).where(or_(sl.address_key.in_(staff), sl.address_key.in_(approvers)))
    return {row[0]: StaffEntry(*row[1:]) for row in await tx.execute(theirs)}


async def login_under(
    tx: AsyncConnection, actor: Actor, key: str, *, takes_all_offices: bool
) -> tuple[StaffLogin | None, list[str]]:
    """The login of an address that is in the hands of `actor`, and the offices it works for.

    `takes_all_offices`: an administrator of one office weakens the sign-in to no other one (T20).

    Raises:
        NotFound: `no_such_staff`, for an address out of their hands; Forbidden: `belongs_elsewhere`.
    """
    offices = await _offices_of(tx, key)
    held = [each for each in offices if Right.STAFF in (await authority.of(tx, actor, each)).rights]
    row = (await tx.execute(staff_logins.query().where(sl.address_key == key))).mappings().one_or_none()
    # The operator looks after those who have left, too: their secrets keep a key in use.
    if not held and (row is None or not actor.is_trusted):
        raise NotFound("no_such_staff", "Nobody of that address works in an office whose staff you look after.")
    if takes_all_offices and held != offices:
        sentence = "They work for more than your office. The operator can do it, or who looks after all of it."
        raise Forbidden("belongs_elsewhere", sentence)
    return (None if row is None else staff_logins.read(row)), offices


async def _offices_of(tx: AsyncConnection, key: str) -> list[str]:
    staff = select(so.office).join(t.staff, s.id == so.staff_id).where(s.address_key == key)
    approves = select(a.office).where(a.address_key == key)
    return sorted((await tx.execute(staff.union(approves))).scalars())
