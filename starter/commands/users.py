"""Users of the portal: a login pair added directly, and those that are there looked after."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.commands import views
from starter.commands.answers import DEFAULT_ACTOR, REFUSED, Answer, As, Yes, command
from starter.commands.arguments import Office, OfficeCode, Person, Rehearsal, Roles, Template
from starter.commands.printing import iso, pairs, table
from starter.commands.session import ask
from starter.commands.slips import slips_in

if TYPE_CHECKING:
    from doorstep.store.people import Member
    from starter.client import Doorstep
    from starter.people import Pair

app = typer.Typer()
users = typer.Typer(help="Users of the portal, as staff look after them.", no_args_is_help=True)


class Relationship(StrEnum):
    """What somebody is to the account."""

    CUSTOMER = "customer"
    REP = "rep"


class UserState(StrEnum):
    """Where a user stands."""

    SETUP_PENDING = "setup_pending"
    UNAPPROVED = "unapproved"
    ACTIVE = "active"
    SUSPENDED = "suspended"


Account = Annotated[str, typer.Option(metavar="CODE", help="The account that they belong to.", show_default=False)]
Email = Annotated[str, typer.Option(metavar="ADDRESS", help="Where the mails go.", show_default=False)]
NewUsername = Annotated[
    str, typer.Option(help="The management login; the staff login is the same with an S.", show_default=False)
]
Username = Annotated[str, typer.Argument(metavar="USERNAME", help="The username.")]
Granted = Annotated[list[str], typer.Argument(metavar="PERMISSION...", help="All that they may use from now on.")]
OneAccount = Annotated[
    str | None, typer.Option("--account", metavar="CODE", help="On this account alone; else on all of theirs.")
]
TEMPLATE: dict[str, object] = {
    "name": Person,
    "relationship": Annotated[
        Relationship | None, typer.Option(help="What they are to the account; at first customer.")
    ],
    "role": Roles,
    "template": Template,
}
NEXT = (
    "Two mails follow: a welcome, and a link to set the passwords, which dies after 24 hours unused. "
    "Later, or once it is dead: *Forgot password* on the sign-in page, with the username."
)
NOBODY = "No user matches."


@command(app, "add-user", options=TEMPLATE)
def add_user(
    office: Office,
    account: Account,
    email: Email,
    username: NewUsername,
    test: Rehearsal = False,  # noqa: FBT002 - typed by name
    actor: As = "",
    **options: Any,
) -> Answer:
    """Add a user directly: a management and a staff login at once, two mails, and no approval."""

    async def work(doorstep: "Doorstep") -> "Pair":
        return await doorstep.add_user(
            office=office,
            account=account,
            email=email,
            username=username,
            name=options["name"] or "",
            relationship=str(options["relationship"] or Relationship.CUSTOMER),
            roles=options["role"] or (),
            template=options["template"] or "",
            is_test=test,
        )

    made = ask(work, actor=actor)
    warnings = slips_in(email)
    data = {
        "username": made.management.username,
        "staff_username": made.staff.username,
        "user_id": str(made.management.id),
        "staff_user_id": str(made.staff.id),
        "workflow_id": made.workflow_id,
        "password_link_id": str(made.password_link_id),
        "warnings": warnings,
    }
    rows = [
        ("management login", made.management.username),
        ("staff login", made.staff.username),
        ("workflow", made.workflow_id),
    ]
    return Answer(data, [pairs(rows), NEXT], notes=warnings)


@command(users, "list")
def list_(
    office: OfficeCode,
    state: Annotated[UserState | None, typer.Option(help="Only those in this state.")] = None,
    actor: As = "",
) -> Answer:
    """The first 200 users of an office by username, and how many seats it uses."""

    async def work(doorstep: "Doorstep") -> "tuple[list[Member], int]":
        return await doorstep.users(office, state=state), await doorstep.seats(office)

    found, seats = ask(work, actor=actor)
    rows = [(m.user.username, m.user.name, _state(m), _codes(m)) for m in found]
    shown = table(("username", "name", "state", "accounts"), rows) if rows else NOBODY
    used = "1 seat is used." if seats == 1 else f"{seats} seats are used."
    return Answer({"office": office, "seats": seats, "users": [_user(each) for each in found]}, [shown, used])


@command(users)
def show(username: Username, actor: As = "") -> Answer:
    """One user, and what they may use on each account."""
    return _about(actor, lambda doorstep: doorstep.user(username))


@command(users)
def suspend(username: Username, actor: As = "") -> Answer:
    """Shut a user out at once, until resumed."""
    return _about(actor, lambda doorstep: doorstep.user_suspend(username))


@command(users)
def resume(username: Username, actor: As = "") -> Answer:
    """Let a suspended user in again, with the same password."""
    return _about(actor, lambda doorstep: doorstep.user_resume(username))


@command(users)
def permissions(username: Username, permission: Granted, account: OneAccount = None, actor: As = "") -> Answer:
    """Replace what a user may use, on one account or on all of theirs."""
    return _about(actor, lambda doorstep: doorstep.user_permissions(username, permission, account=account))


@command(users)
def delete(username: Username, yes: Yes = False, actor: As = "") -> Answer:  # noqa: FBT002 - typed by name
    """Delete a user for good, which frees the seat; whoever belongs beyond your reach too keeps the sign-in there."""
    if not yes:
        return _would_go(username, actor, "delete")
    member = ask(lambda doorstep: doorstep.user_delete(username), actor=actor)
    where = "." if actor == DEFAULT_ACTOR else ", as far as you look after them."
    return Answer(_user(member) | {"is_deleted": True}, [f"{member.user.username} is deleted{where}"])


@command(users)
def erase(username: Username, yes: Yes = False, actor: As = "") -> Answer:  # noqa: FBT002 - typed by name
    """Erase a user and their invitations for good; what happened stays recorded, and tells of nobody."""
    if not yes:
        return _would_go(username, actor, "erase")
    ask(lambda doorstep: doorstep.user_erase(username), actor=actor)
    return Answer({"is_erased": True}, ["Erased: the user, their invitations, and their name in the records."])


def _about(actor: str, work: "Callable[[Doorstep], Awaitable[Member]]") -> Answer:
    member = ask(work, actor=actor)
    belongs = [
        (m.office, " ".join(filter(None, (m.account_code, m.account_name))), m.relationship, ", ".join(m.permissions))
        for m in member.memberships
    ]
    shown = table(("office", "account", "as", "may use"), belongs) if belongs else "Belongs to no account yet."
    return Answer(_user(member), [pairs(_sheet(member)), shown])


def _would_go(username: str, actor: str, verb: str) -> Answer:
    member = ask(lambda doorstep: doorstep.user(username), actor=actor)
    note = f"Nothing was changed. To {verb} this user for good: doorstep user {verb} {member.user.username} --yes"
    return Answer({}, [pairs(_sheet(member))], REFUSED, notes=[note])


def _user(member: "Member") -> dict[str, object]:
    user = member.user
    belongs = [
        {
            "office": m.office,
            "account": m.account_code,
            "account_name": m.account_name,
            "relationship": m.relationship,
            "permissions": list(m.permissions),
        }
        for m in member.memberships
    ]
    return {
        "user_id": str(user.id),
        "username": user.username,
        "state": user.state,
        "name": user.name,
        "email": user.email,
        "phone": user.phone,
        "has_password": user.has_password,
        "is_test": user.is_test,
        "management_user_id": None if user.pair_id is None else str(user.pair_id),
        "first_signed_in_at": iso(user.first_signed_in_at),
        "waits_in": [str(each) for each in member.waits_in],
        "memberships": belongs,
    }


def _sheet(member: "Member") -> list[tuple[str, object]]:
    user = member.user
    return [
        ("username", user.username),
        ("state", _state(member)),
        ("name", user.name),
        ("address", user.email),
        ("phone", user.phone),
        ("has a password", views.in_words(user.has_password)),
        ("first signed in", iso(user.first_signed_in_at)),
        ("waits for", ", ".join(str(each) for each in member.waits_in)),
    ]


def _state(member: "Member") -> str:
    remarks = ["staff login"] * (member.user.pair_id is not None) + ["rehearsal"] * member.user.is_test
    return ", ".join([member.user.state.replace("_", " "), *remarks])


def _codes(member: "Member") -> str:
    return ", ".join(each.account_code for each in member.memberships if each.account_code)
