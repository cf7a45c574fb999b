"""Ways to break one thing for one office, and to mend it again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.house import House

FUNCTION = """
CREATE FUNCTION break_{office}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken by a test'; END $$
"""
TRIGGER = """
CREATE TRIGGER break_{office} BEFORE INSERT ON memberships
    FOR EACH ROW WHEN (NEW.office = '{office}') EXECUTE FUNCTION break_{office}()
"""
MENDED = "DROP FUNCTION break_{office} CASCADE"


@asynccontextmanager
async def activation_broken(house: House, office: str) -> AsyncIterator[None]:
    """Nobody can become a member of the office, as with a full disk."""
    await _run(house, office, FUNCTION, TRIGGER)
    try:
        yield
    finally:
        await _run(house, office, MENDED)


async def _run(house: House, office: str, *statements: str) -> None:
    async def work(tx: AsyncConnection) -> None:
        for statement in statements:
            await tx.execute(text(statement.format(office=office)))

    await house.run(work)
