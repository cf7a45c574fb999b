"""The examples that ship: they import as their guide says."""

from collections import Counter
from pathlib import Path

from doorstep.domain.erp import ImportRow, RowRefusal, describe_export, read_export
from doorstep.domain.erp_columns import ALIASES

EXAMPLES = Path(__file__).parents[2] / "examples"


def outcomes(file: str) -> Counter[str]:
    rows = read_export((EXAMPLES / file).read_bytes(), region="NZ")
    return Counter("taken" if isinstance(row, ImportRow) else row.code.value for row in rows)


def test_the_examples_have_the_dirt_that_they_promise() -> None:
    """S0.3, S4.35: the shipped exports import row by row, and no bad row stops another."""
    north, south = outcomes("customers.csv"), outcomes("customers-south.csv")

    assert north == {
        "taken": 253,
        "malformed_email": 11,
        "duplicate": 8,
        "blank_account": 2,
        "damaged_account": 2,
        "malformed_phone": 2,
        "broken_quotes": 1,
        "too_many_cells": 1,
    }
    assert south == {
        "taken": 34,
        "malformed_email": 2,
        "blank_account": 1,
        "damaged_account": 1,
        "duplicate": 1,
        "malformed_phone": 1,
    }


def test_the_examples_start_with_ana() -> None:
    """S0.3: the walk-through invites the first contact of the first file."""
    data = (EXAMPLES / "customers.csv").read_bytes()

    first = next(read_export(data, region="NZ"))

    assert isinstance(first, ImportRow)
    assert (first.account_code, first.contact_name) == ("1042", "Ana Ngata")
    assert first.email
    assert first.email.typed == "ana.ngata@example.org"
    assert data.startswith(b"\xef\xbb\xbf")
    assert describe_export((EXAMPLES / "customers-south.csv").read_bytes()).encoding == "windows-1252"


def test_the_guide_lists_every_heading_and_every_refusal() -> None:
    """T31: whoever prepares a file finds each accepted heading and each code in the guide."""
    guide = (EXAMPLES / "README.md").read_text(encoding="utf-8")

    for column, aliases in ALIASES.items():
        assert f"| {column.value} | {', '.join(aliases)} |" in guide
    for code in RowRefusal:
        assert f"| `{code.value}` |" in guide
