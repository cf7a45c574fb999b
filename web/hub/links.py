"""The portal links of an office with their status, to be found and managed (S3.2)."""

from urllib.parse import urlencode

from fastapi import Response

from doorstep.domain.invitation import Delivery, Invitation
from doorstep.domain.messages import LINK_MESSAGES
from doorstep.domain.states import Attention, State
from doorstep.store.listing import Wanted
from web.hub.invitation_steps import steps
from web.hub.visits import Visit, look

LINKS = "/hub/offices/{office}/links"
PAGE = 50
STATES = [("", "Any state"), *((str(each), str(each).replace("_", " ").capitalize()) for each in State)]
FLAGS = [("", "With or without"), *((str(each), str(each).replace("_", " ").capitalize()) for each in Attention)]


async def show(visit: Visit) -> Response:
    """The newest first."""
    asked = {name: visit.asked(name) for name in ("q", "state", "account", "attention")}
    wanted = Wanted(
        state=State(asked["state"]) if asked["state"] in set(State) else None,
        account=asked["account"] or None,
        attention=asked["attention"] if asked["attention"] in set(Attention) else None,
        search=asked["q"],
    )
    page = await visit.doorstep.invitations(visit.code, wanted, after=visit.asked("after"), limit=PAGE)
    path = visit.request.url.path
    filters = {name: value for name, value in asked.items() if value}
    here = f"{path}?{urlencode(filters)}" if filters else path
    return visit.page(
        "links.html",
        invitations=page.items,
        messages={each.id: _newest_link(each) for each in page.items},
        steps={each.id: steps(visit.authority, each) for each in page.items},
        asked=asked,
        is_filtered=bool(filters),
        states=STATES,
        flags=FLAGS,
        path=path,
        back=here,
        next=f"{path}?{urlencode(filters | {'after': page.next})}" if page.next else "",
        first=here if visit.asked("after") else "",
    )


def _newest_link(invitation: Invitation) -> Delivery | None:
    """The message that brought the newest link, or will."""
    found = [each for each in invitation.deliveries if each.message in LINK_MESSAGES]
    return found[-1] if found else None


ROUTES = [look(LINKS, show)]
