"""The staff of an office: who may do what there, and the rights that follow."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import RenderableType

from doorstep.domain.authority import Reach, authority_of
from doorstep.domain.invitation import Office
from doorstep.domain.staff import StaffKind, StaffMember, StaffPermission
from starter.commands.answers import Answer, As, command
from starter.commands.arguments import Accounts, OfficeCode, Person
from starter.commands.printing import pairs, table
from starter.commands.session import ask

if TYPE_CHECKING:
    from starter.client import Doorstep

app = typer.Typer(help="The staff of an office, and what each may do there.", no_args_is_help=True)

Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="Their e-mail address, which they act under.")]
OPTIONS: Mapping[str, object] = {
    "name": Person,
    "permission": Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help=f"Repeat it for more; they replace those before: {', '.join(StaffPermission)}."
        ),
    ],
    "is_rep": Annotated[
        bool | None,
        typer.Option(
            "--rep/--in-house", help="A rep serves assigned accounts alone; at first in-house.", show_default=False
        ),
    ],
    "account": Accounts,
    "may_grant": Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="They may grant this permission of the portal; repeat it for more."),
    ],
    "may_grant_all": Annotated[
        bool | None, typer.Option("--may-grant-all", help="They may grant every permission, as at first.")
    ],
}
KINDS = {StaffKind.IN_HOUSE: "in-house", StaffKind.REP: "rep"}
REACHES = {Reach.ALL: "every account", Reach.ASSIGNED: "assigned accounts"}
NOBODY = "Nobody is on the staff of office {0}, so whoever can run this command may do everything there."


@command(app, "set", options=OPTIONS)
def set_(office: OfficeCode, address: Address, actor: As = "", **options: Any) -> Answer:
    """Add somebody to the staff of an office, or change what is named of them; mails nothing."""

    async def work(doorstep: "Doorstep") -> tuple[StaffMember, Office]:
        return await _put(doorstep, office, address, options), await doorstep.office(office)

    return _answer(*ask(work, actor=actor))


@command(app, options=OPTIONS)
def add(office: OfficeCode, address: Address, actor: As = "", **options: Any) -> Answer:
    """The same as `set`, and mail them the link to set their password for the Team Hub."""

    async def work(doorstep: "Doorstep") -> tuple[StaffMember, Office]:
        member = await _put(doorstep, office, address, options)
        await doorstep.staff_invite(member.address)
        return member, await doorstep.office(office)

    answer = _answer(*ask(work, actor=actor))
    return replace(answer, notes=[f"{address} gets a mail with a link to the Team Hub."])


@command(app)
def invite(address: Address, actor: As = "") -> Answer:
    """Mail somebody on the staff, or a username administrator, the link to the Team Hub (again)."""
    ask(lambda doorstep: doorstep.staff_invite(address), actor=actor)
    return Answer({"address": address, "is_mailed": True}, [f"{address} gets a mail with a link to the Team Hub."])


@command(app, "code-off")
def code_off(address: Address, actor: As = "") -> Answer:
    """Take away the one-time code of a lost phone: the password alone lets its owner in, and a mail tells them."""
    ask(lambda doorstep: doorstep.staff_code_off(address), actor=actor)
    return Answer({"address": address, "is_code_off": True}, [f"{address} is asked for no code any more."])


@command(app)
def untie(address: Address, actor: As = "") -> Answer:
    """Forget which person of the OpenID provider somebody is, for when their account there was made anew."""
    ask(lambda doorstep: doorstep.staff_untie(address), actor=actor)
    return Answer({"address": address, "is_untied": True}, [f"{address} is tied to nobody at the provider any more."])


@command(app, "sign-out")
def sign_out(address: Address, actor: As = "") -> Answer:
    """Sign somebody out of the Team Hub, in every browser; they may sign in again."""
    ended = ask(lambda doorstep: doorstep.staff_sign_out(address), actor=actor)
    word = "session" if ended == 1 else "sessions"
    return Answer({"address": address, "ended": ended}, [f"{ended} {word} of {address} ended."])


async def _put(doorstep: "Doorstep", office: str, address: str, options: Mapping[str, Any]) -> StaffMember:
    if options["may_grant"] and options["may_grant_all"]:
        raise typer.BadParameter("Say either --may-grant or --may-grant-all.")
    return await doorstep.staff_set(
        office,
        address,
        name=options["name"],
        permissions=options["permission"] or None,
        is_rep=options["is_rep"],
        accounts=options["account"] or None,
        may_grant=options["may_grant"] or None,
        may_grant_all=bool(options["may_grant_all"]),
    )


@command(app)
def show(office: OfficeCode, address: Address, actor: As = "") -> Answer:
    """One member of staff, and the rights that follow from what they hold."""

    async def work(doorstep: "Doorstep") -> tuple[StaffMember, Office]:
        member = await doorstep.staff_member(office, address)
        return member, await doorstep.office(office)

    return _answer(*ask(work, actor=actor))


@command(app, "list")
def list_(office: OfficeCode, actor: As = "") -> Answer:
    """Everybody on the staff of an office."""
    found = ask(lambda doorstep: doorstep.staff(office), actor=actor)
    rows = [
        (m.address, m.name, KINDS[m.kind], ", ".join(sorted(m.permissions)), ", ".join(m.account_codes)) for m in found
    ]
    shown = table(("address", "name", "kind", "permissions", "accounts"), rows) if rows else NOBODY.format(office)
    return Answer({"office": office, "staff": [_member(each) for each in found]}, [shown])


@command(app)
def remove(office: OfficeCode, address: Address, actor: As = "") -> Answer:
    """Take somebody off the staff of an office; what they did stays recorded."""
    member = ask(lambda doorstep: doorstep.staff_remove(office, address), actor=actor)
    data = {"office": office, "address": member.address, "is_removed": True}
    return Answer(data, [f"{member.address} is no longer on the staff of office {office}."])


def _answer(member: StaffMember, office: Office) -> Answer:
    from doorstep.domain.addresses import address_key  # noqa: PLC0415 - takes a moment, and `--help` needs it not

    is_approver = address_key(member.address) in {address_key(each) for each in office.approvers}
    authority = authority_of(member, any_staff_invites=office.any_staff_invites, is_approver=is_approver)
    rights = {str(right): reach for right, reach in authority.rights.items()}
    data = _member(member) | {
        "rights": {right: str(reach) for right, reach in rights.items()},
        "ways": sorted(str(way) for way in authority.ways),
    }
    rows = [(right.replace("_", " "), REACHES[reach]) for right, reach in rights.items()]
    shown: list[RenderableType] = [pairs(_sheet(member)), table(("may", "for"), rows)]
    return Answer(data, shown)


def _member(member: StaffMember) -> dict[str, object]:
    return {
        "office": member.office,
        "address": member.address,
        "name": member.name,
        "kind": str(member.kind),
        "permissions": sorted(str(each) for each in member.permissions),
        "accounts": list(member.account_codes),
        "may_grant": None if member.may_grant is None else sorted(member.may_grant),
    }


def _sheet(member: StaffMember) -> list[tuple[str, object]]:
    grants = "every permission" if member.may_grant is None else ", ".join(sorted(member.may_grant))
    return [
        ("address", member.address),
        ("name", member.name),
        ("office", member.office),
        ("kind", KINDS[member.kind]),
        ("permissions", ", ".join(sorted(member.permissions))),
        ("accounts", ", ".join(member.account_codes)),
        ("may grant", grants),
    ]
