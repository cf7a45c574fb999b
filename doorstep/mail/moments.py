"""Moments and durations as a reader of an office understands them: its own clock, and a zone nobody can mistake."""

import re
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.core import parse_locale
from babel.dates import format_date, format_time, format_timedelta, get_timezone_name

TRANSLATED = frozenset({"en", "es", "de"})
"""Languages that the texts are in."""

_ONE_O_CLOCK = re.compile(r"0?1\b")


def text_locale(tag: str, languages: AbstractSet[str] = TRANSLATED) -> Locale:
    """The locale of the texts, English where there are none in its language.

    A date in another language would stand in the middle of an English sentence, so the dates follow the texts; of an
    office elsewhere they keep the country's order and clock where they can.
    """
    try:
        locale = Locale.parse(tag.replace("-", "_"))
    except UnknownLocaleError:
        # Like de_US: nobody has collected how dates are written there, and the language is known all the same.
        language = parse_locale(tag.replace("-", "_"))[0]
        return Locale(language if language in languages else "en")
    except ValueError:
        return Locale("en")
    if locale.language in languages:
        return locale
    try:
        return Locale("en", locale.territory)
    except UnknownLocaleError:
        return Locale("en", "001")


def office_zone(key: str) -> ZoneInfo:
    """The zone of the office; UTC where there is no such zone, because a true time beats no mail."""
    try:
        return ZoneInfo(key)
    except (LookupError, ValueError, OSError):
        return ZoneInfo("UTC")


def absolute(moment: datetime, locale: Locale, zone: ZoneInfo) -> str:
    """Like `Sunday, 22 November 2026 at 3:04 pm NZDT (UTC+13:00)`."""
    if moment.utcoffset() is None:
        raise ValueError("A moment needs a time zone.")
    local = moment.astimezone(zone)
    date = format_date(local, "full", locale)
    time = format_time(local, "short", zone, locale)
    # CLDR writes a narrow no-break space before am and pm, which many a mail program shows as a box.
    return f"{date} {_at(time, locale)} {zone_name(local, locale)}".replace("\u202f", " ").replace("\u00a0", " ")


def _at(time: str, locale: Locale) -> str:
    """The time of day with what joins it to a date; CLDR joins them with a comma only, which no sentence does."""
    match locale.language:
        case "de":
            return f"um {time} Uhr"
        case "es":
            return f"a la {time}" if _ONE_O_CLOCK.match(time) else f"a las {time}"
        case _:
            return f"at {time}"


def zone_name(local: datetime, locale: Locale) -> str:
    """Like `NZDT (UTC+13:00)`: letters alone are ambiguous (IST, CST), an offset alone means little to most people."""
    # Not Babel's offset: for zones west of Greenwich with half an hour it is an hour out (-03:30 becomes -04:30).
    offset, name = utc_offset(local), letters(local, locale)
    return offset if name == offset else f"{name} ({offset})"


def letters(local: datetime, locale: Locale) -> str:
    """Like `NZDT`, for a page that says elsewhere whose clock it goes by; the offset where a zone has no letters."""
    name = get_timezone_name(local, width="short", locale=locale)
    return name if name.isalpha() else utc_offset(local)


def utc_offset(local: datetime) -> str:
    """Like `UTC+13:00`; `UTC` where there is none."""
    minutes = (local.utcoffset() or timedelta(0)) // timedelta(minutes=1)
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}" if minutes else "UTC"


def how_long(since: datetime, until: datetime, locale: Locale) -> str:
    """The time between two moments in its biggest unit, like `3 days`."""
    span = max(until.astimezone(UTC) - since.astimezone(UTC), timedelta(minutes=1))
    return format_timedelta(span, granularity="minute", threshold=2, locale=locale)
