"""T31: the file of a batch is read with limits, row by row, and what is wrong says where."""

import pytest

from doorstep.domain.batch_file import read_batch, result_cells
from doorstep.domain.batches import BatchOptions, BatchRow, NewRow, RowResult
from doorstep.domain.errors import Invalid
from doorstep.domain.spreadsheets import csv_row
from starter.batch_rows import ready_rows

HEAD = b"E-Mail,Mobile,Name,Account,Job,Contact\n"


def test_a_file_is_read_under_the_headings_that_spreadsheets_give_it() -> None:
    """T31, S0.14: aliases, several accounts, a mark of the encoding, semicolons; blank rows are none."""
    rows = read_batch(HEAD + b'ana@x.example,021 555 0142,Ana,"1042; 1043",Hill,\n\n,,,,,\n,n/a,Ben,,,\n')
    semicolons = read_batch("\ufeffName;email;job\nZoë;z@x.example;\n".encode("utf-16"))

    assert rows[0] == NewRow(2, "ana@x.example", "021 555 0142", "Ana", ("1042", "1043"), "Hill")
    assert (rows[1].number, rows[1].phone, rows[1].name) == (5, "", "Ben")
    assert semicolons == [NewRow(2, "z@x.example", name="Zoë")]


def test_a_row_that_cannot_be_read_says_so_and_stops_no_other() -> None:
    """T31: an open quote, a NUL, a cell and a line without end, too many cells, mixed line ends."""
    bad = [
        (b'"open,,,,,\n', "broken_quotes", ""),
        (b"a\0b@x.example,,,,,\r", "unreadable", "email"),
        (b",," + b"n" * 1_001 + b",,,\r\n", "cell_too_long", "name"),
        (b",," + b"n" * 10_000_000 + b",,,\n", "line_too_long", ""),
        (b"a@x.example,,,,,,more\n", "too_many_cells", ""),
    ]

    rows = read_batch(HEAD + b"".join(line for line, *_ in bad) + b"fine@x.example,,,,,\n")

    found = [(row.problem.code, row.problem.field) for row in rows if row.problem is not None]
    assert found == [(code, field) for _, code, field in bad]
    assert [row.number for row in rows] == [2, 3, 4, 5, 6, 7]
    assert rows[-1].email == "fine@x.example"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "batch_file"),
        (b"PK\x03\x04", "batch_file"),
        (b"name,account\nAna,1042\n", "batch_file"),
        (b"email," + b"x," * 101 + b"\n", "batch_file"),
        (b"email\n" + b"a@x.example\n" * 4, "batch_too_long"),
    ],
    ids=["empty", "workbook", "whom", "columns", "rows"],
)
def test_a_file_that_is_none_is_refused_whole(data: bytes, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """T31: with the one reason."""
    monkeypatch.setattr("doorstep.domain.batch_file.MOST_ROWS", 3)

    with pytest.raises(Invalid) as refused:
        read_batch(data)

    assert refused.value.code == code


def test_rows_are_checked_as_far_as_that_needs_no_database() -> None:
    """S4.35: addresses, ids and texts; whoever stands there twice for the same is skipped, for another job is not."""
    rows = [
        NewRow(email="Ana@x.example", accounts=("1", "2")),
        NewRow(email="ana@X.example", accounts=("2", "1")),
        NewRow(email="ana@x.example", accounts=("1", "2"), job="Hill"),
        NewRow(phone="12"),
        NewRow(contact="7"),
        NewRow(email="b@x.example", name="n" * 201),
    ]

    ready = ready_rows(rows, BatchOptions(job="Lake"), "NZ")

    assert [each["checked"] for each in ready] == [None, RowResult.SKIPPED, None, *[RowResult.REFUSED] * 3]
    assert [each["job"] for each in ready[:3]] == ["Lake", "Lake", "Hill"]
    assert [(each["code"], each["field"]) for each in ready[3:]] == [
        ("phone_invalid", "phone"),
        ("field_invalid", "contact"),
        ("field_invalid", "name"),
    ]
    assert ready[0]["address_key"] == "ana@x.example"


def test_a_row_of_results_comes_back_as_it_was_given() -> None:
    """T31: what looks like a formula is text in a spreadsheet, and the same text when the file is sent again."""
    given = {"email": "=1+1@x.example", "phone": "+64 21 555 0142", "name": "-Ana", "accounts": "@1;=2", "job": "+1"}
    row = BatchRow(7, given, "+1", None, RowResult.REFUSED, "x", "A sentence.", "email", None, "", "", "", 0, None)

    text = "email,phone,name,account,job,contact,invitation,row,result,code,field,message\n" + csv_row(
        result_cells(row)
    )

    assert "'=1+1" in text
    assert "would be refused" in text
    (again,) = read_batch(text.encode())
    assert (again.email, again.phone, again.name) == (given["email"], given["phone"], given["name"])
    assert (again.accounts, again.job) == (("@1", "=2"), "+1")
