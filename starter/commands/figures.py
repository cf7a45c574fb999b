"""`doorstep stats`: how far invitations get, how long it takes, and which usernames count as seats."""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from doorstep.domain.figures import By, Figures, figures_json
from starter.commands import figures_views, seats_views
from starter.commands.answers import Answer, As, command
from starter.commands.arguments import Office, SomeOffice
from starter.commands.files import STDOUT, require_one_answer, written
from starter.commands.patience import patience
from starter.commands.session import ask
from starter.commands.windows import Since, Until, Window

if TYPE_CHECKING:
    from doorstep.domain.seats import Seat, SeatReport
    from starter.client import Doorstep

DEFAULT = "figures"


class FiguresFirst(TyperGroup):
    """`doorstep stats --office nz` means `doorstep stats figures --office nz`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Name the command where none is named."""
        is_named = bool(args) and (args[0] in self.commands or args[0] == "--help")
        parsed: list[str] = super().parse_args(ctx, args if is_named else [DEFAULT, *args])
        return parsed


app = typer.Typer(cls=FiguresFirst, help="How far invitations get and how long it takes; seats in use.")

ByOption = Annotated[By | None, typer.Option("--by", help="Taken apart by that too.")]
SvgFile = Annotated[str | None, typer.Option("--svg", metavar="FILE", help="Write the chart there; `-` prints it.")]
CsvFile = Annotated[str | None, typer.Option("--csv", metavar="FILE", help="Write a table there; `-` prints it.")]


OPTIONS: dict[str, object] = {"since": Since, "until": Until, "by": ByOption, "svg": SvgFile, "csv": CsvFile}


@command(app, options=OPTIONS)
def figures(context: typer.Context, office: SomeOffice = None, actor: As = "", **options: Any) -> Answer:
    """The funnel of invitations with the time of each step, and what is open by how long it has been so."""
    svg, csv = options["svg"], options["csv"]
    require_one_answer(context, svg, csv)
    window = Window(options["since"], options["until"])

    async def work(doorstep: "Doorstep") -> "tuple[Figures, str, str]":
        with patience("Counting"):
            about = None if office is None else await doorstep.office(office)
            zone, name = ("UTC", "") if about is None else (about.time_zone, about.name)
            since, until = window.in_zone(zone)
            return await doorstep.figures(office, since=since, until=until, by=options["by"]), zone, name

    found, zone, name = ask(work, actor=actor)
    _write(found, zone, name, svg=svg, csv=csv)
    return Answer(figures_json(found), [] if STDOUT in (svg, csv) else figures_views.sheet(found, zone))


def _write(found: Figures, zone: str, name: str, *, svg: str | None, csv: str | None) -> None:
    from starter.charts.figures import figures_svg  # noqa: PLC0415 - takes a second, and `--help` needs it not
    from starter.exports import figures_csv  # noqa: PLC0415 - see above

    if svg is not None:
        with written(svg) as write:
            write(figures_svg(found, office_name=name, time_zone=zone))
    if csv is not None:
        with written(csv) as write:
            write(figures_csv(found))


@command(app)
def seats(
    context: typer.Context,
    office: Office,
    listed: Annotated[bool, typer.Option("--list", help="Every username that counts, and why.")] = False,  # noqa: FBT002 - typed by name
    svg: SvgFile = None,
    actor: As = "",
) -> Answer:
    """How many usernames count as seats now, and why: by state, and by account."""
    require_one_answer(context, svg)

    async def work(doorstep: "Doorstep") -> "tuple[SeatReport, list[Seat], str]":
        with patience("Counting"):
            name = (await doorstep.office(office)).name
            return await doorstep.seat_report(office), await _all(doorstep, office) if listed else [], name

    report, found, name = ask(work, actor=actor)
    if svg is not None:
        from starter.charts.seats import seats_svg  # noqa: PLC0415 - takes a second, and `--help` needs it not

        with written(svg) as write:
            write(seats_svg(report, office_name=name))
    shown = [] if svg == STDOUT else seats_views.sheet(report, found)
    return Answer(seats_views.report(report, found if listed else None), shown)


async def _all(doorstep: "Doorstep", office: str) -> "list[Seat]":
    page = await doorstep.seat_list(office)
    found = list(page.items)
    while page.next:
        page = await doorstep.seat_list(office, after=page.next)
        found += page.items
    return found
