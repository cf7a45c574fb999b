"""The command line for people: inviting by every way, adding users directly, looking after them, and erasing them."""

from email.message import EmailMessage
from uuid import UUID

import uuid_utils.compat as uuid_utils

from doorstep.domain.messages import Message
from doorstep.domain.permissions import permissions_of
from doorstep.domain.states import State
from tests.command_line import CommandLine
from tests.house import PASSWORD, House, eventually
from tests.pages import active, add_accounts

NUMBER = "021 555 0142"


def named(prefix: str) -> str:
    """A username that no other test has."""
    return f"{prefix}-{uuid_utils.uuid7().hex[-8:]}"


async def test_one_way_to_reach_somebody_is_enough(house: House, doorstep: CommandLine) -> None:
    """S0.6, S0.7, S0.8, S0.17: an address or a mobile number alone is enough; with neither the field is named."""
    to = ("invite", "--office", await house.office())

    neither = await doorstep.refused(*to, "--name", "Ana Ngata")
    by_mail = await doorstep.done(*to, "--email", "ana@example.org")
    by_text = await doorstep.done(*to, "--phone", NUMBER)
    both = await doorstep.done(*to, "--email", "ben@example.org", "--phone", "021 555 0143", "--channel", "text")
    shown = [await doorstep.done("show", each["id"]) for each in (by_mail, by_text, both)]

    assert (neither["code"], neither["status"], list(neither["fields"])) == ("address_required", 422, ["email"])
    assert [(each["channel"], each["address"], each["state"]) for each in shown] == [
        ("mail", "ana@example.org", "pending"),
        ("text", "+64215550142", "pending"),
        ("text", "+64215550143", "pending"),
    ]
    assert shown[2]["other_address"] == "ben@example.org"


async def test_each_missing_field_has_a_line_of_its_own(house: House, doorstep: CommandLine) -> None:
    """S0.9: what the office asks for is a setting; whoever leaves three of it out reads three sentences at once."""
    office = await house.office()
    to = ("invite", "--office", office, "--email", "ana@example.org")
    await doorstep.done("office", "set", office, *("--required-field", "name"), *("--required-field", "phone"))

    several = await doorstep(*to, "--json")
    one = await doorstep.refused(*to, "--name", "Ana Ngata")
    nobody = await doorstep.refused("invite", "--office", office, "--name", "Ana Ngata", "--email", "")
    done = await doorstep.done(*to, "--name", "Ana Ngata", "--phone", NUMBER)

    fields = several.json["error"]["fields"]
    assert (several.status, several.json["error"]["code"], list(fields)) == (1, "field_required", ["name", "phone"])
    assert several.err.splitlines() == [f"Office {office} asks for the field 'name'.", fields["phone"]]
    assert list(one["fields"]) == list(nobody["fields"]) == ["phone"]
    assert done["state"] == "pending"


async def test_an_address_is_missing_beside_the_other_fields(house: House, doorstep: CommandLine) -> None:
    """S0.6, S0.9: the lack of any address is told together with the fields that the office asks for."""
    office = await house.office(required_fields=("name",), account_required=True)

    refused = await doorstep.refused("invite", "--office", office)

    assert list(refused["fields"]) == ["name", "account", "email"]
    assert "at least one of them" in refused["fields"]["email"]


async def test_an_account_id_is_asked_for_where_the_office_says_so(house: House, doorstep: CommandLine) -> None:
    """S0.10: required by setting of the office, and optional again by the same setting."""
    office = await house.office()
    await add_accounts(house, office, {"1042": "Kauri Ridge Farms"})
    to = ("invite", "--office", office, "--email")

    await doorstep.done("office", "set", office, "--account-required")
    without = await doorstep.refused(*to, "ana@example.org")
    with_one = await doorstep.done(*to, "ana@example.org", "--account", "1042")
    await doorstep.done("office", "set", office, "--no-account-required")
    optional = await doorstep.done(*to, "ben@example.org")

    assert (without["code"], list(without["fields"])) == ("account_required", ["account"])
    assert (with_one["state"], optional["state"]) == ("pending", "pending")


