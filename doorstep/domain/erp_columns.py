"""The columns of a customer export, by every heading that ERP systems give them."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Column(StrEnum):
    """What we read of a customer."""

    ACCOUNT_CODE = "account code"
    ACCOUNT_NAME = "account name"
    CUSTOMER_TYPE = "customer type"
    SALES_REP = "sales rep"
    PRICE_LIST = "price list"
    CONTACT_NAME = "contact name"
    EMAIL = "email"
    PHONE = "phone"
    CONTACT_KEY = "contact key"
    CLOSED = "closed"
    PORTAL_USER = "portal user"


# Headings as `plain_heading` leaves them, the surest first: where two columns of a file claim the same meaning, the
# one that stands further left here wins and the other is reported as ignored.
ALIASES: Mapping[Column, Sequence[str]] = {
    Column.ACCOUNT_CODE: (
        *("account code", "account no", "account number", "account id", "account"),
        *("customer code", "customer no", "customer number", "customer id"),
        *("client code", "client no", "debtor code", "debtor no", "acct code", "acct no", "acct", "code"),
    ),
    Column.ACCOUNT_NAME: (
        *("account name", "company", "company name", "customer name", "business name", "trading name"),
        *("debtor name", "organisation", "organization", "customer", "business"),
    ),
    Column.CUSTOMER_TYPE: ("customer type", "account type", "type", "customer group", "customer class", "class"),
    Column.SALES_REP: ("sales rep", "salesperson", "sales person", "sales representative", "account manager", "rep"),
    Column.PRICE_LIST: ("price list", "pricelist", "price level", "price group", "price code", "price tier"),
    Column.CONTACT_NAME: ("contact name", "contact", "contact person", "full name", "name", "attention", "attn"),
    Column.EMAIL: ("email", "e mail", "email address", "e mail address", "contact email", "contact e mail", "mail"),
    Column.PHONE: (
        *("mobile", "mobile phone", "mobile no", "mobile number", "cell", "cell phone", "cellphone"),
        *("phone", "phone no", "phone number", "contact phone", "telephone", "tel"),
    ),
    # Not "contact number": that is a telephone. Not "inactive" or "status": files that were read for years have those.
    Column.CONTACT_KEY: ("contact key", "contact id", "contact code", "person id", "external key", "external id"),
    Column.CLOSED: ("account closed", "closed", "is closed"),
    Column.PORTAL_USER: ("portal user", "is portal user", "portal access"),
}

_MEANINGS = {alias: (column, rank) for column, aliases in ALIASES.items() for rank, alias in enumerate(aliases)}


@dataclass(frozen=True)
class Header:
    """The header line of one file: where each known column stands, and which headings mean nothing to us."""

    headings: tuple[str, ...]
    positions: Mapping[Column, int]

    @property
    def ignored(self) -> tuple[str, ...]:
        """The headings that nothing is read from."""
        used = set(self.positions.values())
        return tuple(text for at, text in enumerate(self.headings) if text and at not in used)

    def heading(self, column: Column) -> str:
        """The heading of a column as the file spells it, so that its owner finds it."""
        return self.headings[self.positions[column]] if column in self.positions else ""


def read_header(cells: Sequence[str]) -> Header:
    """The header in the cells of a file's first line; two columns of one meaning leave the surer one."""
    headings = tuple(" ".join(cell.split()) for cell in cells)
    best: dict[Column, tuple[int, int]] = {}
    for at, heading in enumerate(headings):
        if meaning := _MEANINGS.get(plain_heading(heading)):
            column, rank = meaning
            best[column] = min(best.get(column, (rank, at)), (rank, at))
    return Header(headings, {column: at for column, (_, at) in best.items()})


def plain_heading(text: str) -> str:
    """A heading without case, punctuation and accents of spelling: `E-Mail`, `e_mail` and `E MAIL` are one."""
    return re.sub(r"[\W_]+", " ", unicodedata.normalize("NFKC", text).casefold()).strip()
