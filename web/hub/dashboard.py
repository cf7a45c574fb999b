"""The first page: what needs whoever opened it, what stands still and why, and how the office does."""

from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import Response

from doorstep.domain.authority import Right
from doorstep.domain.states import Attention, State
from doorstep.store.glance import MOST, MOST_STUCK, Needs
from web.hub.navigation import home_of
from web.hub.visits import Visit, look


@dataclass(frozen=True)
class Tile:
    """A number, what it counts, and the list behind it; `is_urgent` where somebody should look today."""

    number: str
    name: str
    path: str
    is_urgent: bool = False


@dataclass(frozen=True)
class NextStep:
    """What a new office does first; without a `path` it is for somebody with more rights."""

    name: str
    words: str
    path: str
    is_done: bool


async def start(visit: Visit) -> Response:
    """To the only office somebody works for, or to the choice among them."""
    if len(visit.insider.workplaces) == 1:
        return visit.go(home_of(visit.insider.workplaces[0].code))
    return visit.page("offices.html")


async def show(visit: Visit) -> Response:
    """What waits, the last 30 days, and for a new office what comes first."""
    if not visit.may(Right.SEE):
        return visit.page("dashboard.html", tiles=[], steps=[], is_new=False)
    needs = await visit.doorstep.needs(visit.code)
    steps = [] if needs.has_invitations else list(_next_steps(visit, needs))
    return visit.page("dashboard.html", tiles=list(_tiles(visit, needs)), steps=steps, is_new=not needs.has_invitations)


async def stuck(visit: Visit) -> Response:
    """What stands still, each with its reason and the way to mend it."""
    found = await visit.doorstep.troubled(visit.code)
    return visit.page("stuck.html", found=found, most=MOST_STUCK)


def _tiles(visit: Visit, needs: Needs) -> Iterator[Tile]:
    home = home_of(visit.code)
    if visit.office is not None and visit.office.is_approver:
        yield Tile(_counted(needs.mine), "wait for your decision", f"{home}/approvals", bool(needs.mine))
    else:
        yield Tile(_counted(needs.awaiting), "wait for approval", f"{home}/approvals")
    overdue = f"{home}/links?attention={Attention.APPROVAL_OVERDUE}"
    yield Tile(_counted(needs.overdue), "approvals are overdue", overdue, bool(needs.overdue))
    undeliverable = f"{home}/links?attention={Attention.UNDELIVERABLE}"
    yield Tile(_counted(needs.undeliverable), "could not be delivered", undeliverable, bool(needs.undeliverable))
    yield Tile(_counted(needs.stuck, MOST_STUCK), "need a look, with the reason", f"{home}/stuck", bool(needs.stuck))
    yield Tile(_counted(needs.pending), "wait for the invitee", f"{home}/links?state={State.PENDING}")


def _counted(number: int, most: int = MOST) -> str:
    return f"{number:,}" if number < most else f"{most:,}+"


def _next_steps(visit: Visit, needs: Needs) -> Iterator[NextStep]:
    """S4.21: an office without a username administrator sends nothing, so that comes first."""
    home = home_of(visit.code)

    def path(below: str, right: Right) -> str:
        return f"{home}{below}" if visit.may(right) else ""

    yield NextStep(
        "Name username administrators",
        "One to three people who approve new users. Nothing is sent before there is one.",
        path("/settings", Right.SETTINGS),
        needs.has_approvers,
    )
    yield NextStep(
        "Add your colleagues",
        "Each gets a link to set a password, and does here what you allow.",
        path("/staff", Right.STAFF),
        needs.has_colleagues,
    )
    yield NextStep(
        "Bring in your clients",
        "Import the export of your ERP, or add a client by hand.",
        path("/clients", Right.CONTACTS),
        needs.has_contacts,
    )
    yield NextStep(
        "Invite the first one",
        "Choose clients from the list; each gets a link that lasts 24 hours.",
        path("/invite", Right.INVITE),
        needs.has_invitations,
    )


ROUTES = [
    look("/hub", start),
    look("/hub/offices/{office}", show),
    look("/hub/offices/{office}/stuck", stuck),
]
