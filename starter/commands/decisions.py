"""What a username administrator decides."""

from typing import TYPE_CHECKING, Annotated

import typer

from doorstep.domain.invitation import Invitation
from starter.commands import views
from starter.commands.answers import Answer, Approver, command
from starter.commands.arguments import Id, Reason
from starter.commands.session import ask

if TYPE_CHECKING:
    from starter.client import Doorstep

app = typer.Typer()

Permissions = Annotated[
    list[str] | None,
    typer.Option("--permission", metavar="NAME", help="Grant this instead of what was asked; repeat it for more."),
]
Note = Annotated[str, typer.Option(metavar="TEXT", help="For the record.", show_default=False)]
Silent = Annotated[bool, typer.Option("--silent", help="Do not tell the person.")]


@command(app)
def approve(identifier: Id, approver: Approver = "", permission: Permissions = None, note: Note = "") -> Answer:
    """Let the person in; the account becomes active at once."""

    async def work(doorstep: "Doorstep") -> Invitation:
        found = await doorstep.find(identifier)
        return await doorstep.approve(found, approver=approver, permissions=permission or None, note=note)

    invitation = ask(work)
    data = views.brief(invitation) | {"granted": list(invitation.granted or ())}
    granted = ", ".join(invitation.granted or ())
    return Answer(data, [f"{invitation.username} is approved by {approver}, with: {granted}."])


@command(app)
def reject(identifier: Id, approver: Approver = "", reason: Reason = "", silent: Silent = False) -> Answer:  # noqa: FBT002 - typed by name
    """Refuse the person; the user is deleted in the same step."""

    async def work(doorstep: "Doorstep") -> Invitation:
        return await doorstep.reject(
            await doorstep.find(identifier), approver=approver, reason=reason, is_silent=silent
        )

    invitation = ask(work)
    told = "is not told" if silent else f"is told by {invitation.channel}"
    return Answer(views.brief(invitation), [f"{invitation.address} is rejected by {approver}, and {told}."])
