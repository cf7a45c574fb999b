"""The two tabs beside the list: who is invited, and the usernames that wait for an approval (S4.39, S4.43, S4.44)."""

from fastapi import Response

from doorstep.domain.states import State
from doorstep.store.listing import Wanted
from web.hub.forms import ButtonForm, filled
from web.hub.invite import INVITE
from web.hub.navigation import home_of
from web.hub.visits import Visit, act, look


async def invited(visit: Visit) -> Response:
    """Whose link is open."""
    return await _page(visit, "invited", State.PENDING)


async def unapproved(visit: Visit) -> Response:
    """Whose username waits for a username administrator."""
    return await _page(visit, "unapproved", State.AWAITING_APPROVAL)


async def approve(visit: Visit) -> Response:
    """Approve one row with what was asked for; it leaves the list at once (S4.43, S4.44)."""
    filled(ButtonForm, visit.sent)
    await visit.doorstep.approve(visit.identifier("invitation"), approver=visit.doorstep.actor.name)
    return visit.go(f"{home_of(visit.code)}/invite/unapproved", done="row-approved")


async def _page(visit: Visit, tab: str, state: State) -> Response:
    after = visit.asked("after")
    found = await visit.doorstep.invitations(visit.code, Wanted(state=state), after=after)
    return visit.page(
        f"invite_{tab}.html",
        found=found,
        tab=tab,
        home=f"{home_of(visit.code)}/invite",
        after=after,
        may_decide=visit.office is not None and visit.office.is_approver,
    )


ROUTES = [
    look(f"{INVITE}/invited", invited),
    look(f"{INVITE}/unapproved", unapproved),
    act(f"{INVITE}/unapproved/{{invitation}}/approve", approve),
]
