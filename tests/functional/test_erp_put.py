"""Single accounts and contacts put by the ERP's own keys: the same merging as an import, and once is enough."""

import asyncio

import pytest

from doorstep.domain.erp import open_export
from doorstep.domain.errors import Changed, Conflict, Forbidden, Invalid, Refused
from doorstep.store.audit import CLOCK
from doorstep.store.importing import CHUNK, Import, Importer
from tests.functional.importing import imported, on, only, people
from tests.functional.staffing import staffed
from tests.house import House
from tests.office_rows import fingerprints


async def test_an_account_is_made_changed_and_left_as_it_is(house: House) -> None:
    """S0.3: the answer tells which; a blank text leaves what is known, and the same again writes nothing."""
    office, d = await house.office(), house.doorstep

    made = await d.account_put(office, " 1042 ", name="Kauri Farms", customer_type="Dairy")
    before = await house.run(lambda tx: fingerprints(tx, office))
    same = await d.account_put(office, "1042", name="Kauri Farms")
    after = await house.run(lambda tx: fingerprints(tx, office))
    changed = await d.account_put(office, "1042", name="Kauri Ltd", sales_rep="Rachel")

    assert [each.became for each in (made, same, changed)] == ["created", "unchanged", "changed"]
    assert after == before
    assert (changed.account.name, changed.account.customer_type, changed.account.sales_rep) == (
        *("Kauri Ltd", "Dairy", "Rachel"),
    )
    report = await imported(house, office, "1042,Kauri Ltd,,,,,,")
    assert (report.new_accounts, report.changed) == (0, 0)


async def test_a_contact_is_followed_by_its_key(house: House) -> None:
    """S0.5: the key tells who it is whatever the address; accounts are added, and the same again writes nothing."""
    office, d = await house.office(), house.doorstep
    await imported(house, office, "1,Firm 1,,,,,,", "2,Firm 2,,,,,,")
    said = {"name": "Ana Ngata", "email": "ana@kauri.example", "accounts": ["1"]}

    made = await d.contact_put(office, "C-7", **said)  # type: ignore[arg-type]
    same = await d.contact_put(office, "C-7", **said)  # type: ignore[arg-type]
    moved = await d.contact_put(office, "C-7", email="ana@rimu.example", accounts=["2", "2"])

    assert [each.became for each in (made, same, moved)] == ["created", "unchanged", "changed"]
    assert {each.contact.id for each in (made, same, moved)} == {(await only(house, office)).id}
    assert (moved.contact.name, moved.contact.email, on(moved.contact)) == ("Ana Ngata", "ana@rimu.example", ["1", "2"])
    assert moved.contact.external_key == "C-7"


async def test_somebody_added_by_hand_gets_the_key_and_keeps_what_staff_wrote(house: House) -> None:
    """S0.5: found by account and address or number; never a second profile, by a single put or by a file."""
    office, d = await house.office(), house.doorstep
    await imported(house, office, "1,Firm 1,,,,,,")
    by_mail = await d.contact_add(office=office, name="Ana", email="ana@kauri.example", accounts=["1"])
    by_number = await d.contact_add(office=office, name="Ben", phone="021 555 0142", accounts=["1"])

    put = await d.contact_put(office, "C-1", name="Ana Ngata", email="ANA@kauri.example", accounts=["1"])
    report = await imported(
        house, office, "1,Ben Rata,,+64 21 555 0142,C-2", head="Account,Contact,E-mail,Mobile,Contact ID"
    )
    moved = await d.contact_put(office, "C-1", email="ana@elsewhere.example")

    assert (put.became, put.contact.id, put.contact.name) == ("changed", by_mail.id, "Ana")
    assert (moved.contact.id, moved.contact.name) == (by_mail.id, "Ana")
    assert (report.new_contacts, report.changed) == (0, 1)
    assert {(each.id, each.external_key, each.name) for each in await people(house, office)} == {
        (by_mail.id, "C-1", "Ana"),
        (by_number.id, "C-2", "Ben"),
    }


async def test_two_keys_at_one_address_are_one_person_and_two_beside_a_number_are_two(house: House) -> None:
    """S0.5, S0.12: a person whom the ERP lists at each of two accounts; and two colleagues behind one number."""
    office = await house.office()
    head = "Account,Contact,E-mail,Mobile,Contact ID"

    await imported(
        house,
        office,
        *("1,Ana Ngata,ana@kauri.example,,C-1", "2,Ana Ngata,ana@kauri.example,,C-2"),
        *("1,Ben Rata,ben@kauri.example,021 555 0142,C-3", "1,Cara,,021 555 0142,C-4"),
        head=head,
    )

    found = {each.name: (each.external_key, on(each)) for each in await people(house, office)}
    assert found == {"Ana Ngata": ("C-1", ["1", "2"]), "Ben Rata": ("C-3", ["1"]), "Cara": ("C-4", ["1"])}


async def test_an_address_of_somebody_else_is_refused_and_nothing_of_the_row_is_taken(house: House) -> None:
    """S0.5: whom the ERP sends to another contact's address is not merged with them, by a put or by a row."""
    office, d = await house.office(), house.doorstep
    rows = ("1,Firm,Ana,ana@kauri.example,C-1", "1,Firm,Ben,ben@kauri.example,C-2")
    head = "Account,Company,Contact,E-mail,Contact ID"
    await imported(house, office, *rows, head=head)
    before = await house.run(lambda tx: fingerprints(tx, office))

    report = await imported(house, office, "1,Firm Ltd,Ana,ben@kauri.example,C-1", head=head)
    with pytest.raises(Conflict) as refused:
        await d.contact_put(office, "C-1", email="ben@kauri.example")

    assert [(each.line, each.column, each.code) for each in report.refused] == [(2, "E-mail", "address_taken")]
    assert refused.value.code == "address_taken"
    after = await house.run(lambda tx: fingerprints(tx, office))
    assert {name: rows for name, rows in after.items() if name in ("accounts", "contacts")} == {
        name: rows for name, rows in before.items() if name in ("accounts", "contacts")
    }


