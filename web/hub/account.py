"""The person's own page: where they are signed in, and what they put away."""

from fastapi import Response

from web.hub.visits import Visit, act, look

ACCOUNT = "/hub/account"


async def show(visit: Visit) -> Response:
    """Sessions and sign-in."""
    sessions = await visit.doorstep.hub_sessions(visit.insider)
    return visit.page("account.html", sessions=sessions)


async def end_session(visit: Visit) -> Response:
    """End one of the sessions."""
    await visit.doorstep.hub_end_session(visit.insider, visit.identifier("session"))
    return visit.go(ACCOUNT, done="session-ended")


ROUTES = [
    look(ACCOUNT, show),
    act(ACCOUNT + "/sessions/{session}/end", end_session),
]
