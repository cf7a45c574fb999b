"""What was logged about one delivery: a worker of the tests may log of others at the same time."""

from collections.abc import Iterable
from uuid import UUID

from structlog.typing import EventDict


def about(lines: Iterable[EventDict], delivery: UUID) -> list[EventDict]:
    """The lines of that delivery, oldest first."""
    return [line for line in lines if line.get("delivery") == str(delivery)]
