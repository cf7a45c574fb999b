"""The HTML part of a mail with the text of an office: what stands in the frame of all our mails."""

from collections.abc import Mapping, Sequence

from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

from doorstep.mail.custom_markdown import options
from doorstep.mail.custom_pieces import Button, Command, Piece, Prose, words_of
from doorstep.mail.plain_text import shorten

_PREHEADER = 120
_HEADING_TOKENS = 3  # it begins, its words, it ends


class _Html(RendererHTML):
    """The library's own, with lines to copy in the look of our mails."""

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:  # noqa: ARG002
        """Lines to copy."""
        return f'<pre class="command">{escapeHtml(tokens[idx].content.rstrip())}</pre>\n'


_HTML = _Html()


def content_of(pieces: Sequence[Piece], subject: str) -> dict[str, object]:
    """What `custom.html` shows; a heading that the text begins with takes the place of the subject."""
    heading, rest = _heading_and_rest(pieces)
    return {
        "subject": subject,
        "heading": heading or subject,
        "preheader": _preheader(rest),
        "pieces": [_shown(piece) for piece in rest],
    }


def _heading_and_rest(pieces: Sequence[Piece]) -> tuple[str, Sequence[Piece]]:
    match pieces:
        case [Prose(tokens=[Token(type="heading_open", tag="h1"), words, *_] as tokens), *rest]:
            return words_of(words.children or []), [Prose(list(tokens[_HEADING_TOKENS:])), *rest]
    return "", pieces


def _preheader(pieces: Sequence[Piece]) -> str:
    """The beginning of the text, which mail programs show beside the subject."""
    for piece in pieces:
        if isinstance(piece, Prose) and piece.tokens and piece.tokens[0].type == "paragraph_open":
            return shorten(words_of(piece.tokens[1].children or []), _PREHEADER)
    return ""


def _shown(piece: Piece) -> Mapping[str, object]:
    shown: dict[str, object] = dict.fromkeys(("prose", "label", "link", "line"), "")
    match piece:
        case Prose():
            return shown | {"prose": _prose(piece.tokens)}
        case Button():
            return shown | {"label": piece.label, "link": piece.link}
        case Command():
            return shown | {"line": piece.line}


def _prose(tokens: Sequence[Token]) -> Markup:
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = "h2"  # the mail has its first heading above
    # Safe: of what the renderer is given, only words and the addresses of links are not ours, and it escapes both.
    return Markup(_HTML.render(tokens, options(), {}))  # noqa: S704 - see above
