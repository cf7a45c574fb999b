"""Group roles of an office: which there are, and its own ones made, changed and taken away (S1.11)."""

from collections.abc import Sequence

from doorstep.domain.group_roles import GroupRole, checked_name
from doorstep.store import group_roles
from starter.desk import Connected


class GroupRoles(Connected):
    """Names for several roles, asked for wherever a role is."""

    async def group_roles(self, office: str, *, actor: str | None = None) -> tuple[GroupRole, ...]:
        """The groups of an office by name, built-in ones and its own, for its own people (S1.11).

        Raises:
            NotFound: `no_such_office`; Forbidden: `not_staff`.
        """
        who = self._as(actor)
        return await self._run(lambda tx: group_roles.listed(tx, who, office))

    async def group_role_set(
        self, office: str, name: str, roles: Sequence[str], *, seen: str | None = None, actor: str | None = None
    ) -> GroupRole:
        """Make a group, or change one; a built-in one of that name makes way for it (S1.11).

        What was asked for or granted already stays as it is.

        Raises:
            Refused: with the field, or the reason; Changed: `changed_meanwhile`, where its edition is not the one that
                the caller has `seen` (`doorstep.domain.group_roles.NEW`: none of that name).
        """
        clean, chosen = checked_name(name), tuple(roles)
        who, detail = self._as(actor), {"command": "groups.set", "office": office}
        return await self._recorded(who, detail, lambda tx: group_roles.put(tx, who, office, clean, chosen, seen=seen))

    async def group_role_remove(
        self, office: str, name: str, *, seen: str | None = None, actor: str | None = None
    ) -> GroupRole | None:
        """Take a group of the office's own away; answers with the built-in one that comes back, if any (S1.11).

        Raises:
            Refused: unknown office; not allowed; `no_such_group`, `group_built_in`; `changed_meanwhile`.
        """
        who, detail = self._as(actor), {"command": "groups.remove", "office": office}
        return await self._recorded(
            who, detail, lambda tx: group_roles.remove(tx, who, office, name.strip(), seen=seen)
        )
