"""The body of an office's text in pieces, with the values in place: prose, and the lines that stand out of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from doorstep.domain.template_variables import Kind
from doorstep.mail.custom_markdown import fault_of, is_web, read
from doorstep.mail.custom_values import MARK, Filled, Value

_BREAKS = {"softbreak", "hardbreak"}
_VALUE = {"is_value": True}


class TextBroken(ValueError):
    """A text that makes no mail; the words are about the text and hold no value."""


@dataclass(frozen=True)
class Prose:
    """Paragraphs, lists, headings, quotes and lines to copy, as tokens of Markdown."""

    tokens: list[Token]


@dataclass(frozen=True)
class Button:
    """A link that stands alone on its line; without a label it is the bare address."""

    label: str
    link: str


@dataclass(frozen=True)
class Command:
    """A line to copy that stands alone on its line."""

    line: str


Piece = Prose | Button | Command


def pieces_of(filled: Filled) -> list[Piece]:
    """The pieces of a body, from top to bottom.

    Raises:
        TextBroken: a picture, or a link that leads nowhere good.
    """
    tokens = read(filled.text)
    for token in tokens:
        token.content = filled.plain(token.content)
        if token.children is not None:
            token.children = list(_with_values(token.children, filled))
    return [piece for piece in _pieces(tokens) if not isinstance(piece, Button) or piece.link]


def words_of(tokens: Sequence[Token]) -> str:
    """The words of a line, without what they look like."""
    return "".join(" " if token.type in _BREAKS else token.content for token in tokens).strip()


def _pieces(tokens: Sequence[Token]) -> Iterator[Piece]:
    waiting = iter(tokens)
    prose: list[Token] = []
    for token in waiting:
        if token.type == "paragraph_open" and token.level == 0:
            yield from [Prose(prose)] if prose else []
            prose = []
            yield from _paragraph(token, next(waiting), next(waiting))
        else:
            token.children = token.children and _without_dead_links(token.children)
            prose.append(token)
    if prose:
        yield Prose(prose)


def _paragraph(begin: Token, inline: Token, end: Token) -> Iterator[Piece]:
    """A paragraph, cut where a line stands out."""
    kept: list[Token] = []
    for line in _lines(inline.children or []):
        piece = _standing_out(line)
        if piece is None:
            kept += line
        else:
            yield from _prose(begin, kept, end)
            kept = []
            yield piece
    yield from _prose(begin, kept, end)


def _prose(begin: Token, words: Sequence[Token], end: Token) -> Iterator[Prose]:
    alive = _without_dead_links(words)
    while alive and alive[0].type in _BREAKS:
        del alive[0]
    if words_of(alive):
        yield Prose([begin, Token("inline", "", 0, children=alive), end])


def _lines(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """The lines of a paragraph, all but the first with the break that they begin with."""
    line: list[Token] = []
    depth = 0
    for token in tokens:
        depth += token.nesting
        if token.type in _BREAKS and depth == 0:
            yield line
            line = []
        line.append(token)
    yield line


def _standing_out(line: Sequence[Token]) -> Button | Command | None:
    tokens = [token for token in line if token.type not in _BREAKS and (token.type != "text" or token.content.strip())]
    if len(tokens) == 1 and tokens[0].type == "code_inline" and tokens[0].meta == _VALUE:
        return Command(tokens[0].content)
    types = [token.type for token in tokens]
    if types[:1] != ["link_open"] or types.index("link_close") != len(types) - 1:
        return None
    link = str(tokens[0].attrs["href"])
    if link and not is_web(link):
        return None
    return Button("" if tokens[0].info == "auto" else words_of(tokens), link)


def _without_dead_links(tokens: Sequence[Token]) -> list[Token]:
    """The same where a link has no address in this mail: its words alone."""
    alive: list[Token] = []
    is_dead = False
    for token in tokens:
        if token.type == "link_open":
            is_dead = not token.attrs["href"]
        if not (is_dead and token.type in {"link_open", "link_close"}):
            alive.append(token)
    return alive


def _with_values(tokens: Sequence[Token], filled: Filled) -> Iterator[Token]:
    kinds = [value.kind for value in filled.values]
    is_in_link = False
    for token in tokens:
        if fault := fault_of(token, kinds):
            raise TextBroken(fault)
        if token.type == "text":
            yield from _text(token.content, filled, is_in_link=is_in_link)
            continue
        is_in_link = token.type == "link_open" or (is_in_link and token.type != "link_close")
        token.content = filled.plain(token.content)
        if token.type == "link_open":
            token.attrs["href"] = _address(filled.plain(str(token.attrs["href"])))
        yield token


def _text(text: str, filled: Filled, *, is_in_link: bool) -> Iterator[Token]:
    for place, piece in enumerate(MARK.split(text)):  # words and the numbers of values take turns
        value = filled.values[int(piece)] if place % 2 else Value(piece, Kind.TEXT)
        if value.kind is Kind.URL and value.text and not is_in_link:
            address = _address(value.text)
            yield Token("link_open", "a", 1, attrs={"href": address}, info="auto")
            yield Token("text", "", 0, content=address)
            yield Token("link_close", "a", -1)
        elif value.kind is Kind.CODE:
            yield Token("code_inline", "code", 0, content=value.text, meta=_VALUE)
        elif value.text:
            yield Token("text", "", 0, content=value.text)


def _address(address: str) -> str:
    if address and not address.lower().startswith("mailto:") and not is_web(address):
        raise TextBroken("A value that should be an address of the web is none.")
    return address
