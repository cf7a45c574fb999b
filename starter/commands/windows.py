"""A stretch of time as it is typed: `30d`, or a day or a moment as ISO 8601 has them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from starter.commands.arguments import read_duration


@dataclass(frozen=True)
class When:
    """One end of a window: how long ago, or a moment, which may want a zone."""

    said: datetime | timedelta

    def in_zone(self, zone: str) -> datetime | timedelta:
        """The end of the window; a day begins at midnight on that clock."""
        if isinstance(self.said, datetime) and self.said.tzinfo is None:
            return self.said.replace(tzinfo=ZoneInfo(zone))
        return self.said


def read_when(text: str) -> When:
    """How long ago, or a moment.

    Raises:
        typer.BadParameter: for anything else.
    """
    if text[:4].isdecimal() and "-" in text:
        try:
            return When(datetime.fromisoformat(text))
        except ValueError:
            raise typer.BadParameter(f"{text!r} is no day and no moment. Write it like 2026-11-22 or 30d.") from None
    return When(read_duration(text))


Since = Annotated[
    When | None,
    typer.Option("--since", parser=read_when, metavar="WHEN", help="Created since: 30d, or 2026-11-01."),
]
Until = Annotated[
    When | None,
    typer.Option("--until", parser=read_when, metavar="WHEN", help="Created before that."),
]


@dataclass(frozen=True)
class Window:
    """Both ends of a window, as they were typed."""

    since: When | None
    until: When | None

    def in_zone(self, zone: str) -> tuple[datetime | timedelta | None, datetime | timedelta | None]:
        """Both, on the clock of a zone; None where nothing was typed."""
        since, until = (None if each is None else each.in_zone(zone) for each in (self.since, self.until))
        return since, until
