"""What the ERP says, imported again and again."""

from sqlalchemy import func, select

from doorstep.store import directory
from doorstep.store import tables as t
from tests.client_commands import fresh
from tests.functional.importing import imported, on, only
from tests.house import PASSWORD, House
from tests.office_rows import fingerprints


async def test_an_import_makes_accounts_and_contacts_without_typing(house: House) -> None:
    """S0.3: a new customer of the ERP is an account and a contact, whom staff find and invite at once."""
    office = await house.office()

    report = await imported(
        house, office, "1042,Kauri Farms,Dairy,Rachel,FARM-A,Ana Ngata,ana@kauri.example,021 555 0142"
    )

    ana = await only(house, office)
    assert (report.new_accounts, report.new_contacts) == (1, 1)
    assert (ana.name, ana.email, ana.phone, on(ana)) == ("Ana Ngata", "ana@kauri.example", "021 555 0142", ["1042"])
    assert (ana.is_portal_user, ana.portal_email, ana.has_username) == (True, "", False)
    invited = [each async for each in house.doorstep.contacts_invite([ana.id])]
    assert [(each.outcome, each.invitation and each.invitation.address) for each in invited] == [("invited", ana.email)]


async def test_an_import_again_changes_what_the_erp_changed(house: House) -> None:
    """S0.5: the same rows make nothing new; new names and numbers are taken, and a blank cell empties nothing."""
    office = await house.office()
    await imported(house, office, "1042,Kauri Farms,Dairy,Rachel,FARM-A,Ana Ngata,ana@kauri.example,021 555 0142")
    first = await only(house, office)

    again = await imported(
        house, office, "1042,Kauri Farms,Dairy,Rachel,FARM-A,Ana Ngata,ana@kauri.example,021 555 0142"
    )
    await imported(house, office, "1042,Kauri Ltd,,,,Ana N,ANA@kauri.example,")
    blank = await only(house, office)
    await imported(house, office, "1042,,Sheep,,,,ana@kauri.example,021 555 0199")
    last = await only(house, office)

    a = t.accounts.c
    query = select(a.name, a.customer_type, a.sales_rep, a.price_list).where(a.office == office)
    assert (again.new_accounts, again.new_contacts, again.merged) == (0, 0, 1)
    assert (blank.id, blank.name, blank.phone) == (first.id, "Ana N", "021 555 0142")
    assert (last.id, last.name, last.phone) == (first.id, "Ana N", "021 555 0199")
    rows = [tuple(row) for row in (await house.run(lambda tx: tx.execute(query))).all()]
    assert rows == [("Kauri Ltd", "Sheep", "Rachel", "FARM-A")]


async def test_a_dry_run_says_the_same_and_changes_nothing(house: House) -> None:
    """S0.3: what would be new, merged, refused and warned of, over people of every sort; no row is touched."""
    office = await house.office()
    await imported(house, office, "1,Firm 1,,,,Ana Ngata,ana@kauri.example,")
    rows = (
        *("1,Firm 1,,,,Ana Ngata,ana@kauri.example,", "2,Firm 2,,,,Ana Ngata,ana@kauri.example,"),
        *("2,Firm 2,,,,Ben Rata,,021 555 0142", "3,Firm 3,,,,Ben Rata,,021 555 0142", "4,Firm 4,,,,Cara,,"),
        *("5,Firm 5,,,,Cara,,", ",Nobody,,,,,,", "6,Firm 6,,,,Dan,dan@gmial.com,", "6,Firm 6,,,,,not an address,"),
    )
    before = await house.run(lambda tx: fingerprints(tx, office))

    tried = await imported(house, office, *rows, is_dry_run=True)
    after = await house.run(lambda tx: fingerprints(tx, office))
    done = await imported(house, office, *rows)

    assert after == before
    assert (done.new_accounts, done.new_contacts, done.merged, len(done.refused)) == (5, 4, 1, 2)
    assert tried == done


async def test_two_offices_know_the_same_person_apart(house: House) -> None:
    """T20: an import of one office finds, makes and changes nothing in another one."""
    one, two = await house.office(), await house.office()
    row = "1042,Kauri Farms,,,,Ana Ngata,ana@kauri.example,"
    await imported(house, one, row)
    before = await house.run(lambda tx: fingerprints(tx, one))

    report = await imported(house, two, row.replace("Ana Ngata", "Anna"))

    assert (report.new_accounts, report.new_contacts) == (1, 1)
    assert await house.run(lambda tx: fingerprints(tx, one)) == before


def test_accounts_are_references_and_nothing_more() -> None:
    """S3.12: no column holds business data of the ERP; what there is names the account, or finds it in a list."""
    references, filters = {"id", "office", "code", "name"}, {"customer_type", "sales_rep", "price_list"}

    assert set(t.accounts.c.keys()) == references | filters | {"closed_at", "created_at", "updated_at"}


async def test_the_account_of_an_invitation_is_the_account_of_the_person(house: House) -> None:
    """S0.11, S0.12: none, one or many Account IDs; after the sign-in the person sees those, each once, and no other."""
    office = await house.office()
    await imported(house, office, *(f"{code},Firm {code},,,,,," for code in (1, 2, 3)))
    seen = {}
    for codes in ((), ("1",), ("2", "3", "2")):
        name = fresh("member")
        waiting = await house.set_up(await house.pending(office, accounts=codes), username=name)
        await house.doorstep.approve(waiting.id, approver=f"boss1@{office}.example")
        await house.until(waiting, lambda row: row.activated_at is not None)
        home = await house.doorstep.home(await house.doorstep.sign_in(name, PASSWORD))
        assert home is not None
        seen[codes] = [each.account_code for each in home.memberships]

    assert seen == {(): [None], ("1",): ["1"], ("2", "3", "2"): ["2", "3"]}


async def count(house: House, office: str) -> tuple[int, int]:
    """How many accounts and contacts an office has."""
    return await house.run(lambda tx: directory.counts(tx, office))


async def test_one_bad_row_never_stops_the_others(house: House) -> None:
    """S4.35, S0.3: what cannot be read is named with its line, and everything around it is taken."""
    office = await house.office()

    report = await imported(
        house,
        office,
        "1,Firm 1,,,,Ana,ana@kauri.example,",
        ",Nowhere,,,,Ben,ben@kauri.example,",
        "2,Firm 2,,,,Cara,cara at kauri,",
        "3,Firm 3,,,,Dan,dan@kauri.example,",
    )

    assert [(each.line, each.code) for each in report.refused] == [(3, "blank_account"), (4, "malformed_email")]
    assert await count(house, office) == (2, 2)
    links = select(func.count()).select_from(t.contact_accounts.join(t.contacts)).where(t.contacts.c.office == office)
    assert (await house.run(lambda tx: tx.execute(links))).scalar_one() == 2
