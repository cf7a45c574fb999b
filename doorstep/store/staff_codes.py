"""One-time codes of staff: the derived secret, whether it is asked for, and the last code that was used.

A secret is begun, shown, and asked for once a code of it came back, so that nobody is shut out by an app that was never
set up.
"""

from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.errors import Conflict, NotFound
from doorstep.security import codes
from doorstep.security.links import KeyRing, Purpose, UnknownKeyError
from doorstep.store import signing
from doorstep.store import tables as t

sl = t.staff_logins.c


async def begin(tx: AsyncConnection, ring: KeyRing, login_id: UUID) -> None:
    """Make a new secret, which nobody is asked for yet; one that was begun before is forgotten.

    Raises:
        Conflict: `code_is_on`.
    """
    await require_off(tx, login_id)
    await signing.end(tx, login_id)
    await signing.make(tx, ring, Purpose.STAFF_CODE, login_id)
    await tx.execute(update(t.staff_logins).where(sl.id == login_id).values(code_step=0))


async def begun(tx: AsyncConnection, ring: KeyRing, login_id: UUID) -> str:
    """The secret for the app, while it is being set up; afterwards nobody is shown it again.

    Raises:
        Conflict: `code_is_on`; NotFound: `code_not_begun`.
    """
    await require_off(tx, login_id, is_change=False)
    try:
        return codes.app_secret(await signing.current(tx, ring, Purpose.STAFF_CODE, login_id))
    except UnknownKeyError:
        raise NotFound("code_not_begun", "Begin again: there is no secret to set an app up with.") from None


async def turn_on(tx: AsyncConnection, login_id: UUID) -> None:
    """Ask for a code from now on."""
    await tx.execute(update(t.staff_logins).where(sl.id == login_id).values(code_since=func.now()))


async def turn_off(tx: AsyncConnection, login_id: UUID) -> bool:
    """Ask for none any more, and forget the secret; False where none was asked for."""
    asked = update(t.staff_logins).where(sl.id == login_id, sl.code_since.is_not(None))
    was_on = (await tx.execute(asked.values(code_since=None))).rowcount == 1
    await signing.end(tx, login_id)
    return was_on


async def use(tx: AsyncConnection, ring: KeyRing, login_id: UUID, code: str) -> bool:
    """Whether a code is right and was not used before; it is used now, and none before it is good any more."""
    now = func.extract("epoch", func.now())
    locked = select(sl.code_step, now).where(sl.id == login_id).with_for_update()
    used, seconds = (await tx.execute(locked)).one()
    try:
        secret = codes.app_secret(await signing.current(tx, ring, Purpose.STAFF_CODE, login_id))
    except UnknownKeyError:
        return False
    step = codes.right_step(secret, code, int(seconds), used)
    if step is None:
        return False
    await tx.execute(update(t.staff_logins).where(sl.id == login_id).values(code_step=step))
    return True


async def require_off(tx: AsyncConnection, login_id: UUID, *, is_change: bool = True) -> None:
    """Let it pass while no code is asked for; whoever only looks locks nothing.

    Raises:
        Conflict: `code_is_on`.
    """
    since = select(sl.code_since).where(sl.id == login_id)
    if (await tx.execute(since.with_for_update() if is_change else since)).scalar_one() is not None:
        raise Conflict("code_is_on", "A code is asked for already. Turn it off first, with a code of that app.")
