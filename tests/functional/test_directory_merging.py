"""One person in many rows, many files and many hands: known once, and left as staff left them (S0.5)."""

import asyncio

import pytest

from tests.functional.importing import imported, on, only, people
from tests.house import House


@pytest.mark.parametrize(
    ("typed", "exported"),
    [
        ({"email": "ana@kauri.example"}, "Ana N,ana@kauri.example,021 555 0142"),
        ({"email": "Ana@Kauri.Example"}, "Ana N,ANA@KAURI.EXAMPLE,"),
        ({"email": "ana@käuri.example"}, "Ana N,ana@xn--kuri-loa.example,"),
        ({"email": "jo\u0308rg@kauri.example"}, "Ana N,J\u00d6RG@kauri.example,"),
        ({"phone": "+64 21 555 0142"}, "Ana N,,(021) 555-0142"),
        ({"phone": "021 555 0142"}, "Ana N,ana@kauri.example,+64215550142"),
        ({"email": "ana@kauri.example", "phone": "021 555 0142"}, "Ana N,,0064 21 555 0142"),
    ],
)
async def test_somebody_added_by_hand_is_never_doubled(house: House, typed: dict[str, str], exported: str) -> None:
    """S0.5, S0.4: by address or number, whatever the case, the letters or the prefix; and what staff typed stays."""
    office = await house.office()
    await imported(house, office, "1042,Kauri Farms,,,,,,")
    added = await house.doorstep.contact_add(office=office, name="Ana Ngata", accounts=["1042"], **typed)

    for _ in range(2):
        report = await imported(house, office, f"1042,Kauri Farms,,,,{exported}")
        assert (report.new_accounts, report.new_contacts) == (0, 0)

    ana = await only(house, office)
    assert (ana.id, ana.name, on(ana)) == (added.id, "Ana Ngata", ["1042"])
    if "phone" in typed:
        assert ana.phone == typed["phone"]
    back = await house.doorstep.contact_add(office=office, accounts=["1042"], **typed)
    assert back.id == added.id


async def test_a_person_on_many_accounts_is_one_person(house: House) -> None:
    """S0.12, S0.5: each row of the person adds an account, in one file and in the next."""
    office = await house.office()
    rows = [f"{code},Firm {code},,,,Ana Ngata,ana@kauri.example," for code in range(1000, 1012)]

    first = await imported(house, office, *rows[:8])
    second = await imported(house, office, *rows)

    ana = await only(house, office)
    assert on(ana) == [str(code) for code in range(1000, 1012)]
    assert (first.new_accounts, first.new_contacts) == (8, 1)
    assert (second.new_accounts, second.new_contacts, second.merged) == (4, 0, 8)


async def test_what_staff_wrote_for_the_portal_stays(house: House) -> None:
    """S0.5, S3.6, S4.33: name, number, portal address and flag outlast every import; the default address is its own."""
    office = await house.office()
    row = "1042,Kauri Farms,,,,Ana Ngata,ana@kauri.example,021 555 0142"
    await imported(house, office, row)
    ana = await only(house, office)
    await house.doorstep.contact_set(
        ana.id, name="Ana N.", phone="021 555 0199", portal_email="gm@kauri.example", is_portal_user=False
    )

    await imported(house, office, row)
    await imported(house, office, "1042,Kauri Farms,,,,Anna Ngata,Ana@Kauri.example,021 555 0777")

    kept = await only(house, office)
    assert (kept.name, kept.phone, kept.portal_email) == ("Ana N.", "021 555 0199", "gm@kauri.example")
    assert (kept.is_portal_user, kept.email) == (False, "Ana@Kauri.example")
    await house.doorstep.contact_set(ana.id, phone="", portal_email="")
    await imported(house, office, row)
    emptied = await only(house, office)
    assert (emptied.phone, emptied.portal_email, emptied.email) == ("", "", "ana@kauri.example")


async def test_a_portal_address_that_is_a_colleagues_stays_the_invitees(house: House) -> None:
    """S4.31-S4.33: the general manager, to whom staff sent the accountant's invitation, is a contact of their own."""
    office = await house.office()
    rows = ("1042,Kauri,,,,Accounts,ap@kauri.example,", "1042,Kauri,,,,Grace Manager,grace@kauri.example,")
    await imported(house, office, rows[0])
    accountant = await only(house, office)
    await house.doorstep.contact_set(accountant.id, portal_email="grace@kauri.example")

    for _ in range(2):
        await imported(house, office, *rows)

    found = [(each.name, each.email, each.portal_email) for each in await people(house, office)]
    assert found == [
        ("Accounts", "ap@kauri.example", "grace@kauri.example"),
        ("Grace Manager", "grace@kauri.example", ""),
    ]


async def test_a_person_without_an_address_is_kept_until_there_is_one(house: House) -> None:
    """S4.34, S0.5: a name is a contact whom nobody can invite yet; the address that comes later is theirs."""
    office = await house.office()

    nameless = await imported(house, office, "1042,Kauri Farms,,,,,,")
    first = await imported(house, office, "1042,Kauri Farms,,,,Ana Ngata,,")
    again = await imported(house, office, "1042,Kauri Farms,,,,ANA NGATA,,")
    ana = await only(house, office)
    await imported(house, office, "1042,Kauri Farms,,,,Ana Ngata,ana@kauri.example,")

    assert [each.new_contacts for each in (nameless, first, again)] == [0, 1, 0]
    assert (ana.invitation_address, on(ana)) == ("", ["1042"])
    later = await only(house, office)
    assert (later.id, later.invitation_address) == (ana.id, "ana@kauri.example")


async def test_ten_imports_at_once_make_nobody_twice(house: House) -> None:
    """S0.5: the same people by address, by number and by name, in ten files at the same moment, each taken whole."""
    office = await house.office()
    rows = [
        *(f"{code},Firm {code},,,,Ana Ngata,ana@kauri.example," for code in (1, 2, 3)),
        *("1,Firm 1,,,,Ben Rata,,021 555 0142", "2,Firm 2,,,,Ben Rata,,021 555 0142"),
        *("1,Firm 1,,,,Cara Nameless,,", "2,Firm 2,,,,Dan Both,dan@kauri.example,021 555 0143"),
    ]
    turned = [[*rows[n % 7 :], *rows[: n % 7]] for n in range(10)]

    reports = await asyncio.gather(*(imported(house, office, *each) for each in turned))

    assert [each.refused for each in reports] == [[]] * 10
    assert sum(each.new_accounts for each in reports) == 3
    assert sum(each.new_contacts for each in reports) == 4
    found = {each.name: on(each) for each in await people(house, office)}
    assert found == {"Ana Ngata": ["1", "2", "3"], "Ben Rata": ["1", "2"], "Cara Nameless": ["1"], "Dan Both": ["2"]}


async def test_adding_by_hand_while_an_import_runs_makes_nobody_twice(house: House) -> None:
    """S0.5: whoever comes first, staff or the ERP, the other one finds the person."""
    office = await house.office()
    await imported(house, office, "1042,Kauri Farms,,,,,,")
    asked = {"office": office, "email": "ana@kauri.example", "accounts": ["1042"]}

    await asyncio.gather(
        *(house.doorstep.contact_add(**asked) for _ in range(5)),  # type: ignore[arg-type]
        *(imported(house, office, "1042,Kauri Farms,,,,Ana Ngata,ana@kauri.example,") for _ in range(5)),
    )

    assert (await only(house, office)).name == "Ana Ngata"
