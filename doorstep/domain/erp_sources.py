"""Where the ERP's export is fetched from, and when: as somebody typed it, checked, and as it is kept."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from doorstep.domain.errors import Invalid, NotFound
from doorstep.domain.webhook_urls import Target, checked_url

SHORTEST, LONGEST = timedelta(minutes=5), timedelta(days=31)
LONGEST_NAME = 60
CRON = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
"""What the five fields of a cron expression may hold: minute, hour, day, month, weekday."""
_PART = re.compile(r"(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:/([1-9]\d?))?")
_HTTP = re.compile(r"https?://", re.IGNORECASE)


@dataclass(frozen=True)
class Timetable:
    """When to pull: every so often, or as a cron expression says on the clock of a time zone."""

    every: timedelta | None = None
    cron: str = ""
    time_zone: str = ""

    @property
    def text(self) -> str:
        """As it is kept."""
        return f"every {self.every.total_seconds():.0f}s" if self.every else f"cron {self.cron} in {self.time_zone}"

    @property
    def in_words(self) -> str:
        """As a person reads it."""
        if self.every is None:
            return f"at {self.cron} on the clock of {self.time_zone}"
        minutes, hours = self.every / timedelta(minutes=1), self.every / timedelta(hours=1)
        return f"every {hours:g} h" if hours >= 1 and hours.is_integer() else f"every {minutes:g} min"


@dataclass(frozen=True)
class Source:
    """One place from which the customers of an office are pulled."""

    id: UUID
    office: str
    name: str
    location: str
    timetable: str
    state: str
    rev: int
    seen_rev: int
    created_by: str
    created_at: datetime
    changed_at: datetime

    @property
    def when(self) -> Timetable:
        """Its timetable."""
        return kept_timetable(self.timetable)


def is_web(location: str) -> bool:
    """True for an address of the web, false for a folder."""
    return _HTTP.match(location) is not None


def checked_web(location: str, *, may_be_loopback: bool) -> Target:
    """The address to fetch from; that its host leads outside is checked when it is resolved (T32).

    Raises:
        Invalid: `erp_location`.
    """
    try:
        return checked_url(location, may_be_loopback=may_be_loopback)
    except Invalid:
        sentence = (
            "An export cannot be fetched from this address. It begins with https:// and has a host, and no user, "
            "password, blank or fragment. For instance: https://erp.example/exports/customers.csv"
        )
        raise Invalid("erp_location", sentence, field="location") from None


def checked_folder(text: str) -> str:
    """A folder below the one of the setting, as it is kept.

    Raises:
        Invalid: `erp_location`.
    """
    path = PurePosixPath(text.strip() or ".")
    if path.is_absolute() or ".." in path.parts or not text.isprintable():
        sentence = "Name a folder below the one that DOORSTEP_ERP_FOLDER names, such as nz, or . for that one itself."
        raise Invalid("erp_location", sentence, field="location")
    return str(path)


def checked_timetable(every: timedelta | None, cron: str, time_zone: str) -> Timetable:
    """The timetable that somebody typed.

    Raises:
        Invalid: `erp_timetable`.
    """
    if (every is None) == (not cron.strip()):
        raise _timetable("Say either how often, such as every 1h, or when, such as cron 0 2 * * *.")
    if every is not None:
        if not SHORTEST <= every <= LONGEST or every % timedelta(seconds=1):
            raise _timetable("It can be pulled every 5 minutes at the most often, and every 31 days at the least.")
        return Timetable(every)
    expression = " ".join(cron.split())
    if not _is_cron(expression):
        raise _timetable(
            "A cron expression has five fields: minute, hour, day, month, weekday. For instance: 0 2 * * *"
        )
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _timetable("That is no time zone. Use one such as Pacific/Auckland.") from None
    return Timetable(cron=expression, time_zone=time_zone)


def kept_timetable(text: str) -> Timetable:
    """The timetable as `Timetable.text` wrote it down."""
    kind, _, rest = text.partition(" ")
    if kind == "every":
        return Timetable(timedelta(seconds=int(rest.removesuffix("s"))))
    cron, _, zone = rest.rpartition(" in ")
    return Timetable(cron=cron, time_zone=zone)


def checked_name(text: str) -> str:
    """The name of a source.

    Raises:
        Invalid: `erp_name`.
    """
    name = text.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Invalid("erp_name", f"A source has a name of 1 to {LONGEST_NAME} plain characters.", field="name")
    return name


def no_such_source() -> NotFound:
    """The answer for a source that is not there."""
    return NotFound(
        "no_such_erp_source", "There is no such source in this office. See which there are: doorstep erp list"
    )


def _is_cron(expression: str) -> bool:
    fields = expression.split(" ")
    return len(fields) == len(CRON) and all(_is_field(*each) for each in zip(fields, CRON, strict=True))


def _is_field(field: str, limits: tuple[int, int]) -> bool:
    return all(_is_part(part, limits) for part in field.split(","))


def _is_part(part: str, limits: tuple[int, int]) -> bool:
    found = _PART.fullmatch(part)
    if found is None:
        return False
    numbers = list(_numbers(found))
    return all(limits[0] <= number <= limits[1] for number in numbers) and numbers == sorted(numbers)


def _numbers(found: re.Match[str]) -> Iterator[int]:
    return (int(text) for text in found.groups()[:2] if text is not None)


def _timetable(sentence: str) -> Invalid:
    return Invalid("erp_timetable", sentence, field="timetable")
