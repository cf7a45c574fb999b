"""One user: what they may use on each account, and what can be done about them (S4.19, S4.47)."""

from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID

from fastapi import Response

from doorstep.domain.errors import DoorstepError, NotFound
from doorstep.domain.pairs import staff_permissions
from doorstep.domain.permissions import SECTIONS
from doorstep.store.user_views import UserView
from doorstep.store.users import Membership
from web.hub.forms import ButtonForm, HubForm, filled
from web.hub.invitation import SHOWN
from web.hub.users import list_of
from web.hub.visits import Visit, act, look

USER = "/hub/users/{user}"


class PermissionsForm(HubForm):
    """What a user may use, in one membership."""

    membership: UUID
    permissions: tuple[str, ...] = ()


async def show(visit: Visit) -> Response:
    """What is known of the user."""
    return _page(visit, await visit.doorstep.user_view(visit.identifier("user")))


def _page(visit: Visit, view: UserView, refusal: DoorstepError | None = None) -> Response:
    here = _within(visit, view)
    return here.page(
        "user.html",
        status=200 if refusal is None else refusal.status,
        view=view,
        user=view.user,
        choices={each.id: _choices(view, each) for each in view.memberships},
        beyond={each.id: _beyond(view, each) for each in view.memberships},
        users=list_of(here.code),
        faults={} if refusal is None else {"": refusal},
    )


def _within(visit: Visit, view: UserView) -> Visit:
    """In the first office of the user that is one of the person's too.

    Raises:
        NotFound: there is none (T20).
    """
    for office in visit.insider.workplaces:
        if office.code in view.offices:
            return visit.within(office.code)
    raise NotFound("no_such_user", "There is no such user.")


def _choices(view: UserView, each: Membership) -> list[tuple[str, str]]:
    """What can be ticked: what may be granted there, and to a staff login no more than it may ever have (S4.11)."""
    may_grant = None if each.id is None else view.may_grant.get(each.id)
    names = frozenset(SECTIONS) if may_grant is None else may_grant
    if view.user.pair_id is not None:
        names = staff_permissions(names)
    return [(name, words) for name, words in SECTIONS.items() if name in names]


def _beyond(view: UserView, each: Membership) -> list[str]:
    """What the user has and whoever looks may not grant; to save takes it away."""
    offered = {name for name, _ in _choices(view, each)}
    return [name for name in each.permissions if name not in offered]


Take = Callable[[Visit, str], Awaitable[object]]


async def _suspend(visit: Visit, username: str) -> object:
    return await visit.doorstep.user_suspend(username)


async def _resume(visit: Visit, username: str) -> object:
    return await visit.doorstep.user_resume(username)


async def _password_link(visit: Visit, username: str) -> None:
    await visit.doorstep.user_password_link(username)


async def _delete(visit: Visit, username: str) -> object:
    return await visit.doorstep.user_delete(username)


async def _erase(visit: Visit, username: str) -> None:
    await visit.doorstep.user_erase(username)


STAYING: dict[str, tuple[Take, str]] = {
    "suspend": (_suspend, "user-suspended"),
    "resume": (_resume, "user-resumed"),
    "password-link": (_password_link, "user-password-link"),
}
"""After these the user is still there."""

LEAVING: dict[str, tuple[Take, str]] = {"delete": (_delete, "user-deleted"), "erase": (_erase, "user-erased")}


async def step(visit: Visit, *, name: str) -> Response:
    """Press one of the buttons."""
    filled(ButtonForm, visit.sent)
    view = await visit.doorstep.user_view(visit.identifier("user"))
    take, done = (STAYING | LEAVING)[name]
    try:
        await take(visit, view.user.username)
    except SHOWN as refusal:
        return _page(visit, view, refusal)
    return visit.go(path_of(view.user.id) if name in STAYING else list_of(_within(visit, view).code), done=done)


async def set_permissions(visit: Visit) -> Response:
    """Keep what the user may use there; they have to sign in again."""
    form = filled(PermissionsForm, visit.sent)
    view = await visit.doorstep.user_view(visit.identifier("user"))
    try:
        await visit.doorstep.user_permissions(view.user.username, form.permissions, membership=form.membership)
    except SHOWN as refusal:
        return _page(visit, view, refusal)
    return visit.go(path_of(view.user.id), done="user-permissions")


def path_of(user: UUID) -> str:
    """The page of a user."""
    return f"/hub/users/{user}"


ROUTES = [
    look(USER, show),
    *(act(f"{USER}/{name}", partial(step, name=name)) for name in STAYING | LEAVING),
    act(f"{USER}/permissions", set_permissions),
]
