"""Moments as short as they can be said without a doubt: the office's own clock, with the zone beside it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton, format_time, get_timezone_name

TRANSLATED = frozenset({"de", "en", "es"})
"""Languages that there are texts in."""


def text_locale(tag: str) -> Locale:
    """The locale of a text: English as it is written in that country where there is no text in its language."""
    try:
        locale = Locale.parse(tag.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return Locale("en")
    if locale.language in TRANSLATED:
        return locale
    try:
        return Locale("en", locale.territory)
    except UnknownLocaleError:
        return Locale("en", "001")


def office_zone(key: str) -> ZoneInfo:
    """The zone of the office; UTC where there is no such zone, because a true time beats no text."""
    try:
        return ZoneInfo(key)
    except (LookupError, ValueError, OSError):
        return ZoneInfo("UTC")


def absolute(moment: datetime, locale: Locale, zone: ZoneInfo) -> str:
    """Like `22 Nov, 3:04 pm NZDT (UTC+13)`; a name of letters alone would be read as another zone elsewhere."""
    if moment.utcoffset() is None:
        raise ValueError("A moment needs a time zone.")
    local = moment.astimezone(zone)
    date, time = format_skeleton("MMMd", local, locale=locale), format_time(local, "short", zone, locale)
    return f"{date}, {time} {_zone(local, locale)}"


def _zone(local: datetime, locale: Locale) -> str:
    offset = _offset(local)
    letters = get_timezone_name(local, width="short", locale=locale)
    return f"{letters} ({offset})" if letters.isalpha() and letters != offset else offset


def _offset(local: datetime) -> str:
    minutes = (local.utcoffset() or timedelta(0)) // timedelta(minutes=1)
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return f"UTC{sign}{hours}{f':{rest:02}' if rest else ''}" if minutes else "UTC"
