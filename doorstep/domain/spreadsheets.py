"""CSV that a spreadsheet opens as what it is: texts stay texts, and none becomes a formula (T31)."""

import csv
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from io import StringIO
from uuid import UUID

BOM = "\ufeff"
"""First in a file; without it Excel reads UTF-8 as the code page of the machine."""

# Blanks, quotes and letters without width before a formula hide it from us and not from every spreadsheet; the wide
# signs are what an Asian keyboard types in place of the narrow ones.
_FORMULA = re.compile("[\\s\"'\u200b-\u200f\ufeff]*[=+\\-@＝＋－＠\t\r]")  # noqa: RUF001 - the wide ones are meant
# Where the list separator of Windows is a semicolon, quotes within a line hold nothing together: a cell of ours is
# parted there once more, and at the end of each of its lines.
_PARTS = re.compile(r"(?<=[;\r\n])")


def spreadsheet_safe(text: str) -> str:
    """The text with a `'` before whatever a spreadsheet would take for a formula (T31)."""
    return _part_by_part(text, lambda part: f"'{part}" if _FORMULA.match(part) else part)


def spreadsheet_plain(text: str) -> str:
    """What `spreadsheet_safe` was given: for a file of ours that comes back corrected."""
    return _part_by_part(text, lambda part: part[1:] if part[:1] == "'" and _FORMULA.match(part[1:]) else part)


def _part_by_part(text: str, change: Callable[[str], str]) -> str:
    return "".join(change(part) for part in _PARTS.split(text))


def csv_row(cells: Iterable[object]) -> str:
    """One row as RFC 4180 writes it: texts safe, moments in UTC as ISO 8601 has them, nothing for None."""
    written = StringIO()
    csv.writer(written).writerow([_cell(cell) for cell in cells])
    return written.getvalue()


def _cell(value: object) -> object:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int() | float() | UUID():
            return value
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    # A line in a cell ends otherwise than a row does, so that rows can be told apart without a parser.
    return spreadsheet_safe(str(value).replace("\r\n", "\n")).replace("\r", "\n")
