"""What support needs: what there is, what is stuck and why, what happened, and a lost workflow started again."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from doorstep.domain.invitation import Invitation
from doorstep.domain.states import State
from starter.commands import records, views
from starter.commands.answers import Answer, As, command
from starter.commands.arguments import Id, SomeOffice, read_duration
from starter.commands.printing import Whole, console, local, plain
from starter.commands.session import ask
from starter.commands.waiting_bar import WaitingBar

if TYPE_CHECKING:
    from starter.client import Doorstep
    from starter.support import Restarted
    from starter.survey import Survey
    from starter.troubles import Explanation

app = typer.Typer()
app.add_typer(records.app)

OlderThan = Annotated[
    timedelta | None,
    typer.Option(parser=read_duration, metavar="DURATION", help="Also what has waited so long for an approval: 2d."),
]
NARROW = 120
"""Columns below which a table of invitations would have to cut their ids."""
NOTHING_YET = "No invitations yet. Invite somebody: doorstep invite --office nz --email ana@example.org"
NOTHING_LIKE_IT = "No invitation matches."
NOTHING_STUCK = "Nothing is stuck."
ONLY_THE_ROWS = "Temporal does not answer: this is what the database knows, and nothing is said of the workflows."
HAS_MORE = "There is more than that; mend these first, or ask for one office with --office."


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
    if console().width < NARROW:
        return Answer(data, [line for each in found for line in _two_lines(each)] or [nothing])
    return Answer(data, [views.rows_of(found) if found else nothing])


def _two_lines(invitation: Invitation) -> list[RenderableType]:
    """One invitation of a list, where a terminal is too narrow for a table."""
    accounts = ", ".join(account.code for account in invitation.accounts)
    about = "  ".join(filter(None, (invitation.office.code, invitation.address, accounts)))
    return [_heading(invitation.id, invitation.state, invitation), _indented(about)]


def _heading(identifier: UUID, state: str, invitation: Invitation | None) -> Whole:
    since = local(invitation.since, invitation.office.time_zone) if invitation else ""
    return Whole("  ".join(filter(None, (str(identifier), state, since))))


@command(app)
def stuck(older_than: OlderThan = None, office: SomeOffice = None) -> Answer:
    """What needs a human, with the reason and the command that helps."""

    async def work(doorstep: "Doorstep") -> "Survey":
        with WaitingBar("Comparing with Temporal") as progress:
            return await doorstep.survey(older_than=older_than, office=office, progress=progress)

    found = ask(work)
    data = {
        "stuck": [_entry(each) for each in found.found],
        "other_workflows": list(found.other_workflows),
        "is_temporal_asked": found.is_temporal_asked,
        "has_more": found.has_more,
    }
    return Answer(data, _blocks(found))


def _entry(found: "Explanation") -> dict[str, object]:
    if found.invitation is not None:
        return views.in_a_list(found.invitation) | _explained(found)
    return {"id": str(found.id), "state": found.state, "workflow_id": found.workflow_id} | _explained(found)


def _blocks(survey: "Survey") -> list[RenderableType]:
    """One block each, so that sentences and commands are readable however narrow the terminal is."""
    shown: list[RenderableType] = []
    for each in survey.found:
        shown += [_heading(each.id, each.state, each.invitation)]
        shown += [_indented(reason) for reason in each.reasons]
        shown += [Whole(f"    {line}") for line in each.commands] + [""]
    for workflow in survey.other_workflows:
        shown += [workflow, _indented("The worker fails the task of this workflow again and again.")]
        shown += [Whole(f"    temporal workflow show --workflow-id {workflow}"), ""]
    shown += [] if shown else [NOTHING_STUCK]
    shown += [HAS_MORE] if survey.has_more else []
    return shown if survey.is_temporal_asked else [*shown, ONLY_THE_ROWS]


def _indented(sentence: str) -> RenderableType:
    return Padding(Text(plain(sentence)), (0, 0, 0, 2))


@command(app)
def why(identifier: Id) -> Answer:
    """Why an invitation stands where it does, and the command that helps."""

    async def work(doorstep: "Doorstep") -> "Explanation":
        return await doorstep.why(await doorstep.find(identifier))

    found = ask(work)
    commands = ["", "What helps:", *(Whole(f"  {each}") for each in found.commands)] if found.commands else []
    notes = [] if found.is_temporal_asked else ["", ONLY_THE_ROWS]
    brief = _entry(found) | {"is_temporal_asked": found.is_temporal_asked}
    return Answer(brief, [*found.sentences, *commands, *notes])


def _explained(found: "Explanation") -> dict[str, object]:
    troubles = [{"kind": each.kind.value, "sentence": each.sentence} for each in found.troubles]
    return {"sentences": list(found.sentences), "commands": list(found.commands), "troubles": troubles}


@command(app)
def restart(identifier: Id, actor: As = "") -> Answer:
    """Start the workflow of an invitation again where it was lost or terminated; what runs is left alone."""

    async def work(doorstep: "Doorstep") -> "Restarted":
        return await doorstep.restart(await doorstep.find(identifier))

    done = ask(work, actor=actor)
    invitation = done.invitation
    told: list[RenderableType] = ["Started again; it goes on from where the row stands."]
    if not done.is_new:
        told = ["It runs already, so nothing was done. Why it stands still:", Whole(f"  doorstep why {invitation.id}")]
    return Answer(views.brief(invitation) | {"is_restarted": done.is_new}, told)
