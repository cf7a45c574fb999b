"""The command line for contacts: found, added, changed for the portal, and invited."""

from typing import Any

from doorstep.domain.states import State
from tests.command_line import CommandLine
from tests.house import House

EXPORT = b"""Account Code,Account Name,Contact,Email,Phone
1042,Kauri Ridge Farms,Ana Ngata,ana@kauri.example,021 555 0101
1045,Te Miro Dairies,Hemi Tuhoro,hemi@temiro.example,
1046,Lower Flats,Li Chen,,021 555 0103
"""


async def _office(house: House) -> str:
    office = await house.office()
    async for _row in await house.doorstep.import_rows(EXPORT, office):
        pass
    return office


async def _ids(doorstep: CommandLine, office: str) -> dict[str, str]:
    listed = await doorstep.done("contact", "list", office)
    return {each["name"]: each["id"] for each in listed["contacts"]}


def _names(listed: dict[str, Any]) -> list[str]:
    return [each["name"] for each in listed["contacts"]]


async def test_contacts_are_found_by_whatever_is_known_of_them(house: House, doorstep: CommandLine) -> None:
    """S3.3: by name, address, number, account number or account name; narrowed by account; an empty list says so."""
    find = ("contact", "list", await _office(house))

    found = [
        _names(await doorstep.done(*find, "--search", text))
        for text in ("ngata", "TEMIRO.example", "0103", "1045", "kauri ridge")
    ]
    of_account = _names(await doorstep.done(*find, "--account", "1046"))
    everybody = _names(await doorstep.done(*find))
    nobody = await doorstep(*find, "--search", "zzz")

    assert found == [["Ana Ngata"], ["Hemi Tuhoro"], ["Li Chen"], ["Hemi Tuhoro"], ["Ana Ngata"]]
    assert of_account == ["Li Chen"]
    assert everybody == ["Ana Ngata", "Hemi Tuhoro", "Li Chen"]
    assert (nobody.status, nobody.out.strip()) == (0, "No contact matches.")


async def test_another_person_joins_an_account(house: House, doorstep: CommandLine) -> None:
    """S0.4, S0.5, S0.13: added by hand to accounts that are there; somebody known is found again, not doubled."""
    office = await _office(house)
    add = ("contact", "add", "--office", office)

    made = await doorstep.done(*add, "--name", "Rae Hill", "--email", "rae@hill.example", "--account", "1042")
    again = await doorstep.done(*add, "--email", "RAE@hill.example", "--account", "1045")
    unknown = await doorstep.refused(*add, "--email", "x@hill.example", "--account", "9")
    nothing = await doorstep.refused(*add, "--name", "Rae")
    slip = await doorstep(*add, "--email", f"{office}@gmial.com", "--json")

    assert (made["name"], made["accounts"]) == ("Rae Hill", [{"code": "1042", "name": "Kauri Ridge Farms"}])
    assert again["id"] == made["id"]
    assert [each["code"] for each in again["accounts"]] == ["1042", "1045"]
    assert (unknown["code"], nothing["code"]) == ("unknown_account", "address_required")
    assert (slip.status, slip.json["warnings"]) == (0, [slip.err.strip()])


async def test_the_portal_has_an_address_of_its_own(house: House, doorstep: CommandLine) -> None:
    """S3.6, S4.31, S4.32, S4.33: it starts as the default one, is edited and taken away, and the default stays."""
    office = await _office(house)
    ana = (await _ids(doorstep, office))["Ana Ngata"]

    edited = await doorstep.done("contact", "set", ana, "--portal-email", "gm@kauri.example", "--name", "Ana N.")
    cleared = await doorstep.done("contact", "set", ana, "--portal-email", "", "--phone", "")
    told = await doorstep("contact", "show", ana)

    assert (edited["email"], edited["invitation_address"]) == ("ana@kauri.example", "gm@kauri.example")
    assert (edited["name"], edited["kept_fields"]) == ("Ana N.", ["name", "portal_email"])
    assert (cleared["invitation_address"], cleared["phone"]) == ("ana@kauri.example", "")
    assert ("ana@kauri.example" in told.out, "gm@kauri.example" in told.out) == (True, False)


async def test_no_portal_user_takes_the_open_invitation_back(house: House, doorstep: CommandLine) -> None:
    """S3.5, S3.9: the flag off revokes what is open and refuses the next one; on again it can be sent."""
    office = await _office(house)
    ana = (await _ids(doorstep, office))["Ana Ngata"]
    invite = ("invite", "--office", office, "--contact", ana)

    open_one = await doorstep.done(*invite)
    off = await doorstep.done("contact", "set", ana, "--no-portal-user")
    revoked = await doorstep.done("show", open_one["id"])
    refused = await doorstep.refused(*invite)
    await doorstep.done("contact", "set", ana, "--portal-user")
    sent = await doorstep.done(*invite)

    assert (off["is_portal_user"], revoked["state"]) == (False, State.REVOKED)
    assert (refused["code"], f"doorstep contact set {ana} --portal-user" in refused["message"]) == (
        "not_portal_user",
        True,
    )
    assert (sent["state"], sent["id"] != open_one["id"]) == ("pending", True)


