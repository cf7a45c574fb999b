"""Durations in plain words, as somebody types them and as they stand in a field: `24 hours`, `7 days`."""

import re
from datetime import timedelta

UNITS = {
    "day": timedelta(days=1),
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
    "second": timedelta(seconds=1),
}
SHORT = {"d": "day", "h": "hour", "m": "minute", "min": "minute", "s": "second", "sec": "second"}
A_DAY = UNITS["day"]
_PART = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)\s*([a-z]+)")
_BETWEEN = re.compile(r"[\s,]*(?:and\b)?[\s,]*")


def read_duration(text: str) -> timedelta | None:
    """`24 hours`, `1 day and 12 hours`, `90s`; None for anything else."""
    rest, total, words = text.strip().lower(), timedelta(0), 0
    while rest:
        found = _PART.match(rest)
        unit = UNITS.get(_unit(found[2])) if found else None
        if found is None or unit is None:
            return None
        try:
            total += float(found[1]) * unit
        except OverflowError:
            return None
        words += 1
        rest = rest[found.end() :]
        rest = rest[_BETWEEN.match(rest).end() :]  # type: ignore[union-attr]  # it matches nothing too
    return timedelta(seconds=round(total.total_seconds())) if words else None


def _unit(word: str) -> str:
    return SHORT.get(word) or word.removesuffix("s")


def duration_in_words(span: timedelta) -> str:
    """The same in the fewest words; a single day is 24 hours, as everybody says of a link."""
    if span == A_DAY:
        return "24 hours"
    parts, rest = [], span
    for name, unit in UNITS.items():
        count = rest // unit
        rest -= count * unit
        if count:
            parts.append(f"{count} {name}" if count == 1 else f"{count} {name}s")
    return " ".join(parts) or "0 minutes"
