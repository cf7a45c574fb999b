"""The pages of an office, as its people find them: what somebody has no right for is not offered (S4.4)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from doorstep.domain.authority import Right

if TYPE_CHECKING:
    from web.hub.visits import Visit


@dataclass(frozen=True)
class Entry:
    """One page in the menu; `key` is pressed after `g` to go there."""

    name: str
    path: str
    key: str = ""


PAGES: tuple[tuple[str, str, str, Right | None], ...] = (
    ("Dashboard", "", "d", None),
    ("Approvals", "/approvals", "a", Right.SEE),
    ("Clients", "/clients", "c", Right.SEE),
    ("Companies", "/companies", "o", Right.SEE),
    ("Invite", "/invite", "i", Right.INVITE),
    ("Portal links", "/links", "l", Right.SEE),
    ("Users", "/users", "u", Right.SEE),
    ("Batches", "/batches", "b", Right.SEE),
    ("Statistics", "/statistics", "s", Right.SEE),
    ("Templates", "/templates", "t", Right.TEMPLATES),
    ("Audit", "/audit", "h", Right.SEE),
    ("Staff", "/staff", "f", Right.STAFF),
    ("Settings", "/settings", "e", Right.SETTINGS),
)
"""Name, path below the office, key, and the right that it takes."""

OF_ALL = frozenset({"/audit"})
"""What tells of the whole office, and so is not for whoever is held to some accounts."""


def entries(visit: "Visit") -> list[Entry]:
    """The menu of the office of a visit; empty where there is none."""
    if visit.office is None:
        return []
    start = home_of(visit.office.code)
    return [
        Entry(name, start + path, key)
        for name, path, key, right in PAGES
        if (right is None or visit.may(right)) and (path not in OF_ALL or visit.authority.sees_all)
    ]


def home_of(office: str) -> str:
    """The first page of an office."""
    return f"/hub/offices/{office}"


ELSEWHERE = (("/review", "/approvals"), ("/hub/batches/", "/batches"), ("/hub/users/", "/users"), ("/hub/", "/links"))
"""Which page of the menu a thing belongs to whose own address names no office: an invitation, unless it is reviewed,
to the portal links."""


def place_of(path: str, office: str) -> str:
    """The address by which the menu knows where somebody is."""
    if path.startswith("/hub/offices/"):
        return path
    return next(home_of(office) + page for piece, page in ELSEWHERE if piece in path)
