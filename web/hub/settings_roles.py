"""Roles and group roles, and the permissions that each bundles (S1.11-S1.13): the groups are the office's to change.

Individual roles come with Doorstep, the same for every office; who may grant what of them, an office says of each of
its staff.
"""

from collections.abc import Sequence

from fastapi import Response

from doorstep.domain.authority import Right, not_allowed
from doorstep.domain.errors import Changed, Conflict, Invalid, Refused
from doorstep.domain.group_roles import NEW, GroupRole, group_named
from doorstep.domain.permissions import DEFAULT_ROLE, GROUPS, ROLES
from web.hub.clients_form import role_choices
from web.hub.forms import HubForm, filled
from web.hub.settings import SETTINGS
from web.hub.visits import Visit, act, look

PATH = SETTINGS + "/roles"
ONE = PATH + "/{group}"


class NewGroupForm(HubForm):
    """What a new group is called, and stands for."""

    name: str = ""
    roles: tuple[str, ...] = ()


class GroupForm(HubForm):
    """What a group is to stand for."""

    roles: tuple[str, ...] = ()
    seen: str = ""


class RemoveForm(HubForm):
    """The group as it was when somebody decided to take it away."""

    seen: str = ""


async def show(visit: Visit) -> Response:
    """Every group and every role, and the form for another group."""
    return await _list(visit)


async def add(visit: Visit) -> Response:
    """Make a group, under a name that none has yet."""
    try:
        form = filled(NewGroupForm, visit.sent)
        await visit.doorstep.group_role_set(visit.code, form.name, form.roles, seen=NEW)
    except (Invalid, Conflict) as refusal:
        return await _list(visit, refusal)
    return visit.go(PATH.format(office=visit.code), done="group-saved")


async def show_one(visit: Visit) -> Response:
    """One group, to be changed or taken away."""
    group = await _group(visit)
    return _one(visit, group, group.roles)


async def save(visit: Visit) -> Response:
    """Let a group stand for other roles, unless somebody else changed it meanwhile."""
    name = visit.request.path_params["group"]
    try:
        form = filled(GroupForm, visit.sent)
        await visit.doorstep.group_role_set(visit.code, name, form.roles, seen=form.seen)
    except (Invalid, Conflict, Changed) as refusal:
        typed = () if visit.sent is None else visit.sent.every("roles")
        return _one(visit, await _group(visit), typed, refusal)
    return visit.go(PATH.format(office=visit.code), done="group-saved")


async def remove(visit: Visit) -> Response:
    """Take a group of the office's own away."""
    form = filled(RemoveForm, visit.sent)
    await visit.doorstep.group_role_remove(visit.code, visit.request.path_params["group"], seen=form.seen)
    return visit.go(PATH.format(office=visit.code), done="group-removed")


async def _groups(visit: Visit) -> tuple[GroupRole, ...]:
    if not visit.may(Right.SETTINGS):
        raise not_allowed(Right.SETTINGS)
    return await visit.doorstep.group_roles(visit.code)


async def _group(visit: Visit) -> GroupRole:
    return group_named(visit.request.path_params["group"], {each.name: each for each in await _groups(visit)})


async def _list(visit: Visit, refusal: Refused | None = None) -> Response:
    return visit.page(
        "settings_roles.html",
        status=200 if refusal is None else refusal.status,
        groups=[(each, _may_change(visit, each)) for each in await _groups(visit)],
        roles=ROLES,
        usual=DEFAULT_ROLE,
        choices=role_choices(visit),
        name="" if visit.sent is None else visit.sent.one("name"),
        chosen=() if visit.sent is None else visit.sent.every("roles"),
        faults=_faults(refusal),
    )


def _one(visit: Visit, group: GroupRole, chosen: Sequence[str], refusal: Refused | None = None) -> Response:
    return visit.page(
        "settings_role.html",
        status=200 if refusal is None else refusal.status,
        group=group,
        built_in=GROUPS.get(group.name, ()),
        may_change=_may_change(visit, group),
        choices=role_choices(visit),
        chosen=chosen,
        faults=_faults(refusal),
        path=PATH.format(office=visit.code),
    )


def _may_change(visit: Visit, group: GroupRole) -> bool:
    """S1.20: what somebody may not grant, they neither put into a group nor lose out of one by saving it."""
    most = visit.authority.may_grant
    return most is None or group.permissions <= most


def _faults(refusal: Refused | None) -> dict[str, Refused]:
    if refusal is None:
        return {}
    return {refusal.field if isinstance(refusal, Invalid) else "": refusal}


ROUTES = [
    look(PATH, show),
    act(PATH, add),
    look(ONE, show_one),
    act(ONE, save),
    act(f"{ONE}/remove", remove),
]
