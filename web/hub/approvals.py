"""What waits for a decision, the one that waits for the longest time first."""

from fastapi import Response

from starter.waiting import overdue_at
from web.hub.visits import Visit, look

APPROVALS = "/hub/offices/{office}/approvals"


def queue_of(office: str) -> str:
    """The page of what waits in an office."""
    return f"/hub/offices/{office}/approvals"


async def show(visit: Visit) -> Response:
    """For a username administrator what is theirs to decide; for everybody else what the office waits for."""
    is_approver = visit.office is not None and visit.office.is_approver
    is_mine = is_approver and visit.asked("whose") != "all"
    page = await visit.doorstep.approvals(visit.code, is_mine=is_mine, after=visit.asked("after"))
    overdue = frozenset(each.id for each in page.items if each.now >= overdue_at(each))
    return visit.page(
        "approvals.html",
        waiting=page.items,
        next=page.next,
        overdue=overdue,
        is_mine=is_mine,
        is_approver=is_approver,
        path=queue_of(visit.code),
    )


ROUTES = [look(APPROVALS, show)]
