"""Group roles of an office: what each stands for, and its own ones."""

from typing import TYPE_CHECKING, Annotated

import typer

from starter.commands.answers import Answer, As, command
from starter.commands.arguments import OfficeCode
from starter.commands.printing import Whole, iso, table
from starter.commands.session import ask

if TYPE_CHECKING:
    from doorstep.domain.group_roles import GroupRole

app = typer.Typer(help="Group roles: names for several roles, asked for like a role.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The group: lower-case letters, digits and _.")]
Bundled = Annotated[list[str], typer.Argument(metavar="ROLE...", help="Its roles; they replace those before.")]
STAYS = "What was asked or granted before stays as it is."


@command(app, "list")
def list_(office: OfficeCode, actor: As = "") -> Answer:
    """Every group of an office, the roles that it stands for, and whose it is."""
    found = ask(lambda doorstep: doorstep.group_roles(office), actor=actor)
    rows = [(each.name, ", ".join(each.roles), _whose(each)) for each in found]
    data = {"office": office, "groups": [_told(each) for each in found]}
    return Answer(data, [table(("group", "roles", "whose"), rows)])


@command(app, "set")
def set_(office: OfficeCode, name: Name, role: Bundled, actor: As = "") -> Answer:
    """Make a group, or change one; one that comes with Doorstep makes way for it."""
    made = ask(lambda doorstep: doorstep.group_role_set(office, name, role), actor=actor)
    said = f"From now on {made.name} stands for {', '.join(made.roles)} in office {office}."
    return Answer({"office": office, **_told(made)}, [Whole(f"{said} {STAYS}")])


@command(app)
def remove(office: OfficeCode, name: Name, actor: As = "") -> Answer:
    """Take a group of the office's own away; one that comes with Doorstep is back then."""
    back = ask(lambda doorstep: doorstep.group_role_remove(office, name), actor=actor)
    said = f"{name} is gone." if back is None else f"{name} stands for {', '.join(back.roles)} again."
    data = {"office": office, "name": name, "is_removed": True, "built_in": None if back is None else _told(back)}
    return Answer(data, [Whole(f"{said} {STAYS}")])


def _told(group: "GroupRole") -> dict[str, object]:
    return {
        "name": group.name,
        "roles": list(group.roles),
        "permissions": sorted(group.permissions),
        "is_own": group.is_own,
        "changed_at": iso(group.changed_at),
    }


def _whose(group: "GroupRole") -> str:
    if not group.is_own:
        return "built in"
    return "the office's, instead of the built-in one" if group.is_instead else "the office's"
