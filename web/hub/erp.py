"""Sources of the ERP's export: where customers are pulled from by themselves, and when (S0.3)."""

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlencode

from fastapi import Response

from doorstep.domain.erp_sources import Source, Timetable
from doorstep.domain.errors import Invalid, Refused
from doorstep.store.erp_runs import Run
from starter.erp import SourceStanding
from web.hub.forms import HubForm, filled
from web.hub.visits import Visit, act, look

PATH = "/hub/offices/{office}/settings/erp"
BY_CRON = ""
OFTEN = (("900", "every 15 minutes"), ("3600", "every hour"), ("14400", "every 4 hours"), ("86400", "every 24 hours"))
CALLED = {"running": "under way", "done": "done", "unchanged": "nothing new", "failed": "failed"}
COUNTS = (
    ("rows", "rows"),
    ("new_accounts", "new accounts"),
    ("new_contacts", "new contacts"),
    ("changed", "changed"),
    ("refused", "refused"),
    ("taken_back", "invitations taken back"),
)


class SourceForm(HubForm):
    """Where to pull from, and when: either every so often or by a cron expression."""

    name: str = ""
    location: str = ""
    every: str = BY_CRON
    cron: str = ""
    time_zone: str = ""


class NameForm(HubForm):
    """Which source a button is about."""

    name: str = ""


async def show(visit: Visit) -> Response:
    """The sources with their newest results, and the form for another."""
    return await _page(visit, {"every": OFTEN[1][0]})


async def put(visit: Visit) -> Response:
    """Make or change a source; what is set again is imported again."""
    typed = {} if visit.sent is None else {name: visit.sent.one(name) for name in SourceForm.model_fields}
    try:
        form = filled(SourceForm, visit.sent)
        every = timedelta(seconds=int(form.every)) if form.every.isascii() and form.every.isdecimal() else None
        cron = "" if every else form.cron
        put = await visit.doorstep.erp_set(
            visit.code, form.name, location=form.location, every=every, cron=cron, time_zone=form.time_zone
        )
    except OverflowError:
        return await _page(visit, typed, Invalid("erp_timetable", "Choose how often from the list.", field="every"))
    except Refused as refusal:
        return await _page(visit, typed, refusal)
    return visit.go(page_of(put), done="erp-set")


def page_of(source: Source) -> str:
    """The page of a source; its name is typed by staff and names a system."""
    return f"{PATH.format(office=source.office)}/source?{urlencode({'name': source.name})}"


async def _page(visit: Visit, values: Mapping[str, str], refusal: Refused | None = None) -> Response:
    return visit.page(
        "erp.html",
        status=200 if refusal is None else refusal.status,
        found=[
            (each, page_of(each.source), result(each.last)) for each in await visit.doorstep.erp_sources(visit.code)
        ],
        values=values,
        faults=faults_of(refusal),
        often=often(),
    )


def faults_of(refusal: Refused | None) -> dict[str, Refused]:
    """What to show beside the fields: of a timetable that is wrong, beside how often."""
    if refusal is None:
        return {}
    field = refusal.field if isinstance(refusal, Invalid) else ""
    return {"every" if field == "timetable" else field: refusal}


def often(when: Timetable | None = None) -> list[tuple[str, str]]:
    """What to choose from, the present timetable among it."""
    choices = dict(OFTEN)
    if when is not None and when.every is not None:
        choices.setdefault(str(round(when.every.total_seconds())), when.in_words)
    return [*choices.items(), (BY_CRON, "when the cron expression says")]


def result(run: Run | None) -> str:
    """How a pull ended, in words."""
    if run is None:
        return "never pulled"
    counted = ", ".join(f"{run.counts[name]} {words}" for name, words in COUNTS if run.counts.get(name))
    said = ": ".join(filter(None, (CALLED.get(run.outcome, run.outcome), counted)))
    return f"{said}. {run.message}" if run.message else said


def standing_of(found: SourceStanding) -> str:
    """When the next pull is due, where that is not a moment."""
    if found.source.state == "paused":
        return "paused"
    if not found.is_known:
        return "not known: Temporal does not answer"
    return "under way" if found.is_under_way else "its schedule is about to be made"


ROUTES = [
    look(PATH, show),
    act(PATH, put),
]