async def test_the_address_becomes_the_username(house: House, doorstep: CommandLine) -> None:
    """S1.9: the first thing that `invite` asks for is the address, and it is the name that the user is found by."""
    office = await house.office()
    address = f"Ana@{office}.example"
    made = await doorstep.done("invite", "--office", office, "--email", address)
    await house.set_up(await house.doorstep.show(UUID(made["id"])))

    user = await doorstep.done("user", "show", address.lower())

    assert (user["username"], user["email"], user["state"]) == (address, address, "unapproved")
    assert user["waits_in"] == [made["id"]]


async def test_individual_roles_are_added_up(house: House, doorstep: CommandLine) -> None:
    """S1.12, S1.13: each `--role` counts, and the permissions asked for are their union."""
    to = ("invite", "--office", await house.office(), "--email", "ana@example.org")

    made = await doorstep.done(*to, "--role", "buyer", "--role", "grower")
    shown = await doorstep.done("show", made["id"])

    assert shown["roles"] == ["buyer", "grower"]
    assert set(shown["permissions"]) == permissions_of(["buyer"]) | permissions_of(["grower"])


async def test_a_template_and_a_language_are_chosen_by_name(house: House, doorstep: CommandLine) -> None:
    """S1.14, S1.16: the chosen welcome is kept with the invitation, and an unknown one is refused."""
    to = ("invite", "--office", await house.office(), "--email", "ana@example.org")

    unknown = await doorstep.refused(*to, "--template", "no-such")
    foreign = await doorstep.refused(*to, "--locale", "klingon")
    made = await doorstep.done(*to, "--template", "accountactivation-EJS", "--locale", "de-AT")
    shown = await doorstep.done("show", made["id"])

    assert (unknown["code"], foreign["code"]) == ("unknown_template", "locale")
    assert (shown["template"], shown["locale"]) == ("accountactivation-EJS", "de_AT")


async def test_a_likely_slip_is_warned_of_and_sent_all_the_same(house: House, doorstep: CommandLine) -> None:
    """S3.7: wrong syntax is refused; a domain that looks mistyped is a warning with the command that puts it right."""
    office = await house.office()
    to = ("invite", "--office", office, "--email")

    refused = await doorstep.refused(*to, "ana.example.org")
    said = await doorstep(*to, f"{office}@gmial.com", "--json")
    told = await doorstep(*to, f"ben.{office}@gmial.com")
    fine = await doorstep.done(*to, "ana@example.org")

    [warning] = said.json["warnings"]
    assert refused["code"] == "address_invalid"
    assert (said.status, said.json["state"], said.err.strip()) == (0, "pending", warning)
    assert f"is {office}@gmail.com meant?" in warning
    assert warning.endswith(f"doorstep readdress {said.json['id']} {office}@gmail.com")
    assert (told.status, "may be mistyped" in told.err, "may be mistyped" in told.out) == (0, True, False)
    assert fine["warnings"] == []


async def test_a_number_takes_the_place_of_an_address(house: House, doorstep: CommandLine) -> None:
    """S0.17: `readdress` takes a number by the rules of the office's region, and the other way is kept."""
    invitation = await house.pending(await house.office())

    done = await doorstep.done("readdress", str(invitation.id), NUMBER)
    shown = await doorstep.done("show", str(invitation.id))

    assert (done["state"], shown["channel"], shown["address"]) == ("pending", "text", "+64215550142")
    assert shown["other_address"] == invitation.address


async def test_two_logins_are_made_at_once(house: House, doorstep: CommandLine) -> None:
    """S4.9, S4.10, S4.11, S4.15: the staff login is the name and S, the next free one where it is taken."""
    office, name = await house.office(), named("hill")
    await add_accounts(house, office, {"1042": "Hill Farms"})
    add = ("add-user", "--office", office, "--account", "1042", "--email", "hill@example.org", "--username")

    first = await doorstep.done(*add, f"{name}S")
    second = await doorstep.done(*add, name, "--role", "accounts_payable")
    taken = await doorstep.refused(*add, name.upper())
    told = await doorstep(*add, f"{name}-x")
    management, staff = [await doorstep.done("user", "show", each) for each in (name, f"{name}S2")]

    assert (first["username"], first["staff_username"]) == (f"{name}S", f"{name}SS")
    assert (second["username"], second["staff_username"]) == (name, f"{name}S2")
    assert second["workflow_id"] == f"password-link-{second['password_link_id']}"
    assert (taken["code"], list(taken["fields"])) == ("username_taken", ["username"])
    assert f"{name}-xS" in told.out
    assert "dies after 24 hours" in told.out
    assert staff["management_user_id"] == management["user_id"] == second["user_id"]
    assert staff["user_id"] == second["staff_user_id"]
    assert set(management["memberships"][0]["permissions"]) == permissions_of(["accounts_payable"])
    assert "balance" not in staff["memberships"][0]["permissions"]


