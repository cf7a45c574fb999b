"""An ERP export as a file: encodings, delimiters, headings, limits and hostile bytes."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.domain.erp import ExportError, ImportRow, RefusedRow, RowRefusal, describe_export, read_export
from doorstep.domain.erp_file import MAX_ROWS

HEADER = "Account code,Account name,Contact,E-mail,Mobile"


def read(text: str) -> list[ImportRow | RefusedRow]:
    return list(read_export(f"{HEADER}\n{text}".encode(), region="NZ"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_usual_way_of_writing_a_file_is_read(encoding: str, delimiter: str, newline: str) -> None:
    """T31: encodings, delimiters and line ends are told from the file alone."""
    text = newline.join([HEADER, "1042,Café Müller,José,j@example.org,", ""]).replace(",", delimiter)
    data = b"\xff\xfe" + text.encode("utf-16-le") if encoding == "utf-16-le-bom" else text.encode(encoding)

    [row] = read_export(data, region="NZ")

    assert isinstance(row, ImportRow)
    assert (row.account_name, row.contact_name) == ("Café Müller", "José")


def test_unknown_and_second_columns_are_reported_once() -> None:
    """T31: nothing of a file is ignored silently, and the surer of two headings is read."""
    data = b"sep=,\n\nPhone,Account,Account code,Mobile,Customer since\n09 1,x,1042,021 555 0142,2001\n"

    summary = describe_export(data)

    [row] = read_export(data, region="NZ")
    assert (summary.rows, summary.ignored_columns) == (1, ("Phone", "Account", "Customer since"))
    assert isinstance(row, ImportRow)
    assert (row.line, row.account_code) == (4, "1042")
    assert row.phone


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\r\n \n", "empty"),
        (b"Name,E-mail\nAna,ana@example.org\n", "no heading for the account code"),
        (b"PK\x03\x04" + bytes(100), "workbook"),
        (HEADER.encode("utf-16-le"), "NUL"),
        (HEADER.encode("utf-32"), "UTF-32"),
        ((HEADER + ",x" * 100).encode(), "columns"),
        ((HEADER + "\n" + "1,\n" * (MAX_ROWS + 1)).encode(), "100,000 rows"),
        ((HEADER + "\n" * 1_000_001).encode(), "1,000,000 lines"),
        (b"x" * 100_000_001, "100 MB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_is_no_export_is_one_clear_error(data: bytes, words: str) -> None:
    """T31: a file is refused before its first row, with the reason and what to do."""
    with pytest.raises(ExportError, match=words):
        read_export(data, region="NZ")


def test_an_open_quotation_mark_swallows_nothing() -> None:
    """T31: a quotation mark that is never closed costs its own line, not the file."""
    rows = read('1042,"Kauri,Ana,,\n' + "".join(f"{code},Next,,,\n" for code in range(2000, 2200)))

    assert [type(row) for row in rows].count(ImportRow) == 200
    assert isinstance(rows[0], RefusedRow)


def test_line_numbers_are_those_of_the_file() -> None:
    """T31: line breaks in quotes and empty lines do not shift the line that a message names."""
    rows = read('1042,"Kauri\r\nRidge","Ana\nNgata",,\n\n,,,,\n1043,Next,,,\n')

    assert [row.line for row in rows] == [2, 7]
    assert isinstance(rows[0], ImportRow)
    assert (rows[0].account_name, rows[0].contact_name) == ("Kauri Ridge", "Ana Ngata")


def test_one_damaged_byte_does_not_turn_utf8_into_something_else() -> None:
    """T31: the damaged row is refused, and every macron of the others survives."""
    text = f"{HEADER}\n1,Tūrangi,,,\n2,Taup?,,,\n3,Ōpōtiki,,,\n".encode().replace(b"?", b"\xc5")

    first, damaged, last = read_export(text, region="NZ")

    assert isinstance(first, ImportRow)
    assert first.account_name == "Tūrangi"
    assert isinstance(damaged, RefusedRow)
    assert damaged.code is RowRefusal.UNREADABLE
    assert isinstance(last, ImportRow)


CELLS = st.text("abAE1@.,;\"'\t\r\n\0=+- \u00a0\ufffdāß漢", max_size=12)
SHEETS = st.lists(st.lists(CELLS, max_size=7), max_size=8).map(lambda rows: "\n".join(map(",".join, rows)))
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])


@given(
    st.binary(max_size=300)
    | st.binary(max_size=300).map(lambda tail: HEADER.encode() + b"\n" + tail)
    | st.builds(lambda sheet, encoding: f"{HEADER}\n{sheet}".encode(encoding), SHEETS, ENCODINGS)
)
def test_any_bytes_are_rows_or_one_error(data: bytes) -> None:
    """T31: whatever is uploaded, nothing but an ExportError comes out, and every counted row has an outcome."""
    try:
        summary = describe_export(data)
    except ExportError:
        return

    outcomes = list(read_export(data, region="NZ"))

    assert len(outcomes) == summary.rows
    assert len({outcome.line for outcome in outcomes}) == summary.rows


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30))
def test_a_name_survives_whatever_it_is_made_of(name: str) -> None:
    """S0.3: a quoted name comes back with every visible letter, in NFC."""
    buffer = io.StringIO()
    csv.writer(buffer).writerow(["1042", f"Firm {name}", "", "", ""])

    [row] = read(buffer.getvalue())

    assert isinstance(row, RefusedRow) is ("\ufffd" in name)
    assert isinstance(row, RefusedRow) or row.account_name.startswith("Firm ")
