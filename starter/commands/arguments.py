"""Arguments that several commands share, and how their texts are read."""

import re
from datetime import timedelta
from typing import Annotated
from uuid import UUID

import typer

from starter.commands.printing import UNITS

_PART = re.compile(r"(\d+(?:\.\d+)?)([dhms])")


def read_duration(text: str) -> timedelta:
    """`24h`, `7d`, `1h30m`, `0m`.

    Raises:
        typer.BadParameter: for anything else.
    """
    found = _PART.findall(text)
    if not found or "".join(number + letter for number, letter in found) != text:
        raise typer.BadParameter(f"{text!r} is no duration. Write it like 24h, 30m, 7d or 1h30m.")
    try:
        return sum((float(number) * UNITS[letter] for number, letter in found), timedelta(0))
    except OverflowError:
        raise typer.BadParameter(f"{text!r} is longer than any calendar.") from None


Id = Annotated[
    str,
    typer.Argument(metavar="ID", help="The invitation: its id, its workflow id, or the first 8 characters or more."),
]
Office = Annotated[str, typer.Option("--office", metavar="CODE", help="The office, such as nz.", show_default=False)]
SomeOffice = Annotated[str | None, typer.Option("--office", metavar="CODE", help="The office, such as nz.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the record.", show_default=False)]
OfficeCode = Annotated[str, typer.Argument(metavar="OFFICE", help="The office, such as nz.")]
ContactId = Annotated[UUID, typer.Argument(metavar="ID", help="The contact: its id, as contact list shows it.")]
Person = Annotated[str | None, typer.Option(help="Who it is.", show_default=False)]
Accounts = Annotated[
    list[str] | None, typer.Option("--account", metavar="CODE", help="An account; repeat it for more.")
]
Roles = Annotated[list[str] | None, typer.Option("--role", help="A role, by default customer; repeat it for more.")]
Template = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The welcome mail, such as accountactivation-EJS.", show_default=False),
]
Rehearsal = Annotated[bool, typer.Option("--test", help="A rehearsal, left out of the statistics and the seats.")]
Overlap = Annotated[
    timedelta | None,
    typer.Option(
        parser=read_duration,
        metavar="DURATION",
        help="How long the secret before stays good; at first 24h.",
        show_default=False,
    ),
]
