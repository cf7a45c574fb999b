"""Mail providers that report what became of an office's mail: what is entered there, and whom to believe."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import RenderableType

from doorstep.security.signing import OVERLAP
from starter.commands.answers import Answer, As, command
from starter.commands.arguments import OfficeCode, Overlap
from starter.commands.printing import NEVER, Whole, duration, iso, table
from starter.commands.session import ask

if TYPE_CHECKING:
    from starter.delivery_sources import Reporting

app = typer.Typer(help="Mail providers that report what became of our mail.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="What to call it, such as the name of the provider.")]
ONCE = "Enter both at the provider. The secret is not shown again; for another one: doorstep delivery-source rotate"
NOBODY = "No mail provider reports to office {0}. Let one: doorstep delivery-source add {0} NAME"


@command(app)
def add(office: OfficeCode, name: Name, actor: As = "") -> Answer:
    """Let a mail provider report; prints the address and the secret to enter there."""
    made = ask(lambda doorstep: doorstep.delivery_source_add(office, name), actor=actor)
    return Answer(_told(made), [*_to_enter(made), ONCE])


@command(app)
def rotate(office: OfficeCode, name: Name, overlap: Overlap = None, actor: As = "") -> Answer:
    """Another secret for a source; the one before stays good for a while."""
    lasts = OVERLAP if overlap is None else overlap
    made = ask(lambda doorstep: doorstep.delivery_source_rotate(office, name, overlap=lasts), actor=actor)
    good = f"stays good for {duration(lasts)}" if lasts else "is good no longer"
    return Answer(_told(made), [*_to_enter(made), f"Enter the new secret at the provider; the one before {good}."])


@command(app, "list")
def list_(office: OfficeCode, actor: As = "") -> Answer:
    """The sources of an office, and when each was heard of last."""
    found = ask(lambda doorstep: doorstep.delivery_sources(office), actor=actor)
    data = {"office": office, "delivery_sources": [_told(each) for each in found]}
    if not found:
        return Answer(data, [NOBODY.format(office)])
    rows = [(each.source.name, _last(each), each.address) for each in found]
    return Answer(data, [table(("name", "last report", "address"), rows)])


@command(app)
def remove(office: OfficeCode, name: Name, actor: As = "") -> Answer:
    """Believe a source nothing any more."""
    gone = ask(lambda doorstep: doorstep.delivery_source_remove(office, name), actor=actor)
    return Answer({"id": str(gone.id), "office": office, "name": gone.name}, [f"{gone.name} is believed no longer."])


def _told(made: "Reporting") -> dict[str, object]:
    source = made.source
    told: dict[str, object] = {
        "id": str(source.id),
        "office": source.office,
        "name": source.name,
        "address": made.address,
    }
    told |= {"secret": made.secret} if made.secret else {}
    return told | {"last_report_at": iso(source.last_report_at)}


def _to_enter(made: "Reporting") -> list[RenderableType]:
    return [Whole(f"address  {made.address}"), Whole(f"secret   {made.secret}")]


def _last(made: "Reporting") -> str:
    last = made.source.last_report_at
    return NEVER if last is None else f"{last:%Y-%m-%d %H:%M} UTC"
