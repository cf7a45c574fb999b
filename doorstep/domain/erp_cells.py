"""The text in one cell, cleaned of what spreadsheets and copying leave behind; formulas are text and stay text."""

import re
import unicodedata

# Spaces of every kind, and the invisible letters that copying from web pages and mails brings along at the ends.
_EDGE = r"[\s\0-\x1f\u200b\u200e\u200f\u2060\ufeff]+"
_EDGES = re.compile(f"^{_EDGE}|{_EDGE}$")
# Excel's way of keeping a number as text: ="0107". Read as the text it means.
_QUOTED_NUMBER = re.compile(r'="([^"]*)"')
# An apostrophe before these is Excel's mark for "this is text"; before a letter it may begin a name ('Okusitino).
_TEXT_MARK = re.compile(r"'(?=[=+\-@\t\r0-9])")
_CONTROLS = r"\0-\x1f\x7f-\x9f"
# Letters that only turn the direction of others make one name look like another; joiners (U+200C, U+200D) spell names.
_INVISIBLE = re.compile(rf"[{_CONTROLS}\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_EXPONENT = re.compile(r"[+-]?\d+(?:[.,]\d+)?e[+-]\d+", re.IGNORECASE)
_CELL_ERROR = re.compile(r"#(?:N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|#+)", re.IGNORECASE)
_NO_VALUE = frozenset({"-", "--", "---", ".", "n/a", "#n/a", "none", "tba", "tbc", "unknown"})
_FLAGS = {
    **dict.fromkeys(("yes", "y", "true", "t", "1", "x", "on", "closed"), True),
    **dict.fromkeys(("no", "n", "false", "f", "0", "off", "open"), False),
}
_NO_ADDRESS = _NO_VALUE | {"na", "nil", "no", "no email", "no e-mail", "no phone", "null", "x"}


def trim(cell: str) -> str:
    """A code or an address: nothing but its ends is touched, so that leading zeros and inner spaces stay."""
    text = _EDGES.sub("", cell)
    if quoted := _QUOTED_NUMBER.fullmatch(text):
        text = quoted[1]
    return _EDGES.sub("", _TEXT_MARK.sub("", text, count=1) if text.startswith("'") else text)


def tidy(cell: str) -> str:
    """A name for people to read: NFC, on one line, with single spaces and without control characters."""
    visible = _INVISIBLE.sub("", " ".join(trim(cell).split()))
    return unicodedata.normalize("NFC", visible).strip()


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would calculate the text instead of showing it."""
    return len(text) > 1 and text.startswith(("=", "+", "-", "@"))


def is_damaged_code(text: str) -> bool:
    """Whether a spreadsheet has replaced the code: 1.04E+03, #N/A, ####; or it is broken over lines."""
    return any((_EXPONENT.fullmatch(text), _CELL_ERROR.fullmatch(text), re.search(f"[{_CONTROLS}]", text)))


def is_no_name(text: str) -> bool:
    """Whether a name cell says that there is none."""
    return text.casefold() in _NO_VALUE


def is_no_address(text: str) -> bool:
    """Whether an address cell says that there is none."""
    return text.casefold() in _NO_ADDRESS


def read_flag(text: str) -> bool | None:
    """What a cell says that is either yes or no; None for anything else."""
    return _FLAGS.get(text.casefold())
