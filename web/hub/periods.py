"""A stretch of time as the filters of a page ask for it: days on the clock of the office."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from doorstep.domain.errors import Invalid

if TYPE_CHECKING:
    from web.hub.visits import Visit

LENGTHS = (("7", "7 days"), ("30", "30 days"), ("90", "90 days"), ("365", "12 months"), ("all", "from the beginning"))
USUAL = "30"


@dataclass(frozen=True)
class Days:
    """From the beginning of one day to the end of another; None where no day was typed."""

    since: datetime | None = None
    until: datetime | None = None


def days_of(visit: "Visit") -> Days:
    """What was typed into `from` and `to`, both days included.

    Raises:
        Invalid: `day_invalid`, with the field.
    """
    zone = ZoneInfo(visit.office.time_zone if visit.office else "UTC")
    first, last = _day(visit, "from"), _day(visit, "to")
    if first and last and last < first:
        raise Invalid("day_invalid", "The last day is before the first one.", field="to")
    since = None if first is None else _midnight(first, zone)
    return Days(since, None if last is None else _midnight(last + timedelta(days=1), zone))


def length_of(visit: "Visit") -> timedelta | None:
    """How far back it is looked, as chosen from `LENGTHS`; None from the beginning on."""
    chosen = visit.asked("period", USUAL)
    known = chosen if chosen in dict(LENGTHS) else USUAL
    return None if known == "all" else timedelta(days=int(known))


def _day(visit: "Visit", name: str) -> date | None:
    typed = visit.asked(name)
    if not typed:
        return None
    try:
        found = date.fromisoformat(typed)
    except ValueError:
        found = date.min
    if not date(1970, 1, 1) <= found <= date(9000, 1, 1):
        raise Invalid("day_invalid", "That is no day. Write it like 2026-11-22.", field=name)
    return found


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)
