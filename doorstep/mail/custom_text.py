"""The text part of a mail with the text of an office: the same words without the signs of Markdown."""

import textwrap
from collections.abc import Iterator, Sequence

from markdown_it.tree import SyntaxTreeNode

from doorstep.mail.custom_pieces import Button, Command, Piece, Prose
from doorstep.mail.plain_text import WIDTH

_VERBATIM = "    "
_RULE = "* * *"


def text_of(pieces: Sequence[Piece]) -> str:
    """The pieces as lines of at most 76 characters; addresses and lines to copy stay whole."""
    return "\n\n".join(block for piece in pieces for block in _blocks(piece)) + "\n"


def _blocks(piece: Piece) -> Iterator[str]:
    match piece:
        case Prose():
            yield from _children(SyntaxTreeNode(piece.tokens), WIDTH)
        case Button():
            yield f"{_wrapped(_announced(piece.label), WIDTH)}\n{piece.link}" if piece.label else piece.link
        case Command():
            yield _VERBATIM + piece.line


def _announced(label: str) -> str:
    return label if label.endswith((":", ".", "!", "?")) else f"{label}:"


def _children(node: SyntaxTreeNode, width: int) -> Iterator[str]:
    for child in node.children:
        text = _block(child, width)
        if text:
            yield text


def _block(node: SyntaxTreeNode, width: int) -> str:
    match node.type:
        case "bullet_list":
            return _list([(item, "- ") for item in node.children], width)
        case "ordered_list":
            first = int(node.attrs.get("start", 1))
            return _list([(item, f"{number}. ") for number, item in enumerate(node.children, first)], width)
        case "blockquote":
            return textwrap.indent("\n\n".join(_children(node, width - 2)), "> ", lambda _: True)
        case "fence":
            return textwrap.indent(node.content.rstrip("\n"), _VERBATIM)
        case "hr":
            return _RULE
    return _wrapped("".join(map(_inline, node.children)), width)


def _list(items: Sequence[tuple[SyntaxTreeNode, str]], width: int) -> str:
    return "\n".join(_item(item, sign, width) for item, sign in items)


def _item(item: SyntaxTreeNode, sign: str, width: int) -> str:
    text = "\n".join(_children(item, width - len(sign)))
    return sign + textwrap.indent(text, " " * len(sign)).lstrip()


def _inline(node: SyntaxTreeNode) -> str:
    match node.type:
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "link":
            return _link(node)
    return node.content if not node.children else "".join(map(_inline, node.children))


def _link(node: SyntaxTreeNode) -> str:
    words, address = "".join(map(_inline, node.children)), str(node.attrs["href"])
    shown = address.removeprefix("mailto:")
    return shown if words.strip() in {"", shown, address} else f"{words} ({shown})"


def _wrapped(text: str, width: int) -> str:
    lines = (
        textwrap.wrap(line, max(width, 20), break_long_words=False, break_on_hyphens=False) for line in text.split("\n")
    )
    return "\n".join(line for wrapped in lines for line in wrapped)
