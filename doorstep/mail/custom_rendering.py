"""The text of an office, filled in for one letter; one that cannot be says where, and nothing of the letter (F16)."""

import functools
from pathlib import Path
from types import TracebackType

from jinja2 import Template, TemplateError

from doorstep.domain.messages import CustomText, Letter, Message
from doorstep.domain.template_variables import VARIABLES
from doorstep.domain.templates import Finding, Part
from doorstep.mail.custom_html import content_of
from doorstep.mail.custom_pieces import Piece, pieces_of
from doorstep.mail.custom_syntax import parse
from doorstep.mail.custom_text import text_of
from doorstep.mail.custom_values import clean, compiled, context_of, environment, fill, language_of
from doorstep.mail.plain_text import one_line, shorten
from doorstep.mail.rendering import MAX_SUBJECT, TEMPLATES, Rendered, TemplateBroken, frame

# All that the text of an office can do wrong at run time; anything else is a fault of ours and comes through as it is.
_FAULTS = (TemplateError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


class _UnsoundError(ValueError):
    """A text that would be refused today; kept since before the rules were what they are."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.sentence)
        self.finding = finding


def render(letter: Letter, custom: CustomText, templates: Path = TEMPLATES) -> Rendered:
    """Fill the text of an office, and put it into the frame of our mails.

    Raises:
        TemplateBroken: where the text, or the frame, cannot be filled in.
    """
    subject, pieces = _filled(letter, custom)
    language = str(language_of(letter)).replace("_", "-")
    footer, html = frame(letter, content_of(pieces, subject) | {"language": language}, templates)
    return Rendered(subject, f"{text_of(pieces)}\n{footer}", html, language)


def _filled(letter: Letter, custom: CustomText) -> tuple[str, list[Piece]]:
    try:
        context = context_of(letter)
        subject = fill(_program(letter.message, Part.SUBJECT, custom.subject), context)
        body = fill(_program(letter.message, Part.BODY, custom.body), context)
        return shorten(one_line(subject.plain(subject.text)), MAX_SUBJECT), pieces_of(body)
    except _FAULTS as error:
        line = error.finding.line if isinstance(error, _UnsoundError) else _line_of(error.__traceback__)
    # Raised out here, so that no report can chain the first error, whose words may hold a value.
    raise TemplateBroken(letter.message, custom.name, line)


@functools.lru_cache(maxsize=256)
def _program(message: Message, part: Part, source: str) -> Template:
    """The program of a text. It is judged again before each first use: what is compiled can also be made to run."""
    tree, findings = parse(environment(), part, clean(source), VARIABLES[message])
    if findings or tree is None:
        raise _UnsoundError(findings[0])
    return compiled(tree)


def _line_of(traceback: TracebackType | None) -> int:
    """The line of the text at which it failed; 0 where that was elsewhere."""
    line = 0
    while traceback:
        if traceback.tb_frame.f_code.co_filename == "<template>":  # as Jinja calls what it compiled from a text
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line
