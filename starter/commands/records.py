"""What happened: the audit of one invitation, or of an office."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.table import Table

from starter.commands.answers import Answer, command
from starter.commands.arguments import SomeOffice, read_duration
from starter.commands.printing import iso, local, plain
from starter.commands.session import ask

if TYPE_CHECKING:
    from doorstep.domain.invitation import Invitation
    from doorstep.store.audit import AuditEntry
    from starter.client import Doorstep

app = typer.Typer()

SomeId = Annotated[str | None, typer.Argument(metavar="ID", help="The invitation; or name an office instead.")]
Since = Annotated[
    timedelta | None, typer.Option(parser=read_duration, metavar="DURATION", help="Only what is younger: 2d.")
]
Refused = Annotated[bool, typer.Option("--refused", help="Only what was refused.")]
ONE_OF_THEM = "Name an invitation, or an office with --office; one of the two."
NOTHING_RECORDED = "Nothing like that is recorded."
TO_THE_SECOND = "%Y-%m-%d %H:%M:%S %Z"


@command(app)
def audit(
    identifier: SomeId = None,
    office: SomeOffice = None,
    refused: Refused = False,  # noqa: FBT002 - typed by name
    since: Since = None,
) -> Answer:
    """Everything recorded about an invitation and its user, or what an office did without one; refusals included."""
    if (identifier is None) == (office is None):
        raise typer.BadParameter(ONE_OF_THEM)
    if office is not None:
        return _of_office(office, is_refused=refused, since=since)
    return _of_invitation(str(identifier), is_refused=refused, since=since)


def _of_invitation(identifier: str, *, is_refused: bool, since: timedelta | None) -> Answer:
    async def work(doorstep: "Doorstep") -> "tuple[Invitation, tuple[AuditEntry, ...]]":
        invitation = await doorstep.show(await doorstep.find(identifier))
        return invitation, await doorstep.audit(invitation.id, includes_user=True)

    invitation, entries = ask(work)
    wanted = [
        each
        for each in entries
        if (not is_refused or each.event.endswith("refused")) and (since is None or each.at >= invitation.now - since)
    ]
    return _answer({"id": str(invitation.id)}, wanted, invitation.office.time_zone)


def _of_office(office: str, *, is_refused: bool, since: timedelta | None) -> Answer:
    async def work(doorstep: "Doorstep") -> "tuple[str, tuple[AuditEntry, ...]]":
        zone = (await doorstep.office(office)).time_zone
        return zone, await doorstep.office_audit(office, is_refused=is_refused, since=since)

    zone, entries = ask(work)
    return _answer({"office": office}, entries, zone)


def _answer(about: dict[str, str], entries: "Sequence[AuditEntry]", zone: str) -> Answer:
    data = [
        {"at": iso(e.at), "actor": e.actor, "via": e.via, "event": e.event, "code": e.code, "detail": e.detail}
        for e in entries
    ]
    return Answer(about | {"entries": data}, [_table(entries, zone) if entries else NOTHING_RECORDED])


def _table(entries: "Sequence[AuditEntry]", zone: str) -> Table:
    """Three columns, since more do not fit where a terminal is narrow: when, who through which door, and what."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    made.add_column("at", no_wrap=True)
    made.add_column("who", overflow="fold")
    made.add_column("what", overflow="fold")
    for each in entries:
        what = f"{each.event}: {each.code}" if each.code else each.event
        lines = [what, *(f"{name.replace('_', ' ')}: {_value(value)}" for name, value in each.detail.items())]
        at = local(each.at, zone, pattern=TO_THE_SECOND)
        made.add_row(plain(at), plain(f"{each.actor}, {each.via}"), plain("\n".join(lines)))
    return made


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
