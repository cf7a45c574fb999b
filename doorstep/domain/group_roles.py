"""Group roles of an office: those that come with Doorstep, and its own, which may take the place of one (S1.11).

Individual roles and permissions are those of the portal, and the same for every office.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from doorstep.domain.editions import require_same
from doorstep.domain.errors import Conflict, Invalid, NotFound
from doorstep.domain.permissions import GROUPS, ROLES, permissions_of, unknown_role

MOST_OWN = 50
"""Groups of its own that an office can have."""

NEW = "new"
"""The edition that somebody has seen who adds a group: there was none of that name."""

BUILT_IN = "built-in"
_NAME = re.compile(r"[a-z0-9_]{2,40}")


@dataclass(frozen=True)
class GroupRole:
    """A name for several roles; `is_own` is one of the office, with when that was changed."""

    name: str
    roles: tuple[str, ...]
    is_own: bool = False
    changed_at: datetime | None = None

    @property
    def permissions(self) -> frozenset[str]:
        """What it opens."""
        return permissions_of([self.name], bundles([(self.name, self.roles)]))

    @property
    def is_instead(self) -> bool:
        """True where it stands in the place of one that comes with Doorstep."""
        return self.is_own and self.name in GROUPS

    @property
    def edition(self) -> str:
        """What a change of it is made for."""
        return self.changed_at.isoformat() if self.changed_at else BUILT_IN


def merged(own: Iterable[GroupRole]) -> dict[str, GroupRole]:
    """The groups of an office by name: its own ones, and the built-in ones that none of them takes the place of."""
    every = {name: GroupRole(name, roles) for name, roles in GROUPS.items()} | {each.name: each for each in own}
    return {name: every[name] for name in sorted(every)}


def bundles(own: Iterable[tuple[str, Sequence[str]]]) -> Mapping[str, Sequence[str]]:
    """What the groups of an office stand for; a role that only a newer Doorstep knows opens nothing here (F20)."""
    return GROUPS | {name: tuple(role for role in roles if role in ROLES) for name, roles in own}


def checked_name(name: str) -> str:
    """The name of a group, which nobody can take for that of a role.

    Raises:
        Invalid: `group_name`.
    """
    clean = name.strip()
    if not _NAME.fullmatch(clean):
        sentence = "A group is called by 2 to 40 lower-case letters, digits and _, such as seasonal_staff."
        raise Invalid("group_name", sentence, field="name")
    if clean in ROLES:
        raise Invalid("group_name", f"{clean} is an individual role. Give the group another name.", field="name")
    return clean


def checked_roles(roles: Iterable[str], groups: Iterable[str] = GROUPS) -> tuple[str, ...]:
    """The roles of a group, each once and in the order of the catalogue.

    Raises:
        Invalid: `group_empty`, `group_in_group`, `unknown_role`.
    """
    asked = list(roles)
    if not asked:
        raise Invalid("group_empty", "Choose at least one role for the group.", field="roles")
    for name in asked:
        if name in groups:
            sentence = f"{name} is a group itself. A group is made of roles: {', '.join(sorted(ROLES))}."
            raise Invalid("group_in_group", sentence, field="roles")
        if name not in ROLES:
            raise unknown_role(name, ROLES, field="roles")
    return tuple(role for role in ROLES if role in asked)


def require_settable(name: str, groups: Mapping[str, GroupRole], seen: str | None) -> None:
    """Refuse to overwrite what somebody has not seen, and more groups than anybody could look through.

    Raises:
        Invalid: `group_taken`; Changed: `changed_meanwhile`; Conflict: `group_limit`.
    """
    present = groups.get(name)
    if seen == NEW and present is not None:
        sentence = "There is a group of that name already. Change that one, or choose another name."
        raise Invalid("group_taken", sentence, field="name")
    require_same(seen, NEW if present is None else present.edition)
    is_one_more = present is None or not present.is_own
    if is_one_more and sum(each.is_own for each in groups.values()) >= MOST_OWN:
        sentence = f"An office has at most {MOST_OWN} groups of its own. Take one away that nobody needs any more."
        raise Conflict("group_limit", sentence)


def require_removable(name: str, groups: Mapping[str, GroupRole], seen: str | None) -> GroupRole:
    """The group of the office's own that is to be taken away.

    Raises:
        NotFound: `no_such_group`; Conflict: `group_built_in`; Changed: `changed_meanwhile`.
    """
    found = group_named(name, groups)
    require_same(seen, found.edition)
    if not found.is_own:
        sentence = "This group comes with Doorstep. It can be changed, but not taken away."
        raise Conflict("group_built_in", sentence)
    return found


def group_named(name: str, groups: Mapping[str, GroupRole]) -> GroupRole:
    """The group of that name.

    Raises:
        NotFound: `no_such_group`.
    """
    if name not in groups:
        raise NotFound("no_such_group", "The office has no group of that name.")
    return groups[name]
