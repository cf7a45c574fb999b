"""Roles and group roles, and the permissions that each bundles (S1.11-S1.13).

They come with Doorstep, the same for every office; who may grant what of them, an office says of each of its staff.
"""

from fastapi import Response

from doorstep.domain.authority import Right, not_allowed
from doorstep.domain.permissions import DEFAULT_ROLE, GROUPS, ROLES, permissions_of
from web.hub.settings import SETTINGS
from web.hub.visits import Visit, look


async def show(visit: Visit) -> Response:
    """Every group and every role."""
    if not visit.may(Right.SETTINGS):
        raise not_allowed(Right.SETTINGS)
    groups = [(name, roles, permissions_of([name])) for name, roles in GROUPS.items()]
    return visit.page("settings_roles.html", groups=groups, roles=ROLES, usual=DEFAULT_ROLE)


ROUTES = [look(SETTINGS + "/roles", show)]
