"""The text of an office, read as Markdown: which parts of it we take, and what is wrong with the others.

Pictures, HTML and links that run something are no part of it: a mail of ours loads nothing and runs nothing (T15).
"""

import functools
import re
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from doorstep.domain.template_variables import Kind
from doorstep.mail.custom_values import MARK

_WEB = re.compile(r"https?://[^\s/?#@\\]+([/?#].*)?", re.IGNORECASE)
_MAILTO = re.compile(r"mailto:[^\s@?]+@[^\s@?]+", re.IGNORECASE)

_HTML = "HTML cannot be used here. Write Markdown: **bold**, [words](https://…), - for a list."
_PICTURE = "A picture cannot be used here: our mails load nothing."
_TITLE = "A link has words and an address here, no title."
_NO_ADDRESS = "A link leads to an address, such as {{ sign_in_url }}; this name holds something else."
_PARTLY_A_NAME = "A link leads to one address: written out, or one name alone. A name cannot be a part of it."
_SCHEME = "A link begins with https://, http:// or mailto: and goes on with a host or an address."


class _Reader(MarkdownIt):
    """CommonMark that lets every link through to `fault_of`, and every mark through as it is."""

    def validateLink(self, url: str) -> bool:  # noqa: ARG002, N802 - as the library calls it
        """Every one: what is wrong with it is to be said, not printed."""
        return True

    def normalizeLink(self, url: str) -> str:  # noqa: N802 - as the library calls it
        """The encoded form, unless a value is to take its place."""
        return url if MARK.search(url) else super().normalizeLink(url)


@functools.cache
def _reader(*, finds_html: bool) -> MarkdownIt:
    # No addresses defined far from their links, no underlined headings, and no code by mere indentation: who writes to
    # customers does not expect them.
    return _Reader("commonmark", {"html": finds_html}).disable(["reference", "lheading", "code"])


def read(text: str, *, finds_html: bool = False) -> list[Token]:
    """The tokens of a text; where HTML is looked for, it becomes tokens of its own, otherwise it is words."""
    return _reader(finds_html=finds_html).parse(text)


def options() -> OptionsDict:
    """The options that the tokens were made with, for whoever shows them."""
    return _reader(finds_html=False).options


def faults(text: str, kinds: Sequence[Kind]) -> Iterator[tuple[int, str]]:
    """What cannot be used in a text, each with its line; `kinds` are those of the values, by the number of the mark."""
    for token in read(text, finds_html=True):
        line = token.map[0] + 1 if token.map else 1
        for each in (token, *(token.children or ())):
            line += each.type in {"softbreak", "hardbreak"}
            if sentence := fault_of(each, kinds):
                yield line, sentence


def fault_of(token: Token, kinds: Sequence[Kind]) -> str:
    """Why a token cannot be used; empty where it can."""
    match token.type:
        case "html_inline" | "html_block":
            return _HTML
        case "image":
            return _PICTURE
        case "link_open":
            return _TITLE if token.attrs.get("title") else _link_fault(str(token.attrs["href"]), kinds)
    return ""


def _link_fault(address: str, kinds: Sequence[Kind]) -> str:
    found = MARK.fullmatch(address)
    if found:
        return "" if kinds[int(found[1])] is Kind.URL else _NO_ADDRESS
    if MARK.search(address):
        return _PARTLY_A_NAME
    return "" if is_web(address) or _MAILTO.fullmatch(address) else _SCHEME


def is_web(address: str) -> bool:
    """True for an address that a browser opens, and nothing that runs."""
    return _WEB.fullmatch(address) is not None
