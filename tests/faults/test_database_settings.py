"""A database that is set up unlike ours: a standby that takes no writes, a zone with summer time (F09, F19)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from sqlalchemy import literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.errors import Unavailable
from starter import checks
from tests.faults.own_stack import own_house, own_stack
from tests.house import House

DAY = timedelta(hours=24)


@pytest.fixture(scope="module")
async def house() -> AsyncIterator[House]:
    """Servers of our own, since the settings are changed for everybody; nobody is at work."""
    async with own_stack() as stack, own_house(stack) as built:
        yield built


@asynccontextmanager
async def database_setting(house: House, name: str, value: str) -> AsyncIterator[House]:
    """New connections to the database begin with that setting."""
    url = house.settings.database_url.get_secret_value()
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(f"ALTER DATABASE doorstep SET {name} = '{value}'".encode())
        await house.engine.dispose()
        try:
            yield house
        finally:
            await connection.execute(f"ALTER DATABASE doorstep RESET {name}".encode())
            await house.engine.dispose()


async def test_f09_a_standby_is_named_by_the_doctor(house: House) -> None:
    """F09: on a read-only database nothing is changed, every door says 503, and the check says why."""
    office = await house.office()

    async with database_setting(house, "default_transaction_read_only", "on"):
        with pytest.raises(Unavailable):
            await house.doorstep.invite(office=office, email=f"ana@{office}.example")
        finding = await checks.database(house.engine)
        read = await house.doorstep.list(office=office)

    assert (finding.is_ok, finding.seen) == (False, "is read-only")
    assert read == []
    await house.doorstep.invite(office=office, email=f"ana@{office}.example")


@pytest.mark.parametrize(
    "begin",
    [
        datetime(2026, 4, 4, 12, 0, tzinfo=UTC),
        datetime(2026, 9, 26, 13, 0, tzinfo=UTC),
        datetime(2028, 2, 28, 18, 0, tzinfo=UTC),
        datetime(2028, 2, 29, 18, 0, tzinfo=UTC),
        datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC),
    ],
    ids=["clock goes back", "clock goes forward", "before a leap day", "leap day", "new year"],
)
async def test_f19_a_day_is_24_hours(house: House, begin: datetime) -> None:
    """F19: the end of a link is 24 hours after its beginning on every day of every zone, as the database adds."""
    async with database_setting(house, "timezone", "Pacific/Auckland"):

        async def add(tx: AsyncConnection) -> datetime:
            end: datetime = (await tx.execute(select(literal(begin) + literal(DAY)))).scalar_one()
            return end

        assert await house.run(add) == begin + DAY


async def test_f19_the_zone_of_the_server_moves_no_deadline(house: House) -> None:
    """F19: an invitation made on a server in a zone with summer time lives for 24 hours to the microsecond."""
    office = await house.office()

    async with database_setting(house, "timezone", "America/St_Johns"):
        invitation = await house.doorstep.invite(office=office, email=f"ana@{office}.example")

    assert invitation.expires_at is not None
    assert invitation.expires_at - invitation.created_at == DAY
