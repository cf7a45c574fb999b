"""Seats: how many usernames count, which ones, and why (S4.47)."""

import asyncio

from fastapi import Response

from doorstep.domain.pages import id_at
from doorstep.domain.seats import WHY, Reason
from starter.charts.seats import seats_svg
from starter.charts.words import said
from web.files import table
from web.hub.downloads import chart
from web.hub.visits import Visit, look

PAGE = 50


async def show(visit: Visit) -> Response:
    """How many, by state and by account."""
    report = await visit.doorstep.seat_report(visit.code)
    states = {each.name: each.count for each in report.states}
    rows = [(said(reason), states.get(reason, 0), WHY[reason]) for reason in Reason]
    return visit.page("statistics_seats.html", report=report, rows=rows)


async def usernames(visit: Visit) -> Response:
    """The usernames that count, each with the reason."""
    after = visit.asked("after")
    found = await visit.doorstep.seat_list(visit.code, after_user=id_at(after) if after else None, limit=PAGE)
    return visit.page("statistics_usernames.html", found=found, after=after)


async def draw(visit: Visit) -> Response:
    """The seats by the day they were taken, as a picture."""
    report = await visit.doorstep.seat_report(visit.code)
    name = "" if visit.office is None else visit.office.name
    return chart(await asyncio.to_thread(seats_svg, report, office_name=name))


async def download(visit: Visit) -> Response:
    """The usernames that count, as a file."""
    return await table(visit.doorstep.export_seats(visit.code), "seats")


PATH = "/hub/offices/{office}/statistics/seats"
ROUTES = [
    look(PATH, show),
    look(f"{PATH}/usernames", usernames),
    look(f"{PATH}/chart", draw),
    look(f"{PATH}/file", download),
]
