"""CSV for spreadsheets: what opens as a formula elsewhere stays a text, and a row is a row."""

import csv
import re
from datetime import UTC, datetime, timedelta, timezone
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.domain.spreadsheets import csv_row, spreadsheet_plain, spreadsheet_safe

DANGEROUS = re.compile(r"[=+\-@\t\r]")
TEXTS = st.text(st.sampled_from("=+-@;,\"'\t\r\n a1＝\ufeff\u200b"), max_size=12) | st.text(max_size=30)  # noqa: RUF001 - the wide sign is meant


def cells_of(row: str, separator: str) -> list[str]:
    """Every cell that a spreadsheet finds in one row of ours, where its list separator is that."""
    return [cell for cells in csv.reader(StringIO(row, newline=""), delimiter=separator) for cell in cells]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("=1+1", "'=1+1"),
        ("+64 21 555 0142", "'+64 21 555 0142"),
        ("-2", "'-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r'=1"),
        ("   =HYPERLINK(1)", "'   =HYPERLINK(1)"),
        ("\u00a0=1", "'\u00a0=1"),
        ("\ufeff=1", "'\ufeff=1"),
        ('"=1"', '\'"=1"'),
        ("a;=1", "a;'=1"),
        ("a\n=1", "a\n'=1"),
        ("a\n\nb", "a\n\nb"),
        ("＝1+1", "'＝1+1"),  # noqa: RUF001 - the wide sign is meant
        ("Ana Ngata", "Ana Ngata"),
        ("ana@example.org", "ana@example.org"),
        ("2026-11-22", "2026-11-22"),
        ("'quoted'", "'quoted'"),
        ("", ""),
    ],
)
def test_a_formula_stays_a_text(text: str, kept: str) -> None:
    """T31: `=`, `+`, `-`, `@`, TAB and CR, also after blanks, after quotes, and after the separator of elsewhere."""
    assert spreadsheet_safe(text) == kept


@given(TEXTS)
def test_what_comes_back_is_what_was_written(text: str) -> None:
    """T31: a file of ours that is corrected and sent again has the texts that it had, whatever they begin with."""
    assert spreadsheet_plain(spreadsheet_safe(text)) == text


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_no_cell_is_a_formula_whatever_parts_it(texts: list[str]) -> None:
    """T31: read back with commas every cell is one cell and no formula; read with semicolons there is no formula."""
    row = csv_row(["id", *texts])

    cells = cells_of(row, ",")
    elsewhere = cells_of(row, ";")

    assert cells == ["id", *(spreadsheet_safe(each.replace("\r\n", "\n")).replace("\r", "\n") for each in texts)]
    for cell in (*cells, *elsewhere):
        text = cell.removesuffix("\r\n")  # of the row, where a quote was never closed
        assert not DANGEROUS.match(text.lstrip(" \n\u00a0\ufeff\u200b")), (cell, row)


def test_a_row_is_written_as_the_standard_has_it() -> None:
    """RFC 4180: CRLF ends it, quotes are doubled; moments are ISO 8601 with their zone; numbers stay numbers."""
    noon = datetime(2026, 11, 22, 12, 0, tzinfo=timezone(timedelta(hours=13)))

    row = csv_row(['A "big", farm', None, True, -2, 0.5, noon, "two\r\nlines", datetime(2026, 1, 1, tzinfo=UTC)])

    assert row == ('"A ""big"", farm",,yes,-2,0.5,2026-11-21T23:00:00.000Z,"two\nlines",2026-01-01T00:00:00.000Z\r\n')