async def test_a_user_who_is_added_is_mailed_twice(house: House, doorstep: CommandLine) -> None:
    """S4.6, S4.12: relationship, account and details make a user, who gets a welcome and the link to the passwords."""
    office = await house.office()
    await add_accounts(house, office, {"1042": "Hill Farms"})
    address = f"rep@{office}.example"

    made = await doorstep.done(
        *("add-user", "--office", office, "--account", "1042", "--email", address, "--username", named("rep")),
        *("--name", "Rae Hill", "--relationship", "rep"),
    )
    odd = await doorstep("user", "list", office, "--state", "odd")
    waiting = await doorstep.done("user", "list", office, "--state", "setup_pending")

    async def both() -> EmailMessage | None:
        is_welcome = house.mails(address, Message.WELCOME)
        return next(iter(house.mails(address, Message.SET_PASSWORD)), None) if is_welcome else None

    assert house.token(await eventually(both, "the welcome and the link"))
    assert [each["username"] for each in waiting["users"]] == sorted([made["username"], made["staff_username"]])
    assert {each["relationship"] for user in waiting["users"] for each in user["memberships"]} == {"rep"}
    assert odd.status == 2


async def test_a_rehearsal_takes_no_seat(house: House, doorstep: CommandLine) -> None:
    """S4.18, S4.47: seats count every username from set-up on, but those of a rehearsal, whichever way they came."""
    office = await house.office()
    await add_accounts(house, office, {"1042": "Hill Farms"})
    add = ("add-user", "--office", office, "--account", "1042", "--email", f"me@{office}.example", "--username")

    await doorstep.done(*add, named("real"))
    await doorstep.done(*add, named("tried"), "--test")
    tried = await house.waiting(office, is_test=True)
    real = await house.waiting(office)
    listed = await doorstep.done("user", "list", office)
    told, shown = await doorstep("user", "list", office), await doorstep.done("office", "show", office)

    by_name = {each["username"]: each for each in listed["users"]}
    assert (len(by_name), listed["seats"], shown["seats"]) == (6, 3, 3)
    assert (by_name[tried.address]["is_test"], by_name[real.address]["is_test"]) == (True, False)
    assert "3 seats are used." in told.out
    assert "unapproved, rehearsal" in told.out


async def test_staff_maintain_the_permissions_of_a_user(house: House, doorstep: CommandLine) -> None:
    """S4.19, S4.11: on one account or on all; nothing unknown is granted, and a staff login never sees the costs."""
    office, name = await house.office(), named("hill")
    await add_accounts(house, office, {"1": "First Farm", "2": "Second Farm"})
    invitation = await active(house, office, accounts=["1", "2"])
    await doorstep.done(
        "add-user", *("--office", office, "--account", "1", "--email", "hill@example.org", "--username", name)
    )

    one = await doorstep.done("user", "permissions", invitation.address, "invoices", "--account", "1")
    both = await doorstep.done("user", "permissions", invitation.address, "messages", "costs")
    staff = await doorstep.done("user", "permissions", f"{name}S", "messages", "costs")
    unknown = await doorstep.refused("user", "permissions", invitation.address, "everything")
    foreign = await doorstep.refused("user", "permissions", invitation.address, "messages", "--account", "9")

    assert _granted(one)["1"] == ["invoices"]
    assert "statements" in _granted(one)["2"]
    assert _granted(both) == {"1": ["costs", "messages"], "2": ["costs", "messages"]}
    assert _granted(staff) == {"1": ["messages"]}
    assert (unknown["code"], foreign["code"]) == ("unknown_permission", "unknown_account")


