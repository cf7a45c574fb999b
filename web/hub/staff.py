"""The staff of an office: who is on it, and somebody new (S1.2-S1.5, S1.20, S4.2, S4.3)."""

from collections.abc import Mapping
from urllib.parse import urlencode

from fastapi import Response

from doorstep.domain.authority import Authority, Right, not_allowed
from doorstep.domain.errors import Conflict, Forbidden, Invalid, Refused
from doorstep.domain.permissions import SECTIONS
from web.hub.forms import filled
from web.hub.staff_forms import NEW, NewStaffForm, faults_of_staff, typed_values
from web.hub.staff_words import PERMISSIONS, rights_in_words, ways_in_words
from web.hub.visits import Visit, act, look

STAFF = "/hub/offices/{office}/staff"


def staff_path(visit: Visit, below: str = "") -> str:
    """The address of a page about the staff of the office."""
    return STAFF.format(office=visit.code) + below


async def show_all(visit: Visit) -> Response:
    """Everybody, page by page; a search goes over names and addresses."""
    search, after = visit.asked("q"), visit.asked("after")
    found = await visit.doorstep.staff_page(visit.code, search=search, after=after)
    path = staff_path(visit)
    following = urlencode({"q": search, "after": found.next}) if found.next else ""
    return visit.page(
        "staff.html",
        found=found,
        search=search,
        path=path,
        next=f"{path}?{following}" if following else "",
        first=f"{path}?{urlencode({'q': search})}" if after else "",
    )


async def show_add(visit: Visit) -> Response:
    """The form for somebody new."""
    if not visit.may(Right.STAFF):
        raise not_allowed(Right.STAFF)
    return _form(visit, NEW, {})


async def add(visit: Visit) -> Response:
    """Put them on the staff, and mail them the link to the Team Hub."""
    try:
        form = filled(NewStaffForm, visit.sent)
        grants, grants_all = form.grants_asked()
        made = await visit.doorstep.staff_set(
            visit.code,
            form.address,
            name=form.name,
            permissions=form.permission,
            is_rep=form.is_rep,
            may_grant=grants,
            may_grant_all=grants_all,
        )
        if form.mails:
            await visit.doorstep.staff_invite(made.address)
    except (Invalid, Conflict) as refusal:
        return _form(visit, typed_values(visit.sent), faults_of_staff(refusal), status=refusal.status)
    except Forbidden as refusal:
        if refusal.code != "grant_not_allowed":
            raise
        return _form(visit, typed_values(visit.sent), {"may_grant": refusal}, status=refusal.status)
    return visit.go(staff_path(visit, f"/{made.id}"), done="staff-mailed" if form.mails else "staff-added")


def _form(visit: Visit, values: Mapping[str, object], faults: Mapping[str, Refused], *, status: int = 200) -> Response:
    return visit.page("staff_add.html", status=status, values={**NEW, **values}, faults=faults, **choices(visit))


def choices(visit: Visit, held: frozenset[str] | None = frozenset()) -> dict[str, object]:
    """What can be chosen in the forms, beside what is `held` already, None for everything.

    Nobody is offered to hand on what whoever looks may not hand on (S1.20).
    """
    own = visit.authority.may_grant
    offered = None if own is None or held is None else own | held
    sections = [(name, words) for name, words in SECTIONS.items() if offered is None or name in offered]
    return {
        "permissions": [(str(name), f"{name}: {words}") for name, words in PERMISSIONS.items()],
        "sections": sections,
        "may_grant_all": own is None or held is None,
        "path": staff_path(visit),
    }


def in_words(authority: Authority) -> dict[str, object]:
    """The rights that follow from what somebody holds, and the pages on which they invite."""
    return {"rights": rights_in_words(authority), "ways": ways_in_words(authority)}


ROUTES = [
    look(STAFF, show_all),
    look(STAFF + "/add", show_add),
    act(STAFF + "/add", add),
]
