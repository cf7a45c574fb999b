"""The first page: what needs whoever opened it, and how the office stands."""

from fastapi import Response

from web.hub.navigation import home_of
from web.hub.visits import Visit, look


async def start(visit: Visit) -> Response:
    """To the only office somebody works for, or to the choice among them."""
    if len(visit.insider.workplaces) == 1:
        return visit.go(home_of(visit.insider.workplaces[0].code))
    return visit.page("offices.html")


async def show(visit: Visit) -> Response:
    """What waits."""
    return visit.page("dashboard.html")


ROUTES = [
    look("/hub", start),
    look("/hub/offices/{office}", show),
]
