"""Inviting a person, and everything that staff do to an invitation afterwards."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Channel
from doorstep.domain.states import State
from starter.commands import views
from starter.commands.answers import REFUSED, Answer, As, Yes, command
from starter.commands.arguments import Accounts, Id, Office, Person, Reason, Rehearsal, Roles, Template
from starter.commands.printing import Whole, iso, local, pairs
from starter.commands.session import ask
from starter.commands.slips import meant_by, slips_in

if TYPE_CHECKING:
    from starter.client import Doorstep

app = typer.Typer()

OPTIONS: Mapping[str, object] = {
    "email": Annotated[str | None, typer.Option(metavar="ADDRESS", help="Where the link goes.", show_default=False)],
    "phone": Annotated[
        str | None, typer.Option(metavar="NUMBER", help="A mobile number, for a text message.", show_default=False)
    ],
    "channel": Annotated[
        Channel | None, typer.Option(help="By e-mail where there is an address, unless this says text.")
    ],
    "contact": Annotated[
        UUID | None,
        typer.Option(metavar="ID", help="A contact: its address, name and accounts, unless named.", show_default=False),
    ],
    "name": Person,
    "account": Accounts,
    "job": Annotated[str | None, typer.Option(help="The job; made at its first use.", show_default=False)],
    "role": Roles,
    "template": Template,
    "locale": Annotated[
        str | None, typer.Option(metavar="TAG", help="The language of the messages, such as es.", show_default=False)
    ],
    "draft": Annotated[bool | None, typer.Option("--draft", help="Save it, and send nothing yet.")],
    "idempotency_key": Annotated[
        str | None, typer.Option(help="Repeating a request with its key answers with what it made.", show_default=False)
    ],
}


@command(app, options=OPTIONS)
def invite(office: Office, test: Rehearsal = False, actor: As = "", **options: Any) -> Answer:  # noqa: FBT002 - typed by name
    """Invite a person, by e-mail or by text message; somebody whose invitation is open already gets no second one."""

    async def work(doorstep: "Doorstep") -> Invitation:
        name, accounts = await _of_contact(doorstep, office, options["contact"])
        return await doorstep.invite(
            office=office,
            email=options["email"],
            phone=options["phone"],
            channel=options["channel"],
            contact=options["contact"],
            name=options["name"] or name,
            accounts=options["account"] or accounts,
            job=options["job"],
            roles=options["role"] or (),
            template=options["template"] or "",
            locale=options["locale"] or "",
            is_draft=bool(options["draft"]),
            is_test=test,
            idempotency_key=options["idempotency_key"],
        )

    invitation = ask(work, actor=actor)
    is_new = views.is_new(invitation)
    warnings = _slips(invitation)
    data = views.brief(invitation) | {"is_new": is_new, "warnings": warnings}
    return Answer(data, _told(invitation, _invited(invitation, is_new=is_new)), notes=warnings)


async def _of_contact(doorstep: "Doorstep", office: str, contact_id: UUID | None) -> tuple[str, Sequence[str]]:
    """The name and the accounts of a contact, which stand in for what is not typed, as its addresses do."""
    if contact_id is None:
        return "", ()
    contact = await doorstep.contact(contact_id)
    return (contact.name, [account.code for account in contact.accounts]) if contact.office == office else ("", ())


def _slips(invitation: Invitation) -> list[str]:
    """What looks mistyped of its address, with the command that puts it right while that is possible."""
    found = slips_in(invitation.email)
    if invitation.state is not State.PENDING or invitation.channel is not Channel.MAIL:
        return found
    return [f"{each} Then: doorstep readdress {invitation.id} {meant_by(invitation.email)}" for each in found]


def _invited(invitation: Invitation, *, is_new: bool) -> str:
    if not is_new:
        return f"{invitation.address} is invited already; nothing was sent."
    if invitation.state is State.DRAFT:
        return f"Saved, and nothing sent. Send it with: doorstep send {invitation.id}"
    if invitation.state is State.PENDING:
        by_text = " by text message" if invitation.channel is Channel.TEXT else ""
        return f"{invitation.address} is invited{by_text}."
    next_step = "An administrator decides." if invitation.state is State.AWAITING_APPROVAL else "A welcome follows."
    return f"{invitation.address} has a user already, {invitation.username}, and needs no link. {next_step}"


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
    identifier: Id,
    address: Annotated[str, typer.Argument(help="The address or number that the new link goes to.")],
    actor: As = "",
) -> Answer:
    """Send to another address or number; the link that went to the old one dies first."""
    done = _change(
        identifier, actor, lambda doorstep, found: doorstep.readdress(found, address), "A new link goes to {0.address}."
    )
    warnings = slips_in(address)
    return replace(done, data={**done.data, "warnings": warnings}, notes=warnings)


@command(app)
def erase(identifier: Id, yes: Yes = False, actor: As = "") -> Answer:  # noqa: FBT002 - typed by name
    """Erase a person from an invitation, and the user that it made, for good; a tombstone stays."""

    async def work(doorstep: "Doorstep") -> Invitation:
        found = await doorstep.find(identifier)
        return await (doorstep.erase(found) if yes else doorstep.show(found))

    invitation = ask(work, actor=actor)
    if not yes:
        return _would_erase(invitation)
    return Answer(views.full(invitation), ["Erased. What stays tells of nobody:", *views.sheet(invitation)])


def _would_erase(invitation: Invitation) -> Answer:
    rows = [
        ("id", invitation.id),
        ("state", invitation.state),
        ("address", invitation.address),
        ("name", invitation.name),
        ("user", invitation.username),
        ("messages", len(invitation.deliveries)),
    ]
    note = f"Nothing was erased. To erase it for good: doorstep erase {invitation.id} --yes"
    return Answer({}, ["This would be erased:", pairs(rows)], REFUSED, notes=[note])


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
