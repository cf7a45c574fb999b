"""Tables, moments and plain texts for whoever sits at the terminal."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

from rich import box
from rich.console import Console
from rich.table import Table

from starter.moments import TO_THE_MINUTE, on_the_clock

WIDE = 200
"""Where nobody looks, in a pipe or a file, a table is not folded to the 80 columns of a terminal."""

NEVER = "never"
"""What is typed and shown for a length of time without an end."""

UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1), "s": timedelta(seconds=1)}


class Whole(str):
    """A line to copy, such as a command or a link: printed as one, however narrow the terminal is."""

    __slots__ = ()


@cache
def console(*, stderr: bool = False) -> Console:
    """The terminal; texts are printed as they are, without markup."""
    plain_one = Console(stderr=stderr, markup=False, highlight=False, emoji=False)
    if not plain_one.is_terminal:
        plain_one.width = WIDE
    return plain_one


def plain(value: object) -> str:
    """A text without what could move the cursor or turn the line around: names and reasons come from anyone."""
    text = "" if value is None else str(value)
    return "".join(letter if letter.isprintable() or letter == "\n" else "\N{REPLACEMENT CHARACTER}" for letter in text)


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None) -> Table:
    """A table; ids and addresses stay on one line where there is room."""
    made = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        made.add_column(heading, overflow="fold")  # what is cut short cannot be copied
    for row in rows:
        made.add_row(*(plain(cell) for cell in row))
    return made


def pairs(rows: Iterable[tuple[str, object]]) -> Table:
    """Names on the left and values on the right; what is empty is left out."""
    made = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    made.add_column(style="dim")
    made.add_column(overflow="fold")
    for name, value in rows:
        if text := plain(value):
            made.add_row(name, text)
    return made


def iso(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC, as `--json` prints it."""
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def local(moment: datetime | None, zone: str, *, pattern: str = TO_THE_MINUTE) -> str:
    """A moment on the clock of an office, with the zone beside it; empty where there is none."""
    return "" if moment is None else on_the_clock(moment, zone, pattern=pattern)


def duration(value: timedelta) -> str:
    """A duration as it can be typed again: `24h`, `90s`, `7d`."""
    seconds = value.total_seconds()
    if seconds == 0:
        return "0m"
    for letter, unit in UNITS.items():
        count = seconds / unit.total_seconds()
        if count >= 1 and count.is_integer() and (letter != "d" or count > 1):
            return f"{count:.0f}{letter}"
    return f"{seconds:g}s"
