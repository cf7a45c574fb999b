"""What support needs: what there is, what is stuck and why, and what happened."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import RenderableType

from doorstep.domain.invitation import Invitation
from doorstep.domain.states import State
from starter.commands import views
from starter.commands.answers import Answer, command
from starter.commands.arguments import Id, SomeOffice, read_duration
from starter.commands.printing import iso, local, table
from starter.commands.session import ask

if TYPE_CHECKING:
    from doorstep.store.audit import AuditEntry
    from starter.client import Doorstep
    from starter.support import Explanation

app = typer.Typer()

OlderThan = Annotated[
    timedelta | None,
    typer.Option(parser=read_duration, metavar="DURATION", help="Also what has waited so long for an approval: 2d."),
]
NOTHING_YET = "No invitations yet. Invite somebody: doorstep invite --office nz --email ana@example.org"
TO_THE_SECOND = "%Y-%m-%d %H:%M:%S %Z"
NOTHING_LIKE_IT = "No invitation matches."
NOTHING_STUCK = "Nothing is stuck."


@command(app)
def show(identifier: Id) -> Answer:
    """Everything about one invitation."""

    async def work(doorstep: "Doorstep") -> Invitation:
        return await doorstep.show(await doorstep.find(identifier))

    invitation = ask(work)
    return Answer(views.full(invitation), views.sheet(invitation))


@command(app, "list")
def list_(
    state: Annotated[State | None, typer.Option(help="Only those in this state.")] = None,
    office: SomeOffice = None,
    account: Annotated[str | None, typer.Option(metavar="CODE", help="Only those of this account.")] = None,
) -> Answer:
    """The newest 200 invitations."""
    found = ask(lambda doorstep: doorstep.list(state=state, office=office, account=account))
    nothing = NOTHING_LIKE_IT if state or office or account else NOTHING_YET
    data = {"invitations": [views.in_a_list(each) for each in found]}
    return Answer(data, [views.rows_of(found) if found else nothing])


@command(app)
def stuck(older_than: OlderThan = None) -> Answer:
    """What needs a human, with the reason and the command that helps."""

    async def work(doorstep: "Doorstep") -> "list[Explanation]":
        return [each async for each in doorstep.stuck(older_than=older_than)]

    found = ask(work)
    data = {"stuck": [views.in_a_list(each.invitation) | _explained(each) for each in found]}
    return Answer(data, _stuck_table(found) if found else [NOTHING_STUCK])


def _stuck_table(found: "Sequence[Explanation]") -> list[RenderableType]:
    rows = []
    for each in found:
        invitation = each.invitation
        reasons = each.sentences[1:] or each.sentences
        since = local(invitation.since, invitation.office.time_zone)
        rows.append((invitation.id, invitation.state, since, "\n".join(reasons), "\n".join(each.commands)))
    return [table(("id", "state", "since", "why", "what helps"), rows)]


@command(app)
def why(identifier: Id) -> Answer:
    """Why an invitation stands where it does, and the command that helps."""

    async def work(doorstep: "Doorstep") -> "Explanation":
        return await doorstep.why(await doorstep.find(identifier))

    found = ask(work)
    commands = ["", "What helps:", *(f"  {each}" for each in found.commands)] if found.commands else []
    return Answer(views.brief(found.invitation) | _explained(found), [*found.sentences, *commands])


def _explained(found: "Explanation") -> dict[str, object]:
    return {"sentences": list(found.sentences), "commands": list(found.commands)}


@command(app)
def audit(identifier: Id) -> Answer:
    """Everything recorded about an invitation, refusals included."""

    async def work(doorstep: "Doorstep") -> "tuple[Invitation, tuple[AuditEntry, ...]]":
        invitation = await doorstep.show(await doorstep.find(identifier))
        return invitation, await doorstep.audit(invitation.id)

    invitation, entries = ask(work)
    lines = [
        {"at": iso(e.at), "actor": e.actor, "via": e.via, "event": e.event, "code": e.code, "detail": e.detail}
        for e in entries
    ]
    zone = invitation.office.time_zone
    rows = [
        (local(e.at, zone, pattern=TO_THE_SECOND), e.actor, e.via, e.event, e.code, _detail(e.detail)) for e in entries
    ]
    shown = table(("at", "who", "through", "what", "code", "detail"), rows)
    return Answer({"id": str(invitation.id), "entries": lines}, [shown])


def _detail(detail: dict[str, object]) -> str:
    return "\n".join(f"{name.replace('_', ' ')}: {_value(value)}" for name, value in detail.items())


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
