"""One record of an export read as an account and a person, or refused whole with the column and the remedy."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from doorstep.domain.addresses import AddressError, EmailAddress, PhoneNumber, likely_domain, parse_email, parse_phone
from doorstep.domain.erp_cells import is_damaged_code, is_formula, is_no_address, is_no_name, read_flag, tidy, trim
from doorstep.domain.erp_columns import Column, Header
from doorstep.domain.erp_file import LOST, MAX_CELL, MAX_LINE, Fault, Record


class RowRefusal(StrEnum):
    """Why a row is not imported: words that scripts may rely on."""

    BLANK_ACCOUNT = "blank_account"
    DAMAGED_ACCOUNT = "damaged_account"
    MALFORMED_EMAIL = "malformed_email"
    MALFORMED_PHONE = "malformed_phone"
    DUPLICATE = "duplicate"
    UNREADABLE = "unreadable"
    CELL_TOO_LONG = "cell_too_long"
    LINE_TOO_LONG = "line_too_long"
    TOO_MANY_CELLS = "too_many_cells"
    BROKEN_QUOTES = "broken_quotes"
    DAMAGED_KEY = "damaged_key"
    MALFORMED_FLAG = "malformed_flag"
    ADDRESS_TAKEN = "address_taken"


@dataclass(frozen=True)
class ImportRow:
    """An account, and the person on it if the row names one.

    Blank texts are empty, never None; a flag is None where the row says nothing of it.
    """

    line: int
    account_code: str
    account_name: str
    customer_type: str
    sales_rep: str
    price_list: str
    contact_name: str
    email: EmailAddress | None
    phone: PhoneNumber | None
    warnings: tuple[str, ...] = ()
    contact_key: str = ""
    is_closed: bool | None = None
    is_portal_user: bool | None = None

    @property
    def has_contact(self) -> bool:
        """Whether there is a person to make a contact of."""
        return bool(self.contact_name or self.email or self.phone)


class RowRefused(Exception):
    """Why a record is not imported, which column is to blame and what its owner can do."""

    def __init__(self, code: RowRefusal, column: Column | None, reason: str, remedy: str) -> None:
        super().__init__(code)
        self.code, self.column, self.reason, self.remedy = code, column, reason, remedy


def read_row(record: Record, header: Header, region: str) -> ImportRow:
    """The row in a record; raises `RowRefused`, because a row is taken whole or not at all."""
    refuse_broken(record, header)
    values = _values(record, header)
    texts = {column: tidy(values.get(column, "")) for column in _NAMES}
    warnings = [_FORMULA.format(header.heading(column)) for column in _NAMES if is_formula(texts[column])]
    code = _account_code(values)
    email = _email(values, warnings)
    phone = _phone(values, region, has_email=email is not None, warnings=warnings)
    name = "" if is_no_name(texts[Column.CONTACT_NAME]) else texts[Column.CONTACT_NAME]
    key = _contact_key(values)
    if not email and not phone and not key:
        warnings.append(_UNREACHABLE if name else _NOBODY)
    return ImportRow(
        line=record.line,
        account_code=code,
        account_name=texts[Column.ACCOUNT_NAME],
        customer_type=texts[Column.CUSTOMER_TYPE],
        sales_rep=texts[Column.SALES_REP],
        price_list=texts[Column.PRICE_LIST],
        contact_name=name,
        email=email,
        phone=phone,
        warnings=tuple(warnings),
        contact_key=key,
        is_closed=_flag(values, Column.CLOSED),
        is_portal_user=_flag(values, Column.PORTAL_USER),
    )


_NAMES = (Column.ACCOUNT_NAME, Column.CUSTOMER_TYPE, Column.SALES_REP, Column.PRICE_LIST, Column.CONTACT_NAME)
_FORMULA = "The text under '{}' looks like a formula of a spreadsheet; it was kept as text."
_UNREACHABLE = "The contact has neither e-mail address nor phone and cannot be invited until one is added."
_NOBODY = "The row names nobody to invite; only the account was taken."
_IN_THE_ERP = "Correct it in the ERP and import the file again."


def refuse_broken(record: Record, header: Header) -> None:
    """Let a record through that has cells, and no more of them than headings; else `RowRefused`."""
    if record.fault is Fault.QUOTES:
        raise RowRefused(
            RowRefusal.BROKEN_QUOTES,
            None,
            "A quotation mark on this line is never closed, or closed before the end of its cell.",
            'Write a quotation mark inside a quoted cell twice (""), and close every cell that begins with one.',
        )
    if record.fault is Fault.TOO_LONG:
        remedy = "Check that line breaks were exported, or shorten the row."
        raise RowRefused(RowRefusal.LINE_TOO_LONG, None, f"The line is longer than {MAX_LINE:,} characters.", remedy)
    if any(cell.strip() for cell in record.cells[len(header.headings) :]):
        raise RowRefused(
            RowRefusal.TOO_MANY_CELLS,
            None,
            f"The row has {len(record.cells)} cells under {len(header.headings)} headings, so they may be shifted.",
            "Put quotation marks around a cell that contains the delimiter.",
        )


def _values(record: Record, header: Header) -> Mapping[Column, str]:
    values = {column: record.cells[at] for column, at in header.positions.items() if at < len(record.cells)}
    for column, value in values.items():
        _refuse_unusable(column, value)
    return values


def _refuse_unusable(column: Column, value: str) -> None:
    if len(value) > MAX_CELL:
        reason = f"The cell is longer than {MAX_CELL:,} characters."
        raise RowRefused(RowRefusal.CELL_TOO_LONG, column, reason, f"Shorten it. {_IN_THE_ERP}")
    if "\0" in value or LOST in value:
        reason = "The cell contains a NUL character or a letter that was damaged on its way here."
        raise RowRefused(RowRefusal.UNREADABLE, column, reason, "Export the file again as UTF-8, or correct the cell.")


def _account_code(values: Mapping[Column, str]) -> str:
    code = trim(values.get(Column.ACCOUNT_CODE, ""))
    if not code:
        reason = "The account code is blank, so nobody can tell whose row this is."
        raise RowRefused(RowRefusal.BLANK_ACCOUNT, Column.ACCOUNT_CODE, reason, f"Enter it. {_IN_THE_ERP}")
    if is_damaged_code(code):
        raise RowRefused(
            RowRefusal.DAMAGED_ACCOUNT,
            Column.ACCOUNT_CODE,
            "A spreadsheet has replaced the account code by a number like 1.04E+03, an error or several lines.",
            "Format the column as text before opening the export, or import the ERP's own file.",
        )
    return code


def _contact_key(values: Mapping[Column, str]) -> str:
    key = trim(values.get(Column.CONTACT_KEY, ""))
    if is_damaged_code(key):
        raise RowRefused(
            RowRefusal.DAMAGED_KEY,
            Column.CONTACT_KEY,
            "A spreadsheet has replaced the key of the contact by a number like 1.04E+03, an error or several lines.",
            "Format the column as text before opening the export, or import the ERP's own file.",
        )
    return key


def _flag(values: Mapping[Column, str], column: Column) -> bool | None:
    """Yes or no; a blank cell says nothing, so that what was set stays."""
    text = trim(values.get(column, ""))
    said = read_flag(text)
    if text and said is None:
        raise RowRefused(
            RowRefusal.MALFORMED_FLAG, column, "The cell says neither yes nor no.", f"Write yes or no. {_IN_THE_ERP}"
        )
    return said


def _email(values: Mapping[Column, str], warnings: list[str]) -> EmailAddress | None:
    text = trim(values.get(Column.EMAIL, ""))
    if not text or is_no_address(text):
        return None
    try:
        email = parse_email(text)
    except AddressError as error:
        refusal = RowRefused(RowRefusal.MALFORMED_EMAIL, Column.EMAIL, error.reason, f"{error.remedy} {_IN_THE_ERP}")
        raise refusal from None
    if meant := likely_domain(email):
        warnings.append(f"The domain of the e-mail address may be mistyped: is {meant} meant?")
    return email


def _phone(values: Mapping[Column, str], region: str, *, has_email: bool, warnings: list[str]) -> PhoneNumber | None:
    """The number; a malformed one is dropped where an e-mail address reaches the person, else it refuses the row."""
    text = trim(values.get(Column.PHONE, ""))
    if not text or is_no_address(text):
        return None
    try:
        phone = parse_phone(text, region)
    except AddressError as error:
        if not has_email:
            remedy = f"{error.remedy} {_IN_THE_ERP}"
            raise RowRefused(RowRefusal.MALFORMED_PHONE, Column.PHONE, error.reason, remedy) from None
        warnings.append(f"{error.reason} It was left out. {_IN_THE_ERP}")
        return None
    if not has_email and not phone.takes_texts:
        warnings.append("The only way to reach the contact is a landline, which takes no text messages.")
    return phone
