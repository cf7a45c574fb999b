"""The two ways in to the same thing: from a company, and from the list of clients (S1.1-S1.5)."""

from doorstep.domain.authority import WAYS, Right, Way
from doorstep.domain.errors import Forbidden
from web.hub.visits import Visit


def may_add(visit: Visit, way: Way) -> bool:
    """True where somebody adds by that way (S1.2, S1.4).

    Where an office lets all of its staff invite (S0.1), whoever holds neither way adds a client from the list.
    """
    is_theirs = visit.may_come_by(way) or (way is Way.CUSTOMERS and not visit.authority.ways)
    return is_theirs and visit.may(Right.INVITE)


def require_way(visit: Visit, way: Way) -> None:
    """Let through whoever adds by that way.

    Raises:
        Forbidden: `not_allowed`.
    """
    if not may_add(visit, way):
        sets = "; ".join(" + ".join(sorted(needed)) for needed in WAYS[way])
        raise Forbidden("not_allowed", f"You may not add customers from this page. It takes one of: {sets}.")
