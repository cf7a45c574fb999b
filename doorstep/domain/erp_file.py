"""The file of an ERP export: bytes to numbered records, with a limit on everything that could grow.

It knows encodings, delimiters and quotation marks, and not what a customer is.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from doorstep.domain.erp_columns import Column, Header, read_header

MAX_BYTES = 100_000_000
MAX_ROWS = 100_000
MAX_LINES = 10 * MAX_ROWS  # blank ones are no rows, and a file of nothing else must not fill the memory
MAX_COLUMNS = 100
MAX_CELL = 1_000
MAX_LINE = 2 * MAX_COLUMNS * MAX_CELL  # every cell full, with room for quotation marks
MAX_RECORD_LINES = 50  # an unclosed quotation mark would otherwise swallow the rest of the file

# The letter that decoding puts in place of bytes that mean nothing; a record that has one is refused, not guessed.
LOST = "\N{REPLACEMENT CHARACTER}"

DELIMITERS = (",", ";", "\t")
_NO_HEADER = re.compile(r'\s*|"?sep=.?"?\s*')  # blank, or a hint to Excel that the header makes superfluous
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # .xlsx and .ods; .xls
_SAVE_AS_CSV = "Save it as CSV (UTF-8) in the spreadsheet program or the ERP, and import that file."


class ExportError(ValueError):
    """A file that cannot be read as a customer export at all; the sentence says why and what to do."""


class Fault(StrEnum):
    """Why a record has no cells."""

    QUOTES = "quotes"
    TOO_LONG = "too_long"


@dataclass(frozen=True)
class Record:
    """One record and the line, counted from 1, on which it starts."""

    line: int
    cells: tuple[str, ...]
    fault: Fault | None = None


@dataclass(frozen=True)
class Sheet:
    """A file taken apart as far as its header."""

    encoding: str
    delimiter: str
    header: Header
    lines: list[str]
    first_line: int

    def records(self) -> Iterator[Record]:
        """The records under the header; blank ones, which spreadsheets leave behind, are no records."""
        return records_from(self.lines, self.first_line, self.delimiter)


def records_from(lines: list[str], at: int, delimiter: str) -> Iterator[Record]:
    """The records from a line on, without blank ones."""
    while at < len(lines):
        record, used = record_at(lines, at, delimiter)
        at += used
        if record.fault or any(cell.strip() for cell in record.cells):
            yield record


def open_sheet(data: bytes) -> Sheet:
    """The sheet in a file, or the one reason why it cannot be imported."""
    lines, encoding = lines_of(data)
    at = header_at(lines)
    if at is None:
        raise ExportError("The file is empty. Export the customers again, with a header line.")
    return _sheet(lines, at, encoding)


def lines_of(data: bytes) -> tuple[list[str], str]:
    """The lines of a file and its encoding.

    Raises:
        ExportError: it is too large, or no text.
    """
    if len(data) > MAX_BYTES:
        raise ExportError(f"The file is larger than {MAX_BYTES // 1_000_000} MB. Split it into several files.")
    text, encoding = _decoded(data)
    if max(text.count("\n"), text.count("\r")) > MAX_LINES:
        raise ExportError(f"The file has more than {MAX_LINES:,} lines. Delete the blank ones, or split it.")
    # Ends a line at LF, CR LF and CR alike, and nowhere else.
    return list(io.StringIO(text, newline="")), encoding


def header_at(lines: list[str]) -> int | None:
    """Where the header stands, counted from 0; None in a file of blank lines."""
    return next((number for number, line in enumerate(lines) if not _NO_HEADER.fullmatch(line)), None)


def _sheet(lines: list[str], at: int, encoding: str) -> Sheet:
    sheets = [
        Sheet(encoding, delimiter, read_header(record.cells), lines, at + used)
        for delimiter in DELIMITERS
        for record, used in [record_at(lines, at, delimiter)]
    ]
    best = max(sheets, key=lambda sheet: (len(sheet.header.positions), len(sheet.header.headings)))
    if Column.ACCOUNT_CODE not in best.header.positions:
        raise ExportError(
            f"Line {at + 1} has no heading for the account code, so no row can be read. "
            "The first line must hold the headings, and one of them be 'Account code' or 'Customer no'."
        )
    if len(best.header.headings) > MAX_COLUMNS:
        raise ExportError(f"The file has more than {MAX_COLUMNS} columns. Export the customer columns alone.")
    return best


def _decoded(data: bytes) -> tuple[str, str]:
    """The text of a file and its encoding.

    Raises:
        ExportError: it is no text.
    """
    if data.startswith(_WORKBOOKS):
        raise ExportError(f"The file is a workbook of a spreadsheet program, not CSV. {_SAVE_AS_CSV}")
    if data.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        raise ExportError(f"The file is written in UTF-32, which is not read here. {_SAVE_AS_CSV}")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace"), "utf-16"
    if b"\0" in data[:MAX_LINE].partition(b"\n")[0]:
        raise ExportError(f"The first line holds NUL characters: no text, or UTF-16 without a mark. {_SAVE_AS_CSV}")
    try:
        return data.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        text = data.decode("utf-8-sig", errors="replace")
    if data.startswith(b"\xef\xbb\xbf") or _is_damaged_utf8(text):
        return text, "utf-8"
    return data.decode("cp1252", errors="replace"), "windows-1252"


def _is_damaged_utf8(text: str) -> bool:
    """Whether more letters came out of several bytes than bytes were lost; Windows-1252 hardly ever does that.

    One damaged byte would otherwise turn every macron of a UTF-8 file into two letters of Windows-1252.
    """
    return len(re.sub(r"[\x00-\x7f]+", "", text)) > 2 * text.count(LOST)


def record_at(lines: list[str], at: int, delimiter: str) -> tuple[Record, int]:
    """The record that starts on a line, and how many lines it takes; a broken one takes only the first."""
    if len(lines[at]) > MAX_LINE:
        return Record(at + 1, (), Fault.TOO_LONG), 1
    block = lines[at : at + MAX_RECORD_LINES] if '"' in lines[at] else lines[at : at + 1]
    reader = csv.reader(block, delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        return Record(at + 1, tuple(next(reader))), reader.line_num
    except csv.Error:
        return Record(at + 1, (), Fault.QUOTES), 1
