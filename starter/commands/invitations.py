"""Inviting a person, and everything that staff do to an invitation afterwards."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from doorstep.domain.invitation import Invitation
from doorstep.domain.states import State
from starter.commands import views
from starter.commands.answers import Answer, As, command
from starter.commands.arguments import Id, Office, Reason
from starter.commands.printing import Whole, iso, local, pairs
from starter.commands.session import ask

if TYPE_CHECKING:
    from starter.client import Doorstep

app = typer.Typer()

Email = Annotated[str, typer.Option(metavar="ADDRESS", help="Where the link goes.", show_default=False)]
OPTIONS: Mapping[str, object] = {
    "name": Annotated[str | None, typer.Option(help="Who it is.", show_default=False)],
    "account": Annotated[list[str] | None, typer.Option(metavar="CODE", help="An account; repeat it for more.")],
    "job": Annotated[str | None, typer.Option(help="The job; made at its first use.", show_default=False)],
    "role": Annotated[list[str] | None, typer.Option(help="A role, by default customer; repeat it for more.")],
    "draft": Annotated[bool | None, typer.Option("--draft", help="Save it, and send nothing yet.")],
    "test": Annotated[bool | None, typer.Option("--test", help="A rehearsal, left out of the statistics.")],
    "idempotency_key": Annotated[
        str | None, typer.Option(help="Repeating a request with its key answers with what it made.", show_default=False)
    ],
}


@command(app, options=OPTIONS)
def invite(office: Office, email: Email, actor: As = "", **options: Any) -> Answer:
    """Invite a person; somebody whose invitation is open already gets no second one."""

    async def work(doorstep: "Doorstep") -> Invitation:
        return await doorstep.invite(
            office=office,
            email=email,
            name=options["name"] or "",
            accounts=options["account"] or (),
            job=options["job"],
            roles=options["role"] or (),
            is_draft=bool(options["draft"]),
            is_test=bool(options["test"]),
            idempotency_key=options["idempotency_key"],
        )

    invitation = ask(work, actor=actor)
    # Both are the hour of the transaction that made it, and no other transaction has the same.
    is_new = invitation.created_at == invitation.now
    return Answer(views.brief(invitation) | {"is_new": is_new}, _told(invitation, _invited(invitation, is_new=is_new)))


def _invited(invitation: Invitation, *, is_new: bool) -> str:
    if not is_new:
        return f"{invitation.address} is invited already; nothing was sent."
    if invitation.state is State.DRAFT:
        return f"Saved, and nothing sent. Send it with: doorstep send {invitation.id}"
    return f"{invitation.address} is invited."


@command(app)
def send(identifier: Id, actor: As = "") -> Answer:
    """Send a draft."""
    return _change(identifier, actor, lambda doorstep, found: doorstep.send(found), "Sent to {0.address}.")


@command(app)
def resend(identifier: Id, actor: As = "") -> Answer:
    """Send again under a new link; the old one dies."""
    return _change(identifier, actor, lambda doorstep, found: doorstep.resend(found), "Sent again to {0.address}.")


@command(app)
def revoke(identifier: Id, reason: Reason = "", actor: As = "") -> Answer:
    """Take an invitation back; also removes a user who never signed in."""
    return _change(
        identifier, actor, lambda doorstep, found: doorstep.revoke(found, reason=reason), "Revoked; its link is dead."
    )


@command(app)
def readdress(
    identifier: Id, address: Annotated[str, typer.Argument(help="Where the new link goes.")], actor: As = ""
) -> Answer:
    """Send to another address; the link that went to the old one dies first."""
    return _change(
        identifier, actor, lambda doorstep, found: doorstep.readdress(found, address), "A new link goes to {0.address}."
    )


@command(app)
def link(identifier: Id, actor: As = "") -> Answer:
    """The live link, to pass on by hand; that you asked is recorded."""

    async def work(doorstep: "Doorstep") -> tuple[Invitation, str]:
        found = await doorstep.find(identifier)
        url = await doorstep.link(found)
        return await doorstep.show(found), url

    invitation, url = ask(work, actor=actor)
    lives = f"It opens until {local(invitation.expires_at, invitation.office.time_zone)}, for whoever holds it."
    data = {"id": str(invitation.id), "link": url, "expires_at": iso(invitation.expires_at)}
    return Answer(data, [Whole(url), lives])


def _change(
    identifier: str, actor: str, work: "Callable[[Doorstep, UUID], Awaitable[Invitation]]", sentence: str
) -> Answer:
    async def change(doorstep: "Doorstep") -> Invitation:
        return await work(doorstep, await doorstep.find(identifier))

    invitation = ask(change, actor=actor)
    return Answer(views.brief(invitation), _told(invitation, sentence.format(invitation)))


def _told(invitation: Invitation, sentence: str) -> list[Any]:
    ends = local(invitation.expires_at, invitation.office.time_zone) if invitation.state is State.PENDING else ""
    rows = [
        ("id", invitation.id),
        ("state", invitation.state),
        ("workflow", invitation.workflow_id),
        ("link dies", ends),
    ]
    return [sentence, pairs(rows)]
