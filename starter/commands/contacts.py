"""Contacts: found, added by hand, changed for the portal, and invited one by one or several at once."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer
from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from starter.commands import views
from starter.commands.answers import REFUSED, Answer, As, command
from starter.commands.arguments import Accounts, ContactId, Office, OfficeCode, Person, Roles, Template
from starter.commands.printing import Whole, console, pairs, plain, table
from starter.commands.session import ask
from starter.commands.slips import slips_in
from starter.commands.waiting_bar import WaitingBar

if TYPE_CHECKING:
    from doorstep.domain.contact import Contact
    from starter.client import Doorstep
    from starter.contacts import Invited

app = typer.Typer(help="The people whom the ERP and the staff know.", no_args_is_help=True)

ContactIds = Annotated[list[UUID], typer.Argument(metavar="ID...", help="The contacts: one or more.")]
Search = Annotated[
    str, typer.Option(metavar="TEXT", help="In the name, the addresses, the number, and the accounts' codes and names.")
]
OfAccount = Annotated[str | None, typer.Option("--account", metavar="CODE", help="Only those of this account.")]
Email = Annotated[str | None, typer.Option(metavar="ADDRESS", help="The e-mail address.", show_default=False)]
Phone = Annotated[str | None, typer.Option(metavar="NUMBER", help="The mobile number.", show_default=False)]
CHANGES: Mapping[str, object] = {
    "name": Person,
    "phone": Annotated[
        str | None, typer.Option(metavar="NUMBER", help="The mobile number; '' takes it away.", show_default=False)
    ],
    "portal_email": Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="Where invitations go instead of the default address; '' for that one again."
        ),
    ],
    "is_portal_user": Annotated[
        bool | None,
        typer.Option(
            "--portal-user/--no-portal-user",
            help="Whether anything may be sent; no also takes open invitations back.",
            show_default=False,
        ),
    ],
    "account": Accounts,
    "remove_account": Annotated[
        list[str] | None,
        typer.Option("--remove-account", metavar="CODE", help="An account to take them off; repeat it for more."),
    ],
}
ROOM = 120
"""Columns below which a table of contacts would have to cut their ids."""
NOBODY = "No contact matches."
OPEN = "open already"
OUTCOMES = {"invited": "invited", "skipped": "left out", "refused": "REFUSED"}


@command(app, "list")
def list_(office: OfficeCode, search: Search = "", account: OfAccount = None, actor: As = "") -> Answer:
    """The first 200 contacts of an office by name, narrowed by what is searched for."""
    found = ask(lambda doorstep: doorstep.contacts(office, search=search, account=account), actor=actor)
    data = {"office": office, "contacts": [_contact(each) for each in found]}
    if not found:
        return Answer(data, [NOBODY])
    if console().width < ROOM:
        return Answer(data, [line for each in found for line in _in_short(each)])
    rows = [(c.id, c.name, c.invitation_address, c.phone, _codes(c), _remark(c)) for c in found]
    return Answer(data, [table(("id", "name", "address", "phone", "accounts", ""), rows)])


@command(app)
def show(identifier: ContactId, actor: As = "") -> Answer:
    """One contact."""
    found = ask(lambda doorstep: doorstep.contact(identifier), actor=actor)
    return _answer(found)


@command(app)
def add(
    office: Office,
    name: Person = None,
    email: Email = None,
    phone: Phone = None,
    account: Accounts = None,
    actor: As = "",
) -> Answer:
    """Add another person to accounts that are there; somebody who is known already is found, and joins them."""

    async def work(doorstep: "Doorstep") -> "Contact":
        return await doorstep.contact_add(
            office=office, name=name or "", email=email, phone=phone, accounts=account or ()
        )

    return _answer(ask(work, actor=actor), typed=email)


@command(app, "set", options=CHANGES)
def set_(identifier: ContactId, actor: As = "", **options: Any) -> Answer:
    """Change what is named of a contact for the portal; the default address is the ERP's and stays."""

    async def work(doorstep: "Doorstep") -> "Contact":
        return await doorstep.contact_set(
            identifier,
            name=options["name"],
            phone=options["phone"],
            portal_email=options["portal_email"],
            is_portal_user=options["is_portal_user"],
            add_accounts=options["account"] or (),
            remove_accounts=options["remove_account"] or (),
        )

    return _answer(ask(work, actor=actor), typed=options["portal_email"])


