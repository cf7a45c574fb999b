"""An ERP export of customers: bytes in, one outcome a row out, and nothing half-read.

A row is an account with at most one person. It knows no office and no database: who imports decides what is new.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from doorstep.domain.erp_file import MAX_ROWS, ExportError, Sheet, open_sheet
from doorstep.domain.erp_rows import ImportRow, RowRefusal, RowRefused, read_row

__all__ = ["ExportError", "ExportSummary", "ImportRow", "RefusedRow", "RowRefusal", "describe_export", "read_export"]


@dataclass(frozen=True)
class RefusedRow:
    """A row of which nothing is imported; `column` is the file's own heading, empty where the whole row is meant."""

    line: int
    column: str
    code: RowRefusal
    reason: str
    remedy: str


@dataclass(frozen=True)
class ExportSummary:
    """What is known of a file before its rows are read."""

    rows: int
    encoding: str
    delimiter: str
    ignored_columns: tuple[str, ...]


def describe_export(data: bytes) -> ExportSummary:
    """How many rows the file has, and which of its columns are not read."""
    sheet = _checked_sheet(data)
    rows = sum(1 for _ in sheet.records())
    return ExportSummary(rows, sheet.encoding, sheet.delimiter, sheet.header.ignored)


def read_export(data: bytes, *, region: str) -> Iterator[ImportRow | RefusedRow]:
    """Every row of the file in its order; phone numbers without a prefix are those of `region`.

    Raises `ExportError` at once, before the first row, if the file as a whole cannot be imported.
    """
    return _outcomes(_checked_sheet(data), region)


def _checked_sheet(data: bytes) -> Sheet:
    sheet = open_sheet(data)
    if any(count > MAX_ROWS for count, _ in enumerate(sheet.records(), start=1)):
        raise ExportError(f"The file has more than {MAX_ROWS:,} rows. Split it, with the header line in every part.")
    return sheet


def _outcomes(sheet: Sheet, region: str) -> Iterator[ImportRow | RefusedRow]:
    seen: dict[tuple[str, str, str], int] = {}
    for record in sheet.records():
        try:
            row = read_row(record, sheet.header, region)
        except RowRefused as refused:
            column = sheet.header.heading(refused.column) if refused.column else ""
            yield RefusedRow(record.line, column, refused.code, refused.reason, refused.remedy)
        else:
            first = seen.setdefault(_identity(row), row.line)
            yield row if first == row.line else _duplicate(row.line, first)


def _identity(row: ImportRow) -> tuple[str, str, str]:
    """Account and person: the e-mail address tells people apart, without one the number, without both the name."""
    if row.email:
        return row.account_code, "email", row.email.key
    if row.phone:
        return row.account_code, "phone", row.phone.key
    return row.account_code, "name", row.contact_name.casefold()


def _duplicate(line: int, first: int) -> RefusedRow:
    reason = f"The row repeats the account and the person of line {first}, which was read."
    remedy = "Delete one of the two, or give the second person an address of their own."
    return RefusedRow(line, "", RowRefusal.DUPLICATE, reason, remedy)
