"""Statistics: how far invitations got, how long each step took, what is open; as tables, a chart and a file."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from fastapi import Response

from doorstep.domain.errors import Invalid
from doorstep.domain.figures import Age, By, Figures, Step, Ways
from doorstep.store.invitation_exports import InvitationFilter
from starter.charts.figures import figures_svg
from starter.charts.words import STEPS, STRETCHES, length, number, said, share
from starter.exports import figures_csv
from web.files import CSV, table, text
from web.hub.downloads import chart
from web.hub.forms import faults_of
from web.hub.periods import LENGTHS, USUAL, Days, days_of, length_of
from web.hub.visits import Visit, look

APART = (
    *(("", "not taken apart"), (By.CHANNEL, "by channel"), (By.TEMPLATE, "by template"), (By.ACCOUNT, "by account")),
    *((By.BATCH, "by batch"), (By.MONTH, "by month"), (By.OFFICE, "by office, all that you work for")),
)
NAMES = ("period", "from", "to", "by")


@dataclass(frozen=True)
class Line:
    """One row of a table: its heading, then its cells as they are shown."""

    name: str
    cells: tuple[str, ...]


async def show(visit: Visit) -> Response:
    """The figures as tables."""
    try:
        figures = await _figures(visit)
    except Invalid as refusal:
        return _page(visit, None, refusal)
    return _page(visit, figures)


async def draw(visit: Visit) -> Response:
    """The same as a picture."""
    figures, office = await _figures(visit), visit.office
    zone = "UTC" if office is None else office.time_zone
    name = "" if office is None or figures.office is None else office.name
    return chart(await asyncio.to_thread(figures_svg, figures, office_name=name, time_zone=zone))


async def download(visit: Visit) -> Response:
    """The same as a file."""
    return text(figures_csv(await _figures(visit)), CSV, "statistics.csv")


async def download_invitations(visit: Visit) -> Response:
    """The invitations behind the figures, one a row, as a file."""
    since, until = _window(visit)
    wanted = InvitationFilter(visit.code, since=since, until=until)
    return await table(visit.doorstep.export_invitations(wanted), "invitations")


def _window(visit: Visit) -> tuple[datetime | timedelta | None, datetime | None]:
    """The days that were typed, or how far back was chosen."""
    days = days_of(visit)
    return (length_of(visit) if days == Days() else days.since), days.until


async def _figures(visit: Visit) -> Figures:
    since, until = _window(visit)
    by = visit.asked("by") or None
    # Taken apart by office it is about all of them, or there would be nothing to compare.
    office = None if by == By.OFFICE else visit.code
    return await visit.doorstep.figures(office, since=since, until=until, by=by)


def _page(visit: Visit, figures: Figures | None, refusal: Invalid | None = None) -> Response:
    asked = {name: visit.asked(name) for name in NAMES}
    query = urlencode({name: value for name, value in asked.items() if value})
    return visit.page(
        "statistics.html",
        status=200 if refusal is None else refusal.status,
        values=asked | {"period": asked["period"] or USUAL},
        faults={} if refusal is None else faults_of(refusal),
        lengths=LENGTHS,
        apart=APART,
        figures=figures,
        query=query,
        tables={} if figures is None else _tables(figures),
    )


def _tables(figures: Figures) -> dict[str, object]:
    return {
        "funnel": [Line(STEPS[each.step], (number(each.count), share(each.share))) for each in figures.total.funnel],
        "times": [
            Line(STRETCHES[each.stretch].capitalize(), (length(each.median), length(each.p95), number(each.count)))
            for each in figures.total.times
        ],
        "ages": tuple(str(age) for age in Age),
        "open": list(_open(figures)),
        "groups": [_group(each) for each in figures.groups],
        "states": [Line(said(name), (number(count),)) for name, count in figures.total.states.items() if count],
    }


def _open(figures: Figures) -> Sequence[Line]:
    """A row for each state, a column for each age."""
    counts = {(each.state, each.age): each.count for each in figures.open}
    states = dict.fromkeys(each.state for each in figures.open)
    return [Line(said(state), tuple(number(counts.get((state, age), 0)) for age in Age)) for state in states]


def _group(ways: Ways) -> Line:
    """How many of a group there are, and which share of them got how far."""
    shares = [share(each.share) for each in ways.funnel if each.step is not Step.INVITED]
    return Line(said(ways.name), (number(ways.reached(Step.INVITED)), *shares))


PATH = "/hub/offices/{office}/statistics"
ROUTES = [
    look(PATH, show),
    look(f"{PATH}/chart", draw),
    look(f"{PATH}/file", download),
    look(f"{PATH}/invitations", download_invitations),
]
