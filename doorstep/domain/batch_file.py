"""A batch as a CSV file: the columns that it may have, read with the limits and encodings of an ERP export (T31).

The file of results has the same columns and more, so that it can be corrected and sent again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from doorstep.domain.batches import MOST_ROWS, BatchRow, NewRow, Problem
from doorstep.domain.erp_cells import is_no_address, tidy, trim
from doorstep.domain.erp_columns import ALIASES, Column, Header, plain_heading
from doorstep.domain.erp_file import (
    DELIMITERS,
    LOST,
    MAX_CELL,
    MAX_COLUMNS,
    ExportError,
    Record,
    header_at,
    lines_of,
    record_at,
    records_from,
)
from doorstep.domain.erp_rows import RowRefused, refuse_broken
from doorstep.domain.errors import Invalid
from doorstep.domain.spreadsheets import spreadsheet_plain


class Cell(StrEnum):
    """What we read of a row."""

    EMAIL = "email"
    PHONE = "phone"
    NAME = "name"
    ACCOUNTS = "account"
    JOB = "job"
    CONTACT = "contact"
    INVITATION = "invitation"


HEADINGS: Mapping[Cell, Sequence[str]] = {
    Cell.EMAIL: ALIASES[Column.EMAIL],
    Cell.PHONE: ALIASES[Column.PHONE],
    Cell.NAME: ("name", "full name", "contact name", "contact person"),
    Cell.ACCOUNTS: ("account", "accounts", *ALIASES[Column.ACCOUNT_CODE]),
    Cell.JOB: ("job", "job name", "site"),
    Cell.CONTACT: ("contact", "contact id"),
    Cell.INVITATION: ("invitation", "invitation id"),
}
WHOM = frozenset({Cell.EMAIL, Cell.PHONE, Cell.CONTACT})
RESULT_HEADINGS = (*(cell.value for cell in Cell), "row", "result", "code", "field", "message")

_MEANINGS = {heading: cell for cell, headings in HEADINGS.items() for heading in headings}
_SHORT = frozenset({Cell.EMAIL, Cell.PHONE, Cell.ACCOUNTS, Cell.CONTACT, Cell.INVITATION})


@dataclass(frozen=True)
class _Sheet:
    """A file taken apart as far as its headings."""

    lines: list[str]
    first_line: int
    delimiter: str
    header: Header
    cells: Mapping[Cell, int]

    def records(self) -> Iterator[Record]:
        return records_from(self.lines, self.first_line, self.delimiter)


def read_batch(data: bytes) -> list[NewRow]:
    """The rows of a file, numbered by their lines; one that cannot be read says why, and stops no other.

    Raises:
        Invalid: `batch_file`, where the file as a whole cannot be read; `batch_too_long`.
    """
    try:
        sheet = _opened(data)
    except ExportError as error:
        raise Invalid("batch_file", str(error), field="file") from None
    rows: list[NewRow] = []
    for record in sheet.records():
        if len(rows) == MOST_ROWS:
            sentence = f"The file has more than {MOST_ROWS:,} rows. Split it, with the header line in every part."
            raise Invalid("batch_too_long", sentence, field="file")
        rows.append(_row(record, sheet))
    return rows


def _opened(data: bytes) -> _Sheet:
    lines, _ = lines_of(data)
    at = header_at(lines)
    if at is None:
        raise ExportError("The file is empty. Write a line of headings, and a row for each person.")
    sheets = [_under(lines, at, delimiter) for delimiter in DELIMITERS]
    best = max(sheets, key=lambda sheet: (len(sheet.cells), len(sheet.header.headings)))
    if not WHOM & best.cells.keys():
        sentence = f"Line {at + 1} has no heading 'email', 'phone' or 'contact', so nobody could be invited."
        raise ExportError(f"{sentence} The columns of a batch are: {', '.join(cell.value for cell in Cell)}.")
    if len(best.header.headings) > MAX_COLUMNS:
        raise ExportError(f"The file has more than {MAX_COLUMNS} columns. Keep those of the batch alone.")
    return best


def _under(lines: list[str], at: int, delimiter: str) -> _Sheet:
    record, used = record_at(lines, at, delimiter)
    headings = tuple(" ".join(cell.split()) for cell in record.cells)
    cells: dict[Cell, int] = {}
    for place, heading in enumerate(headings):
        cell = _MEANINGS.get(plain_heading(heading))
        if cell is not None:
            cells.setdefault(cell, place)
    return _Sheet(lines, at + used, delimiter, Header(headings, {}), cells)


def _row(record: Record, sheet: _Sheet) -> NewRow:
    try:
        refuse_broken(record, sheet.header)
    except RowRefused as refused:
        return NewRow(record.line, problem=Problem(refused.code.value, f"{refused.reason} {refused.remedy}"))
    values = {cell: record.cells[at] for cell, at in sheet.cells.items() if at < len(record.cells)}
    for cell, value in values.items():
        if problem := _problem_of(cell, value):
            return NewRow(record.line, problem=problem)
    texts = {cell: _text(cell, value) for cell, value in values.items()}
    return NewRow(
        record.line,
        email=texts.get(Cell.EMAIL, ""),
        phone=texts.get(Cell.PHONE, ""),
        name=texts.get(Cell.NAME, ""),
        job=texts.get(Cell.JOB, ""),
        contact=texts.get(Cell.CONTACT, ""),
        invitation=texts.get(Cell.INVITATION, ""),
        accounts=tuple(filter(None, (trim(code) for code in texts.get(Cell.ACCOUNTS, "").split(";")))),
    )


def _text(cell: Cell, value: str) -> str:
    """The cell without what a spreadsheet, or our own file of results, put around it."""
    plain = spreadsheet_plain(value.strip())
    if cell not in _SHORT:
        return tidy(plain)
    text = trim(plain)
    return "" if cell in WHOM and is_no_address(text) else text


def _problem_of(cell: Cell, value: str) -> Problem | None:
    if len(value) > MAX_CELL:
        return Problem("cell_too_long", f"The cell is longer than {MAX_CELL:,} characters. Shorten it.", cell.value)
    if "\0" in value or LOST in value:
        sentence = "The cell contains a NUL character or a damaged letter. Save the file again as UTF-8, or correct it."
        return Problem("unreadable", sentence, cell.value)
    return None


def result_cells(row: BatchRow) -> list[object]:
    """A row of the file of results, under `RESULT_HEADINGS`; what nobody has tried yet says so.

    The invitation is named where the row made one, so that whoever sends the file again invites nobody twice.
    """
    is_done = row.result is not None
    result = row.result if is_done else row.checked
    said = (row.code, row.field, row.message) if is_done else (row.checked_code, row.checked_field, row.checked_message)
    told = [row.given.get(name, "") for name in _GIVEN]
    made = row.invitation_id if row.result == "ok" else row.given.get("invitation", "")
    state = "open" if result is None else f"would be {result}" if not is_done else result.value
    return [*told, made or "", row.number, state, *said]


_GIVEN = ("email", "phone", "name", "accounts", "job", "contact")
