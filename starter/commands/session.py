"""Going in: the client API for the length of one command, and what a person is told when a server is down."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from doorstep.domain.errors import Unavailable
from starter.commands.answers import DEFAULT_ACTOR

if TYPE_CHECKING:
    from structlog.typing import EventDict, WrappedLogger

    from starter.client import Doorstep

T = TypeVar("T")

SAID = {
    "temporal_unreachable": (
        "Temporal does not answer. What you asked for is decided and saved; "
        "a worker tells the workflow as soon as Temporal is back."
    ),
    "row_unreadable": "An invitation is left out, since a newer Doorstep wrote it. See: doorstep stuck",
}
"""What the log says to the terminal, by the names of its events."""


def ask(work: "Callable[[Doorstep], Awaitable[T]]", *, actor: str = DEFAULT_ACTOR) -> T:
    """Run `work` with the client API.

    Raises:
        Refused: the answer is no; Unavailable: the database is down, or has not the tables of this version.
    """
    return asyncio.run(_ask(work, actor))


async def _ask(work: "Callable[[Doorstep], Awaitable[T]]", actor: str) -> T:
    import structlog  # noqa: PLC0415 - this and the next ones take seconds, and `--help` needs none of them
    from sqlalchemy.exc import ProgrammingError  # noqa: PLC0415 - see above

    from starter.client import connect  # noqa: PLC0415 - see above

    structlog.configure(processors=[_say], cache_logger_on_first_use=False)
    async with connect(actor=None if actor == DEFAULT_ACTOR else actor, via="cli") as doorstep:
        try:
            return await work(doorstep)
        except ProgrammingError:
            sentence = "The database has not the tables of this version. Make them with: doorstep migrate"
            raise Unavailable("not_migrated", sentence) from None


def _say(_logger: "WrappedLogger", level: str, event: "EventDict") -> "EventDict":
    """Log lines as sentences on stderr: a person reads them, and stdout belongs to the answer."""
    import structlog  # noqa: PLC0415 - see above

    if level not in {"debug", "info"}:
        name = str(event["event"])
        sys.stderr.write(f"{SAID.get(name, name)}\n")
    raise structlog.DropEvent
