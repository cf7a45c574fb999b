"""The users of an office, to be found by what they are called, by state and by account."""

from urllib.parse import urlencode

from fastapi import Response

from doorstep.store.member_lists import UserFilter
from web.hub.visits import Visit, look

USERS = "/hub/offices/{office}/users"
PAGE = 50
STATES = ("unapproved", "setup_pending", "active", "suspended")
CHOICES = [("", "Any state"), *((each, each.replace("_", " ").capitalize()) for each in STATES)]


def list_of(office: str) -> str:
    """The page of the users of an office."""
    return f"/hub/offices/{office}/users"


async def show(visit: Visit) -> Response:
    """In order of username."""
    asked = {name: visit.asked(name) for name in ("q", "state", "account")}
    state = asked["state"] if asked["state"] in STATES else None
    wanted = UserFilter(state, search=asked["q"], account=asked["account"] or None)
    page = await visit.doorstep.user_page(visit.code, wanted, after=visit.asked("after"), limit=PAGE)
    filters = {name: value for name, value in asked.items() if value}
    path = visit.request.url.path
    return visit.page(
        "users.html",
        members=page.items,
        asked=asked,
        is_filtered=bool(filters),
        choices=CHOICES,
        path=path,
        next=f"{path}?{urlencode(filters | {'after': page.next})}" if page.next else "",
        first=(f"{path}?{urlencode(filters)}" if filters else path) if visit.asked("after") else "",
    )


ROUTES = [look(USERS, show)]
