"""Offices and their username administrators."""

from typing import TYPE_CHECKING, Annotated

import typer

from doorstep.domain.invitation import Office
from starter.commands import views
from starter.commands.answers import Answer, As, command
from starter.commands.office_options import OWN, RULES, given, rules_of
from starter.commands.printing import table
from starter.commands.session import ask

if TYPE_CHECKING:
    from starter.client import Doorstep

offices = typer.Typer(help="Offices: what each is called, and by which rules it invites.", no_args_is_help=True)
approvers = typer.Typer(help="The username administrators, who approve.", no_args_is_help=True)

Code = Annotated[str, typer.Argument(metavar="CODE", help="The office, such as nz.")]
Addresses = Annotated[list[str], typer.Argument(metavar="ADDRESS...", help="One to three; they replace those before.")]
NO_OFFICE = "No offices yet. Make one: doorstep office set nz"


@command(offices, "set", options={**OWN, **RULES})
def office_set(code: Code, actor: As = "", **options: object) -> Answer:
    """Make an office, or change what is named of one; nothing but the code is needed."""
    own, rules = given(options, OWN), rules_of(options)
    found = ask(lambda doorstep: doorstep.office_set(code, own=own, rules=rules), actor=actor)
    return Answer(views.office(found), [views.office_sheet(found), *_next_step(found)])


@command(offices, "show")
def office_show(code: Code) -> Answer:
    """An office, its rules and its administrators."""
    found = ask(lambda doorstep: doorstep.office(code))
    return Answer(views.office(found), [views.office_sheet(found), *_next_step(found)])


@command(offices, "list")
def office_list() -> Answer:
    """Every office."""
    found = ask(_all)
    rows = [(o.code, o.name, o.region, o.time_zone, ", ".join(o.approvers) or "none yet") for o in found]
    shown = table(("code", "name", "region", "time zone", "administrators"), rows) if rows else NO_OFFICE
    return Answer({"offices": [views.office(each) for each in found]}, [shown])


@command(approvers, "set")
def approvers_set(
    office: Annotated[str, typer.Argument(metavar="OFFICE")], address: Addresses, actor: As = ""
) -> Answer:
    """Say who approves in an office."""
    found = ask(lambda doorstep: doorstep.approvers_set(office, address), actor=actor)
    names = ", ".join(found.approvers)
    data = {"office": found.code, "approvers": list(found.approvers)}
    return Answer(data, [f"Office {found.code} is approved by {names}."])


async def _all(doorstep: "Doorstep") -> list[Office]:
    return [await doorstep.office(code) for code in await doorstep.offices()]


def _next_step(office: Office) -> list[str]:
    if office.approvers:
        return []
    return [f"\nNobody can approve here yet, so it sends nothing. Next: doorstep approvers set {office.code} ADDRESS"]