async def test_an_invited_contact_brings_name_accounts_and_address(house: House, doorstep: CommandLine) -> None:
    """S2.8, S3.8: what is not typed is the contact's own; a number where there is no address (S0.8)."""
    office = await _office(house)
    ids = await _ids(doorstep, office)

    mailed = await doorstep.done("invite", "--office", office, "--contact", ids["Ana Ngata"])
    texted = await doorstep.done("invite", "--office", office, "--contact", ids["Li Chen"])
    shown = [await doorstep.done("show", each["id"]) for each in (mailed, texted)]
    unknown = await doorstep.refused("invite", "--office", await house.office(), "--contact", ids["Ana Ngata"])

    assert [(each["name"], each["address"], each["contact"]) for each in shown] == [
        ("Ana Ngata", "ana@kauri.example", ids["Ana Ngata"]),
        ("Li Chen", "+64215550103", ids["Li Chen"]),
    ]
    assert [[account["code"] for account in each["accounts"]] for each in shown] == [["1042"], ["1046"]]
    assert (unknown["code"], unknown["status"]) == ("no_such_contact", 404)


async def test_one_contact_that_cannot_be_invited_never_stops_the_others(house: House, doorstep: CommandLine) -> None:
    """S4.26, S4.34, S4.35, S4.37: each has its outcome, in the order asked; again it makes no second live link."""
    office = await _office(house)
    ids = await _ids(doorstep, office)
    ana, hemi, li = ids["Ana Ngata"], ids["Hemi Tuhoro"], ids["Li Chen"]
    await doorstep.done("contact", "set", hemi, "--no-portal-user")

    done = await doorstep.done("contact", "invite", li, ana, hemi, ana)
    again = await doorstep("contact", "invite", ana)
    listed = await house.doorstep.list(office=office)

    outcomes = [(each["contact"], each["outcome"], each.get("code")) for each in done["outcomes"]]
    assert outcomes == [(li, "skipped", "no_address"), (ana, "invited", None), (hemi, "refused", "not_portal_user")]
    assert (done["invited"], done["skipped"], done["refused"]) == (1, 1, 1)
    assert (again.status, "0 invited, 1 open already, 0 left out, 0 refused." in again.out) == (0, True)
    assert [each.address for each in listed] == ["ana@kauri.example"]


async def test_nobody_invited_and_somebody_refused_is_a_refusal(house: House, doorstep: CommandLine) -> None:
    """S4.34, S4.35: all left out for a good reason ends well; every one refused does not."""
    office = await _office(house)
    ids = await _ids(doorstep, office)
    await doorstep.done("contact", "set", ids["Hemi Tuhoro"], "--no-portal-user")

    left_out = await doorstep("contact", "invite", ids["Li Chen"])
    refused = await doorstep("contact", "invite", ids["Hemi Tuhoro"], "--json")
    wrong = await doorstep("contact", "invite", ids["Ana Ngata"], "--role", "king")
    no_id = await doorstep("contact", "invite", "ana")

    assert (left_out.status, "left out" in left_out.out) == (0, True)
    assert (refused.status, refused.json["outcomes"][0]["code"]) == (1, "not_portal_user")
    assert (wrong.status, "REFUSED" in wrong.out) == (1, True)
    assert (no_id.status, no_id.out) == (2, "")


async def test_staff_see_and_change_the_contacts_of_their_accounts(house: House, doorstep: CommandLine) -> None:
    """S1.3, S4.3: a rep finds the contacts of assigned accounts alone; any other is not there."""
    office = await _office(house)
    ids = await _ids(doorstep, office)
    rep = f"rep@{office}.example"
    edits = ("--permission", "customerView", "--permission", "customerEdit")
    await doorstep.done("staff", "set", office, rep, *edits, "--rep", "--account", "1042")

    seen = await doorstep.done("contact", "list", office, "--as", rep)
    hidden = await doorstep.refused("contact", "show", ids["Li Chen"], "--as", rep)
    foreign = await doorstep.refused("contact", "set", ids["Li Chen"], "--name", "Mine", "--as", rep)
    own = await doorstep.done("contact", "set", ids["Ana Ngata"], "--name", "Ana N.", "--as", rep)
    invited = await doorstep("contact", "invite", ids["Li Chen"], ids["Ana Ngata"], "--as", rep, "--json")

    assert _names(seen) == ["Ana Ngata"]
    assert (hidden["code"], foreign["code"], own["name"]) == ("no_such_contact", "no_such_contact", "Ana N.")
    assert [each["outcome"] for each in invited.json["outcomes"]] == ["refused", "invited"]


async def test_a_number_belongs_to_one_contact(house: House, doorstep: CommandLine) -> None:
    """S0.5: two contacts that are known by nothing but the number are one and the same, and never two."""
    office = await _office(house)
    other = await doorstep.done("contact", "add", "--office", office, "--phone", "021 555 0199")

    refused = await doorstep.refused("contact", "set", other["id"], "--phone", "021 555 0103")

    assert (refused["code"], refused["status"]) == ("contact_exists", 409)
