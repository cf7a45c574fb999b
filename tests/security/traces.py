"""Where words stand in the database: every column of every table, whatever its type, in capitals or not."""

import re
from collections.abc import Collection

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.house import House

RANDOM = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\\\\x[0-9a-f]+")
"""Ids and bytes: in those of large tables the digits of a number are to be found by chance."""

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' ORDER BY 1"


async def dump(house: House) -> dict[str, str]:
    """Each table as one text in lower case; bytes are there as hexadecimal digits, and as the letters they may be."""

    async def read(tx: AsyncConnection) -> dict[str, str]:
        tables = (await tx.execute(text(TABLES))).scalars().all()
        return {table: await _table(tx, table) for table in tables}

    return await house.run(read)


async def _table(tx: AsyncConnection, table: str) -> str:
    rows = (await tx.execute(text(f"SELECT to_jsonb(x)::text FROM {table} x"))).scalars()  # noqa: S608 - our own names
    return "\n".join(rows).lower()


async def tables_with(house: House, words: Collection[str]) -> set[str]:
    """The tables in which one of `words` stands, in plain or as hexadecimal digits."""
    plain, coded = [each.lower() for each in words], [each.encode().hex() for each in words]
    found = set()
    for table, content in (await dump(house)).items():
        is_plain = any(each in content for each in plain) and any(each in RANDOM.sub(" ", content) for each in plain)
        if is_plain or any(each in content for each in coded):
            found.add(table)
    return found
