"""Moments and ages as a person reads them: on the clock of an office, with the zone beside it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

TO_THE_MINUTE = "%Y-%m-%d %H:%M %Z"
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def on_the_clock(moment: datetime, zone: str, *, pattern: str = TO_THE_MINUTE) -> str:
    """A moment in a time zone; in UTC, and saying so, where the zone is none."""
    try:
        there = moment.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        there = moment.astimezone(UTC)
    return there.strftime(pattern)


def age(length: timedelta) -> str:
    """A length of time in the one unit that says enough: `5 min`, `3 h`, `2 days`."""
    if length < MINUTE:
        return "just now"
    if length < HOUR:
        return f"{length // MINUTE} min"
    if length < 2 * DAY:
        return f"{length // HOUR} h"
    return f"{length // DAY} days"