def _granted(user: dict[str, object]) -> dict[str, list[str]]:
    belongs = user["memberships"]
    assert isinstance(belongs, list)
    return {each["account"]: each["permissions"] for each in belongs}


async def test_a_user_is_suspended_and_resumed(house: House, doorstep: CommandLine) -> None:
    """T24: shut out at once, let in again with the same password; neither twice."""
    invitation = await active(house, await house.office())
    session = await house.doorstep.sign_in(invitation.address, PASSWORD)

    suspended = await doorstep.done("user", "suspend", invitation.address)
    again = await doorstep.refused("user", "suspend", invitation.address)
    home = await house.doorstep.home(session)
    resumed = await doorstep.done("user", "resume", invitation.address)

    assert (suspended["state"], again["code"], home) == ("suspended", "not_active", None)
    assert resumed["state"] == "active"
    assert await house.doorstep.sign_in(invitation.address, PASSWORD)


async def test_deleting_a_user_has_to_be_meant(house: House, doorstep: CommandLine) -> None:
    """S4.47, S4.46: without `--yes` it only says who would go; the seat is free afterwards; who waits is rejected."""
    office = await house.office()
    invitation, waiting = await active(house, office), await house.waiting(office)

    asked = await doorstep("user", "delete", invitation.address)
    before = await house.doorstep.seats(office)
    done = await doorstep("user", "delete", invitation.address, "--yes")
    undecided = await doorstep.refused("user", "delete", waiting.address)
    gone = await doorstep.refused("user", "show", invitation.address)

    assert (asked.status, before) == (1, 2)
    assert (invitation.address in asked.out, f"doorstep user delete {invitation.address} --yes" in asked.err) == (
        True,
        True,
    )
    assert (done.status, await house.doorstep.seats(office)) == (0, 1)
    assert (undecided["code"], str(waiting.id) in undecided["message"]) == ("awaiting_decision", True)
    assert (gone["code"], gone["status"]) == ("no_such_user", 404)


async def test_erasing_a_user_leaves_tombstones(house: House, doorstep: CommandLine) -> None:
    """T34: the user goes and their invitations are erased with them; asked for by a person it has to be meant."""
    invitation = await active(house, await house.office(), name="Hēmi Tūhoro")

    asked = await doorstep("user", "erase", invitation.address)
    done = await doorstep.done("user", "erase", invitation.address)
    tombstone = await doorstep("show", str(invitation.id))

    assert (asked.status, "Nothing was changed." in asked.err) == (1, True)
    assert done == {"is_erased": True}
    assert "erased" in tombstone.out
    assert invitation.address not in tombstone.out
    assert "Hēmi" not in tombstone.out


async def test_erasing_an_invitation_prints_the_tombstone(house: House, doorstep: CommandLine) -> None:
    """T34: it says first what would go, does it with `--yes`, and prints what stays, which tells of nobody."""
    invitation = await house.pending(await house.office(), name="Hēmi Tūhoro")

    asked = await doorstep("erase", str(invitation.id))
    before = await house.doorstep.show(invitation.id)
    done = await doorstep("erase", str(invitation.id), "--yes")
    again = await doorstep.refused("erase", str(invitation.id))

    assert (asked.status, before.state) == (1, State.PENDING)
    assert invitation.address in asked.out
    assert f"doorstep erase {invitation.id} --yes" in asked.err
    assert done.status == 0
    assert str(invitation.id) in done.out
    assert invitation.address not in done.out
    assert again["code"] == "erased_already"


async def test_somebody_who_has_a_user_needs_no_link(house: House, doorstep: CommandLine) -> None:
    """S2.17, S2.18: what the command says is that the user is there already and who decides now."""
    first = await active(house, await house.office())
    other = await house.office()

    told = await doorstep("invite", "--office", other, "--email", first.address)
    [invitation] = await house.doorstep.list(office=other)

    assert "has a user already" in told.out
    assert "An administrator decides." in told.out
    assert (invitation.state, invitation.expires_at) == (State.AWAITING_APPROVAL, None)
