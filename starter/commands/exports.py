"""`doorstep export`: invitations, the audit and seats as CSV, safe to open in a spreadsheet."""

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from doorstep.domain.states import State
from starter.charts.words import number
from starter.commands.answers import Answer, As, command
from starter.commands.arguments import Office, SomeOffice
from starter.commands.files import STDOUT, require_one_answer, written
from starter.commands.patience import patience
from starter.commands.session import ask
from starter.commands.windows import Since, Until, Window

if TYPE_CHECKING:
    from starter.client import Doorstep

app = typer.Typer(help="Invitations, audit and seats as CSV, safe to open in a spreadsheet.", no_args_is_help=True)

To = Annotated[str, typer.Option("--to", metavar="FILE", help="Where to; `-` prints it.", show_default=False)]
NARROWED: dict[str, object] = {
    "state": Annotated[State | None, typer.Option(help="Only those in this state.")],
    "account": Annotated[str | None, typer.Option(metavar="CODE", help="Only those for this account.")],
    "batch": Annotated[UUID | None, typer.Option(metavar="ID", help="Only those of this batch.")],
    "since": Since,
    "until": Until,
}


@command(app, options=NARROWED)
def invitations(context: typer.Context, to: To, office: SomeOffice = None, actor: As = "", **options: Any) -> Answer:
    """Every invitation that matches, oldest first, one line each."""

    async def pieces(doorstep: "Doorstep") -> AsyncIterator[str]:
        from doorstep.store.invitation_exports import InvitationFilter  # noqa: PLC0415 - takes a second

        zone = "UTC" if office is None else (await doorstep.office(office)).time_zone
        since, until = Window(options["since"], options["until"]).in_zone(zone)
        state, account, batch = (options[each] for each in ("state", "account", "batch"))
        wanted = InvitationFilter(office, state, account, batch, since, until)
        async for piece in doorstep.export_invitations(wanted):
            yield piece

    return _export(context, pieces, to, actor)


@command(app)
def audit(context: typer.Context, office: Office, to: To, actor: As = "") -> Answer:
    """What is recorded of an office and its invitations, newest first."""
    return _export(context, lambda doorstep: doorstep.export_audit(office), to, actor)


@command(app)
def seats(context: typer.Context, office: Office, to: To, actor: As = "") -> Answer:
    """Every username that counts as a seat, and why."""
    return _export(context, lambda doorstep: doorstep.export_seats(office), to, actor)


def _export(context: typer.Context, pieces: "Callable[[Doorstep], AsyncIterator[str]]", to: str, actor: str) -> Answer:
    require_one_answer(context, to)

    async def work(doorstep: "Doorstep") -> int:
        lines = 0
        with patience("Exporting") as say, written(to) as write:
            async for piece in pieces(doorstep):
                write(piece)
                lines += piece.count("\r\n")
                say(f"Exporting: {number(lines - 1)}")
        return lines - 1

    rows = ask(work, actor=actor)
    return Answer({"file": to, "rows": rows}, [] if to == STDOUT else [f"{to}: {number(rows)} rows."])
