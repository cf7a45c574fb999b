"""Move time forward for one workflow: for tests and the demo, on a development server, and never in production.

The workflow has a clock that Temporal can skip. The row has PostgreSQL's, which nobody can: so its instants move back
by the same amount, and both see the same distance to every deadline.
"""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import psycopg
from psycopg import sql
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import TimeSkipper

from doorstep.local.errors import LocalError
from doorstep.settings import is_development

MOVED: Mapping[str, str] = {
    "invitations": "id",
    "password_links": "id",
    "deliveries": "subject_id",
    "links": "subject_id",
}
"""Each table whose instants move, with the column that holds the id of the invitation, or of the link to a password."""

INSTANTS = """
    SELECT table_name, array_agg(column_name::text ORDER BY ordinal_position)
    FROM information_schema.columns
    WHERE table_schema = current_schema() AND table_name = ANY(%s)
      AND data_type = 'timestamp with time zone' AND is_generated = 'NEVER'
    GROUP BY table_name
"""


async def fast_forward(client: Client, database_url: str, invitation_id: UUID | str, by: timedelta) -> bool:
    """Let an invitation grow older by `by`; False where its workflow ended on the way.

    Raises:
        LocalError: outside development.
    """
    return await _fast_forward(client, database_url, "invitation", UUID(str(invitation_id)), by)


async def fast_forward_link(client: Client, database_url: str, link_id: UUID, by: timedelta) -> bool:
    """The same for a link to set a password.

    Raises:
        LocalError: outside development.
    """
    return await _fast_forward(client, database_url, "password-link", link_id, by)


async def _fast_forward(client: Client, database_url: str, kind: str, subject: UUID, by: timedelta) -> bool:
    if not is_development():
        raise LocalError("Time is moved in development alone; DOORSTEP_ENVIRONMENT says that this is something else.")
    await _move_rows(database_url, subject, by)
    try:
        return await TimeSkipper(client).fast_forward(client.get_workflow_handle(f"{kind}-{subject}"), by)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        # It ended before its clock could be moved: nothing waits any more, and the rows have moved.
        return False


async def _move_rows(database_url: str, subject: UUID, by: timedelta) -> None:
    plain = database_url.replace("postgresql+psycopg://", "postgresql://", 1)
    async with await psycopg.AsyncConnection.connect(plain) as connection, connection.transaction():
        found: dict[str, list[str]] = dict(await (await connection.execute(INSTANTS, [list(MOVED)])).fetchall())
        # The row first, which is the order in which everybody takes these locks.
        for table, columns in sorted(found.items(), key=lambda item: list(MOVED).index(item[0])):
            moved = sql.SQL(", ").join(sql.SQL("{0} = {0} - %(by)s").format(sql.Identifier(each)) for each in columns)
            update = sql.SQL("UPDATE {} SET {} WHERE {} = %(id)s").format(
                sql.Identifier(table), moved, sql.Identifier(MOVED[table])
            )
            await connection.execute(update, {"by": by, "id": subject})
