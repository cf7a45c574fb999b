"""The command line for people who are invited: by every way, with every field, and erased again."""

from uuid import UUID

from doorstep.domain.permissions import permissions_of
from doorstep.domain.states import State
from tests.command_line import CommandLine
from tests.house import House, mobile
from tests.pages import active, add_accounts


async def test_one_way_to_reach_somebody_is_enough(house: House, doorstep: CommandLine) -> None:
    """S0.6, S0.7, S0.8, S0.17: an address or a mobile number alone is enough; with neither the field is named."""
    to, (first, second) = ("invite", "--office", await house.office()), (mobile(), mobile())

    neither = await doorstep.refused(*to, "--name", "Ana Ngata")
    by_mail = await doorstep.done(*to, "--email", "ana@example.org")
    by_text = await doorstep.done(*to, "--phone", first.replace("+64", "0"))
    both = await doorstep.done(*to, "--email", "ben@example.org", "--phone", second, "--channel", "text")
    shown = [await doorstep.done("show", each["id"]) for each in (by_mail, by_text, both)]

    assert (neither["code"], neither["status"], list(neither["fields"])) == ("address_required", 422, ["email"])
    assert [(each["channel"], each["address"], each["state"]) for each in shown] == [
        ("mail", "ana@example.org", "pending"),
        ("text", first, "pending"),
        ("text", second, "pending"),
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
    done = await doorstep.done(*to, "--name", "Ana Ngata", "--phone", mobile())

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
    invitation, number = await house.pending(await house.office()), mobile()

    done = await doorstep.done("readdress", str(invitation.id), number.replace("+64", "0"))
    shown = await doorstep.done("show", str(invitation.id))

    assert (done["state"], shown["channel"], shown["address"]) == ("pending", "text", number)
    assert shown["other_address"] == invitation.address


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
