"""An ERP export of customers: bytes in, one outcome a row out, and nothing half-read.

A row is an account with at most one person. It knows no office and no database: who imports decides what is new.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from doorstep.domain.erp_file import MAX_ROWS, ExportError, Sheet, open_sheet
from doorstep.domain.erp_rows import ImportRow, RowRefusal, RowRefused, read_row

__all__ = [
    "Export",
    "ExportError",
    "ExportSummary",
    "ImportRow",
    "RefusedRow",
    "RowRefusal",
    "describe_export",
    "open_export",
    "read_export",
]


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


@dataclass(frozen=True)
class Export:
    """A file that can be imported, with its rows still to be read."""

    summary: ExportSummary
    sheet: Sheet

    def rows(self, region: str) -> Iterator[ImportRow | RefusedRow]:
        """Every row of the file in its order; phone numbers without a prefix are those of `region`."""
        return _outcomes(self.sheet, region)

    def refused(self, line: int, refusal: RowRefused) -> RefusedRow:
        """The row of a line that was refused, with the column as the file calls it."""
        return _refused(self.sheet, line, refusal)


def open_export(data: bytes) -> Export:
    """The export in a file.

    Raises:
        ExportError: the file as a whole cannot be imported.
    """
    sheet = open_sheet(data)
    rows = sum(1 for _ in islice(sheet.records(), MAX_ROWS + 1))
    if rows > MAX_ROWS:
        raise ExportError(f"The file has more than {MAX_ROWS:,} rows. Split it, with the header line in every part.")
    return Export(ExportSummary(rows, sheet.encoding, sheet.delimiter, sheet.header.ignored), sheet)


def describe_export(data: bytes) -> ExportSummary:
    """How many rows the file has, and which of its columns are not read."""
    return open_export(data).summary


def read_export(data: bytes, *, region: str) -> Iterator[ImportRow | RefusedRow]:
    """Every row of the file in its order; phone numbers without a prefix are those of `region`.

    Raises `ExportError` at once, before the first row, if the file as a whole cannot be imported.
    """
    return open_export(data).rows(region)


def _outcomes(sheet: Sheet, region: str) -> Iterator[ImportRow | RefusedRow]:
    seen: dict[tuple[str, str, str], int] = {}
    for record in sheet.records():
        try:
            row = read_row(record, sheet.header, region)
        except RowRefused as refused:
            yield _refused(sheet, record.line, refused)
        else:
            first = min(seen.setdefault(each, row.line) for each in _identities(row))
            yield row if first == row.line else _duplicate(row.line, first)


def _refused(sheet: Sheet, line: int, refusal: RowRefused) -> RefusedRow:
    column = sheet.header.heading(refusal.column) if refusal.column else ""
    return RefusedRow(line, column, refusal.code, refusal.reason, refusal.remedy)


def _identities(row: ImportRow) -> Iterator[tuple[str, str, str]]:
    """Account and person: by the ERP's own key, and by the address, without one the number, without all the name."""
    if row.contact_key:
        yield row.account_code, "key", row.contact_key
    if row.email:
        yield row.account_code, "email", row.email.key
    elif row.phone:
        yield row.account_code, "phone", row.phone.key
    elif not row.contact_key:
        yield row.account_code, "name", row.contact_name.casefold()


def _duplicate(line: int, first: int) -> RefusedRow:
    reason = f"The row repeats the account and the person of line {first}, which was read."
    remedy = "Delete one of the two, or give the second person an address of their own."
    return RefusedRow(line, "", RowRefusal.DUPLICATE, reason, remedy)
