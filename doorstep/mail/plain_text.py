"""Text that came from people, made harmless for one line of a mail; and the layout of the text part."""

import textwrap
import unicodedata
from collections.abc import Iterator, Mapping

MAX_VALUE = 2000
WIDTH = 76
SIGNATURE = "-- "
ELLIPSIS = "\u2026"

# Persian and Indic names and joined emoji need these two; the other format characters turn the reading direction
# around or hide text, and serve only who wants to look like somebody else.
_JOINERS = "\u200c\u200d"
_VERBATIM = ("    ", "http://", "https://")


def one_line(text: str) -> str:
    """The text on one line, without what could end a header, forge a paragraph or not be encoded at all."""
    kept = "".join(_harmless(character) for character in text[: 4 * MAX_VALUE])
    return shorten(" ".join(kept.split()), MAX_VALUE)


def _harmless(character: str) -> str:
    category = unicodedata.category(character)
    if category in {"Zl", "Zp"} or (category == "Cc" and character.isspace()):
        return " "
    if category in {"Cc", "Cs"} or (category == "Cf" and character not in _JOINERS):
        return ""
    return character


def shorten(text: str, length: int = 60) -> str:
    """At most `length` characters, with a sign where some are missing."""
    return text if len(text) <= length else text[: length - 1].rstrip() + ELLIPSIS


def harmless(value: object) -> object:
    """Every text in a value made one harmless line; numbers and moments as they are."""
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, Mapping):
        return {str(key): harmless(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [harmless(item) for item in value]
    return value


def flow(text: str) -> str:
    """Wrap paragraphs and list items; a line that starts with an address or four spaces stays whole, to be copied."""
    blocks = (block for block in text.strip("\n").split("\n\n") if block.strip())
    return "\n\n".join("\n".join(_wrapped(block)) for block in blocks) + "\n"


def _wrapped(block: str) -> Iterator[str]:
    for item in _items(block.strip("\n").split("\n")):
        if item.startswith(_VERBATIM) or item == SIGNATURE:
            yield item
        else:
            indent = "  " if item.startswith("- ") else ""
            yield from textwrap.wrap(item, WIDTH, subsequent_indent=indent, break_on_hyphens=False)


def _items(lines: list[str]) -> list[str]:
    """The lines of a block, those of one paragraph or list item joined."""
    items: list[str] = []
    for line in filter(str.strip, lines):
        starts_new = line.startswith(("- ", *_VERBATIM)) or line == SIGNATURE
        if not items or starts_new or items[-1].startswith(_VERBATIM) or items[-1] == SIGNATURE:
            items.append(line if starts_new else line.strip())
        else:
            items[-1] += " " + line.strip()
    return items