async def test_who_changes_what_they_read_before_somebody_else_did_is_refused(house: House) -> None:
    """F17: an account and a contact of which somebody has seen an older edition stay as the faster one wrote them."""
    office, d = await house.office(), house.doorstep
    account = (await d.account_put(office, "1", name="Firm")).account
    contact = (await d.contact_put(office, "C-1", name="Ana")).contact
    await d.account_put(office, "1", name="First", seen=account.updated_at)
    await d.contact_put(office, "C-1", name="Ana First", seen=contact.updated_at)

    for late in (
        d.account_put(office, "1", name="Second", seen=account.updated_at),
        d.contact_put(office, "C-1", name="Ana Second", seen=contact.updated_at),
        d.account_put(office, "2", name="Never seen", seen=account.updated_at),
    ):
        with pytest.raises(Changed):
            await late
    assert ((await d.account(office, "1")).name, (await only(house, office)).name) == ("First", "Ana First")


async def test_what_cannot_be_put_is_refused_in_a_sentence(house: House) -> None:
    """S0.13: unknown accounts, nobody to make a contact of, keys of no use; and who may not import puts nothing."""
    office, clerk = await staffed(house, "companyView", "companyEdit")
    d = house.doorstep

    for asked, code in (
        (d.contact_put(office, "C-1", name="Ana", accounts=["9"]), "unknown_account"),
        (d.contact_put(office, "C-1"), "address_required"),
        (d.contact_put(office, "C-1", email="ana at kauri"), "address_invalid"),
        (d.contact_put(office, "", name="Ana"), "field_invalid"),
        (d.account_put(office, "x" * 201), "field_invalid"),
        (d.account_put("none", "1"), "no_such_office"),
    ):
        with pytest.raises(Refused) as refused:
            await asked
        assert refused.value.code == code
    for asked in (clerk.account_put(office, "1042"), clerk.contact_put(office, "C-1", name="Ana")):
        with pytest.raises(Forbidden):
            await asked


async def test_many_at_once_make_nobody_twice(house: House) -> None:
    """S0.5, F08: puts, files and staff at one moment, in crossing orders: one account each, and one person each."""
    office, d = await house.office(), house.doorstep
    codes = ["1", "2", "3"]
    for code in codes:
        await d.account_put(office, code, name=f"Firm {code}")
    row = ",Firm,,,,Ana Ngata,ana@kauri.example,"

    done = await asyncio.gather(
        *(d.contact_put(office, "C-1", name="Ana", email="ana@kauri.example", accounts=codes[::-1]) for _ in range(4)),
        *(imported(house, office, *(f"{code}{row}" for code in codes[turn:] + codes[:turn])) for turn in range(3)),
        *(d.account_put(office, code, name="Other") for code in codes[::-1]),
        *(d.contact_add(office=office, email="ana@kauri.example", accounts=codes) for _ in range(3)),
    )

    ana = await only(house, office)
    assert len(done) == 13
    assert (ana.external_key, on(ana)) == ("C-1", codes)


async def test_a_file_tells_which_columns_and_flags_it_could_not_read(house: House) -> None:
    """T31: unknown columns are told, a flag that is neither yes nor no refuses its row, a blank one says nothing."""
    office = await house.office()
    head = "Account,Contact,E-mail,Closed,Portal user,Contact ID,Customer since"

    report = await imported(
        house,
        office,
        *("1,Ana,ana@kauri.example,no,NO,C-1,2001", "2,Ben,ben@kauri.example,,,C-2,2001"),
        *("3,Cara,cara@kauri.example,perhaps,,C-3,", "4,Dan,dan@kauri.example,,,1.04E+03,"),
        head=head,
    )

    assert [(each.line, each.column, each.code) for each in report.refused] == [
        (4, "Closed", "malformed_flag"),
        (5, "Contact ID", "damaged_key"),
    ]
    assert [(each.name, each.is_portal_user) for each in await people(house, office)] == [("Ana", False), ("Ben", True)]
    with pytest.raises(Invalid):
        await house.doorstep.contact_put(office, "C\0")


async def test_an_import_that_was_cut_short_is_repeated_whole(house: House) -> None:
    """F08, S0.5: the chunks that were written stay, the rest follows, and nobody is there twice."""
    office = await house.office()
    rows = [f"{n},Person {n},p{n}@{office}.example" for n in range(CHUNK + 20)]
    data = "\n".join(["Account,Contact,E-mail", *rows]).encode()
    importer = Importer(house.engine, house.ring, CLOCK, office, "NZ", _nobody)

    cut = Import(importer, open_export(data))
    async for row in cut:
        if row.line > CHUNK:
            break
    whole = Import(importer, open_export(data))
    async for _ in whole:
        pass

    assert (cut.report.new_contacts, whole.report.new_contacts, whole.report.merged) == (CHUNK, 20, CHUNK)
    assert whole.report.changed == 0


async def _nobody(_touched: object) -> None:
    """Nothing is open."""
