"""Rate limits that hold over all processes: fixed windows in one unlogged table, counted by PostgreSQL's clock."""

from datetime import timedelta

from sqlalchemy import case, delete, func, literal, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.errors import TooMany
from doorstep.store import tables as t

r = t.rate_hits.c


async def hit(tx: AsyncConnection, key: str, *, limit: int, window: timedelta) -> None:
    """Count one try under `key`.

    Raises:
        TooMany: `too_many_tries` from the try after `limit` on, until the window of the first one is over.
    """
    is_over = r.ends_at <= func.now()
    fresh_end = func.now() + literal(window)
    statement = insert(t.rate_hits).values(key=key, hits=1, ends_at=fresh_end)
    counted = statement.on_conflict_do_update(
        index_elements=[r.key],
        set_={"hits": case((is_over, 1), else_=r.hits + 1), "ends_at": case((is_over, fresh_end), else_=r.ends_at)},
    ).returning(r.hits, func.extract("epoch", r.ends_at - func.now()))
    hits, left = (await tx.execute(counted)).one()
    if hits > limit:
        seconds = max(1, int(left) + 1)
        raise TooMany("too_many_tries", f"Too many tries. Wait {_words(seconds)} and try again.", retry_after=seconds)


async def forget(tx: AsyncConnection, key: str) -> None:
    """Clear what was counted, as after the right password."""
    await tx.execute(delete(t.rate_hits).where(r.key == key))


async def give_back(tx: AsyncConnection, key: str) -> None:
    """Take one try back: it turned out to be an honest one."""
    await tx.execute(update(t.rate_hits).where(r.key == key, r.hits > 0).values(hits=r.hits - 1))


async def sweep(tx: AsyncConnection) -> None:
    """Drop windows that are over."""
    await tx.execute(delete(t.rate_hits).where(r.ends_at < func.now() - timedelta(hours=1)))


def _words(seconds: int) -> str:
    return f"{seconds} seconds" if seconds < 120 else f"{seconds // 60 + 1} minutes"  # noqa: PLR2004 - two minutes
