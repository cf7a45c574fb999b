"""Offices and their username administrators."""

from typing import TYPE_CHECKING, Annotated

import typer

from doorstep.domain.invitation import Office
from starter.commands import views
from starter.commands.answers import Answer, As, command
from starter.commands.arguments import OfficeCode
from starter.commands.office_options import OWN, RULES, given, rules_of
from starter.commands.printing import Whole, table
from starter.commands.session import ask

if TYPE_CHECKING:
    from starter.client import Doorstep

offices = typer.Typer(help="Offices: what each is called, and by which rules it invites.", no_args_is_help=True)
approvers = typer.Typer(help="The username administrators, who approve.", no_args_is_help=True)

Code = Annotated[str, typer.Argument(metavar="CODE", help="The office, such as nz.")]
Addresses = Annotated[list[str], typer.Argument(metavar="ADDRESS...", help="One to three; they replace those before.")]
One = Annotated[str, typer.Argument(metavar="ADDRESS", help="Who no longer approves.")]
NO_OFFICE = "No offices yet. Make one: doorstep office set nz"


@command(offices, "set", options={**OWN, **RULES})
def office_set(code: Code, actor: As = "", **options: object) -> Answer:
    """Make an office, or change what is named of one; nothing but the code is needed."""
    own, rules = given(options, OWN), rules_of(options)

    async def work(doorstep: "Doorstep") -> tuple[Office, int]:
        found = await doorstep.office_set(code, own=own, rules=rules)
        return found, await doorstep.seats(found.code)

    return _answer(*ask(work, actor=actor))


@command(offices, "show")
def office_show(code: Code, actor: As = "") -> Answer:
    """An office, its rules, its administrators, and how many seats it uses."""

    async def work(doorstep: "Doorstep") -> tuple[Office, int]:
        return await doorstep.office(code), await doorstep.seats(code)

    return _answer(*ask(work, actor=actor))


@command(offices, "list")
def office_list(actor: As = "") -> Answer:
    """Every office."""
    found = ask(_all, actor=actor)
    rows = [(o.code, o.name, o.region, o.time_zone, ", ".join(o.approvers) or "none yet") for o in found]
    shown = table(("code", "name", "region", "time zone", "administrators"), rows) if rows else NO_OFFICE
    return Answer({"offices": [views.office(each) for each in found]}, [shown])


@command(approvers, "set")
def approvers_set(office: OfficeCode, address: Addresses, actor: As = "") -> Answer:
    """Say who approves in an office."""
    found = ask(lambda doorstep: doorstep.approvers_set(office, address), actor=actor)
    names = ", ".join(found.approvers)
    return Answer(_approvers(found), [f"Office {found.code} is approved by {names}."])


@command(approvers, "list")
def approvers_list(office: OfficeCode, actor: As = "") -> Answer:
    """Who approves in an office."""
    found = ask(lambda doorstep: doorstep.office(office), actor=actor)
    return Answer(_approvers(found), [*found.approvers] or _next_step(found))


@command(approvers, "remove")
def approvers_remove(office: OfficeCode, address: One, actor: As = "") -> Answer:
    """Take one off the list; the last one only while no invitation is open."""
    found = ask(lambda doorstep: doorstep.approver_remove(office, address), actor=actor)
    names = ", ".join(found.approvers)
    return Answer(_approvers(found), [f"Office {found.code} is approved by {names}."] if names else _next_step(found))


async def _all(doorstep: "Doorstep") -> list[Office]:
    return [await doorstep.office(code) for code in await doorstep.offices()]


def _answer(found: Office, seats: int) -> Answer:
    next_step = _next_step(found)
    shown = [views.office_sheet(found, seats), *([""] if next_step else []), *next_step]
    return Answer(views.office(found) | {"seats": seats}, shown)


def _approvers(office: Office) -> dict[str, object]:
    return {"office": office.code, "approvers": list(office.approvers)}


def _next_step(office: Office) -> list[str]:
    if office.approvers:
        return []
    command_line = f"doorstep approvers set {office.code} ADDRESS"
    return [Whole(f"Nobody can approve here yet, so it sends nothing. Next: {command_line}")]