@command(app)
def invite(identifiers: ContactIds, role: Roles = None, template: Template = None, actor: As = "") -> Answer:
    """Invite contacts to the accounts that they are on; one that cannot be invited never stops the others."""
    distinct = list(dict.fromkeys(identifiers))

    async def work(doorstep: "Doorstep") -> "list[Invited]":
        outcomes: list[Invited] = []
        with WaitingBar("Inviting") as progress:
            async for each in doorstep.contacts_invite(distinct, roles=role or (), template=template or ""):
                outcomes.append(each)
                progress(len(outcomes), len(distinct))
        return outcomes

    found = ask(work, actor=actor)
    counts = {outcome: sum(each.outcome == outcome for each in found) for outcome in ("invited", "skipped", "refused")}
    status = REFUSED if counts["refused"] and not counts["invited"] else 0
    data = {"outcomes": [_outcome(each) for each in found], **counts}
    return Answer(data, [*_outcomes(found), _summed_up(found)], status)


def _outcomes(found: "list[Invited]") -> list[RenderableType]:
    rows = [(e.contact, _said(e), e.sentence if e.invitation is None else e.invitation.address) for e in found]
    if console().width < ROOM:
        return [line for contact, said, about in rows for line in _two_lines(f"{contact}  {said}", about)]
    return [table(("contact", "outcome", "about"), rows)]


def _summed_up(found: "list[Invited]") -> str:
    said = [_said(each) for each in found]
    invited, *others = OUTCOMES.values()
    return f"{', '.join(f'{said.count(outcome)} {outcome.lower()}' for outcome in (invited, OPEN, *others))}."


def _said(outcome: "Invited") -> str:
    is_open = outcome.invitation is not None and not views.is_new(outcome.invitation)
    return OPEN if is_open else OUTCOMES[outcome.outcome]


def _outcome(outcome: "Invited") -> dict[str, object]:
    said: dict[str, object] = {"contact": str(outcome.contact), "outcome": outcome.outcome}
    if outcome.invitation is None:
        return said | {"code": outcome.code, "message": outcome.sentence}
    return said | views.brief(outcome.invitation) | {"is_new": views.is_new(outcome.invitation)}


def _answer(contact: "Contact", typed: str | None = None) -> Answer:
    """A contact; `typed` is an address to warn of if it looks mistyped."""
    warnings = slips_in(typed) if typed else []
    return Answer(_contact(contact) | {"warnings": warnings}, [pairs(_sheet(contact))], notes=warnings)


def _contact(contact: "Contact") -> dict[str, object]:
    as_they_are = ("office", "name", "email", "phone", "portal_email", "invitation_address", "is_portal_user")
    return (
        {"id": str(contact.id)}
        | {name: getattr(contact, name) for name in as_they_are}
        | {
            "has_username": contact.has_username,
            "accounts": [{"code": account.code, "name": account.name} for account in contact.accounts],
            "kept_fields": list(contact.kept_fields),
        }
    )


def _sheet(contact: "Contact") -> list[tuple[str, object]]:
    return [
        ("id", contact.id),
        ("office", contact.office),
        ("name", contact.name),
        ("default address", contact.email),
        ("portal address", contact.portal_email),
        ("phone", contact.phone),
        ("accounts", ", ".join(f"{account.code} {account.name}".strip() for account in contact.accounts)),
        ("portal user", views.in_words(contact.is_portal_user)),
        ("has a username", views.in_words(contact.has_username)),
        ("imports leave", ", ".join(contact.kept_fields).replace("_", " ")),
    ]


def _in_short(contact: "Contact") -> list[RenderableType]:
    about = "  ".join(filter(None, (contact.invitation_address, contact.phone, _codes(contact), _remark(contact))))
    return _two_lines(f"{contact.id}  {contact.name}".rstrip(), about)


def _two_lines(heading: str, about: str) -> list[RenderableType]:
    """One entry of a list, where a terminal is too narrow for a table."""
    return [Whole(heading), Padding(Text(plain(about)), (0, 0, 0, 2))]


def _codes(contact: "Contact") -> str:
    return ", ".join(account.code for account in contact.accounts)


def _remark(contact: "Contact") -> str:
    if not contact.is_portal_user:
        return "no portal user"
    return "has a username" if contact.has_username else ""
