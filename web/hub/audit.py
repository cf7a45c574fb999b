"""The audit of the office: who did what, when and through which door, refusals included (T34)."""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Response

from doorstep.domain.errors import Invalid
from doorstep.domain.events import Event
from doorstep.domain.pages import Page
from doorstep.store.audit_pages import AuditFilter, AuditRecord
from web.files import table
from web.hub import audit_words
from web.hub.forms import faults_of
from web.hub.periods import days_of
from web.hub.visits import Visit, look

PAGE = 50
NAMES = ("event", "actor", "from", "to", "subject")
NOTHING: Page[AuditRecord] = Page(())


@dataclass(frozen=True)
class Line:
    """One record, as it is read."""

    record: AuditRecord
    sentence: str
    reason: str
    details: tuple[tuple[str, str], ...]
    door: str


async def show(visit: Visit) -> Response:
    """The newest records that match."""
    try:
        found = await visit.doorstep.audit_page(visit.code, _wanted(visit), after=visit.asked("after"), limit=PAGE)
    except Invalid as refusal:
        return _page(visit, NOTHING, refusal)
    return _page(visit, found)


async def download(visit: Visit) -> Response:
    """All records that match, as a file."""
    return await table(visit.doorstep.export_audit(visit.code, _wanted(visit)), "audit")


def _wanted(visit: Visit) -> AuditFilter:
    """What the filters ask for.

    Raises:
        Invalid: `event_invalid`, `subject_invalid`, `day_invalid`.
    """
    days = days_of(visit)
    return AuditFilter(_event(visit), visit.asked("actor") or None, _subject(visit), days.since, days.until)


def _event(visit: Visit) -> Event | None:
    try:
        return Event(visit.asked("event")) if visit.asked("event") else None
    except ValueError:
        raise Invalid("event_invalid", "There is no such event. Choose one from the list.", field="event") from None


def _subject(visit: Visit) -> UUID | None:
    try:
        return UUID(visit.asked("subject")) if visit.asked("subject") else None
    except ValueError:
        sentence = "That is no id. It looks like 0199a7c2-5a80-7000-8000-000000000000."
        raise Invalid("subject_invalid", sentence, field="subject") from None


def _page(visit: Visit, found: Page[AuditRecord], refusal: Invalid | None = None) -> Response:
    asked = {name: visit.asked(name) for name in NAMES}
    return visit.page(
        "audit.html",
        status=200 if refusal is None else refusal.status,
        values=asked,
        faults={} if refusal is None else faults_of(refusal),
        families=audit_words.choices(),
        lines=[_line(each) for each in found.items],
        next=found.next,
        is_first=not visit.asked("after"),
        query=urlencode({name: value for name, value in asked.items() if value}),
    )


def _line(record: AuditRecord) -> Line:
    words = (audit_words.sentence(record), audit_words.reason(record), tuple(audit_words.details(record)))
    return Line(record, *words, audit_words.door(record))


PATH = "/hub/offices/{office}/audit"
ROUTES = [
    look(PATH, show),
    look(f"{PATH}/file", download),
]
