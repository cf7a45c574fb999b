"""The rows of an ERP export: taken, warned of, refused with line, column and remedy."""

import pytest

from doorstep.domain.erp import ImportRow, RefusedRow, RowRefusal, read_export

HEADER = "Account code,Account name,Contact,E-mail,Mobile"


def read(text: str, header: str = HEADER) -> list[ImportRow | RefusedRow]:
    return list(read_export(f"{header}\n{text}".encode(), region="NZ"))


def taken(text: str, header: str = HEADER) -> ImportRow:
    [row] = read(text, header=header)
    assert isinstance(row, ImportRow)
    return row


def refused(text: str) -> RefusedRow:
    row = read(text)[-1]
    assert isinstance(row, RefusedRow)
    assert row.reason
    assert row.remedy
    return row


def test_a_row_is_an_account_and_a_person() -> None:
    """S0.3: a new customer of the ERP becomes an account and a contact without typing."""
    header = "Customer No;Company;Contact;MAIL;Cell;Customer Type;Sales Rep;Price List"

    row = taken("1042;Kauri Ridge;Ana Ngata;ana@example.org;021 555 0142;Dairy;Tim;FARM-A", header)

    assert (row.line, row.account_code, row.account_name, row.contact_name) == (2, "1042", "Kauri Ridge", "Ana Ngata")
    assert (row.customer_type, row.sales_rep, row.price_list) == ("Dairy", "Tim", "FARM-A")
    assert row.email
    assert row.email.key == "ana@example.org"
    assert row.phone
    assert row.phone.key == "+64215550142"
    assert row.warnings == ()


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (",Kauri,Ana,ana@example.org,", "Account code", "blank_account"),
        ("1.04E+03,Kauri,Ana,ana@example.org,", "Account code", "damaged_account"),
        ("#N/A,Kauri,Ana,ana@example.org,", "Account code", "damaged_account"),
        ("1042,Kauri,Ana,ana.example.org,021 555 0142", "E-mail", "malformed_email"),
        ("1042,Kauri,Ana,,021 55", "Mobile", "malformed_phone"),
        ("1042,Kau\0ri,Ana,,", "Account name", "unreadable"),
        ("1042,Kau\ufffdri,Ana,,", "Account name", "unreadable"),
        ("1042," + "x" * 1001 + ",Ana,,", "Account name", "cell_too_long"),
        ("1042,Kauri, Ridge & Co,Ana,ana@example.org,021", "", "too_many_cells"),
        ('1042,"6" Posts,Ana,ana@example.org,', "", "broken_quotes"),
        ("1042," + "x" * 10_000_000, "", "line_too_long"),
    ],
    ids=lambda value: value if len(value) < 20 else "row",
)
def test_a_bad_row_is_refused_by_line_column_and_remedy(row: str, column: str, code: str) -> None:
    """T31: a refused row tells where and what to do, repeats no address, and the row after it is read."""
    bad, good = read(f"{row}\n1043,Next,,,\n")

    assert isinstance(bad, RefusedRow)
    assert (bad.line, bad.column, bad.code) == (2, column, code)
    assert "ana" not in bad.reason + bad.remedy
    assert isinstance(good, ImportRow)
    assert good.line == 3


@pytest.mark.parametrize(("cell", "code"), [(" 0107 ", "0107"), ('="0107"', "0107"), ("'0107", "0107"), ("1E5", "1E5")])
def test_an_account_code_stays_as_it_is(cell: str, code: str) -> None:
    """S0.11: leading zeros are kept, and the ways in which a spreadsheet protects them are undone."""
    assert taken(f"{cell},Kauri,,,\n").account_code == code


def test_codes_that_differ_in_zeros_are_two_accounts() -> None:
    """S0.13: 107 is not 0107."""
    rows = read("0107,A,Ana,ana@example.org,\n107,B,Ana,ana@example.org,\n")

    assert [type(row) for row in rows] == [ImportRow, ImportRow]


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ('"=HYPERLINK(""http://example.com"",""x"")"', '=HYPERLINK("http://example.com","x")'),
        ("'=1+1", "=1+1"),
        ("@Home", "@Home"),
    ],
)
def test_a_formula_is_text(cell: str, name: str) -> None:
    """T31: nothing is calculated; the text is kept and warned of."""
    row = taken(f"1042,Kauri,{cell},ana@example.org,\n")

    assert row.contact_name == name
    assert "formula" in row.warnings[0]


def test_a_name_is_tidied_and_not_changed() -> None:
    """S0.3: invisible letters go, accents become NFC, an apostrophe that begins a name stays."""
    row = taken("1042,\u00a0Ma\u0304ori \u00a0 Co\u200b,'Okusitino\x07 \u202eM,\u00a0ana@example.org\u200b,\n")

    assert (row.account_name, row.contact_name) == ("Māori Co", "'Okusitino M")
    assert row.email
    assert row.email.typed == "ana@example.org"


@pytest.mark.parametrize(
    ("row", "has_contact", "words"),
    [
        ("1042,Kauri,,,", False, "nobody"),
        ("1042,Kauri,-,N/A,none", False, "nobody"),
        ("1042,Kauri,Ana,,", True, "cannot be invited"),
        ("1042,Kauri,Ana,,09 555 0142", True, "landline"),
        ("1042,Kauri,Ana,ana@example.org,ring Tim", True, "left out"),
        ("1042,Kauri,Ana,ana@gmial.com,", True, "gmail.com"),
    ],
)
def test_what_can_be_used_is_taken_with_a_warning(row: str, has_contact: bool, words: str) -> None:  # noqa: FBT001
    """S0.6: a row needs no way to reach a person, but it says what will be missing."""
    result = taken(row)

    assert result.has_contact is has_contact
    assert words in result.warnings[0]


@pytest.mark.parametrize("row", ["1042,Kauri,Ana,ana@example.org,", "1042,Kauri,Ana,,021 555 0142"])
def test_one_way_to_reach_a_person_is_enough(row: str) -> None:
    """S0.7, S0.8: e-mail alone or mobile alone, without a warning."""
    assert taken(row).warnings == ()


@pytest.mark.parametrize(
    "second",
    ["1042,Kauri,A. Ngata, ANA@Example.org ,", "1042,Kauri,Ana,ana@example.org,021 555 0142"],
)
def test_the_same_person_on_the_same_account_is_a_duplicate(second: str) -> None:
    """S0.14, S0.5: the second row links nothing twice and names the line of the first."""
    row = refused(f"9,Other,,,\n1042,Kauri,Ana,ana@example.org,\n{second}\n")

    assert row.code is RowRefusal.DUPLICATE
    assert row.line == 4
    assert "line 3" in row.reason


def test_a_refused_row_is_no_first_of_a_duplicate() -> None:
    """S0.14: what was not taken cannot make the corrected row below it a repetition."""
    rows = read("1042,Kauri,Ana,ana@example.org,\0\n1042,Kauri,Ana,ana@example.org,\n")

    assert [type(row) for row in rows] == [RefusedRow, ImportRow]


def test_one_person_may_have_several_accounts() -> None:
    """S0.12: the same address on two accounts is two rows of one person."""
    rows = read("1042,Kauri,Ana,ana@example.org,\n1043,Trust,Ana,ANA@example.org,\n")

    assert all(isinstance(row, ImportRow) for row in rows)
