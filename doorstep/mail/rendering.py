"""The three texts of a message, rendered from its templates in a sandbox; what came from people is data there."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import cast
from urllib.parse import quote, urlsplit

import css_inline
from babel import Locale
from jinja2 import (
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    TemplateSyntaxError,
    pass_context,
    select_autoescape,
)
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from doorstep.domain.errors import DoorstepError
from doorstep.domain.messages import Letter, Message
from doorstep.mail.moments import absolute, how_long, office_zone, text_locale
from doorstep.mail.plain_text import flow, harmless, one_line, shorten
from doorstep.mail.section_names import section_name
from doorstep.mail.translations import portal_name, translations

TEMPLATES = Path(__file__).parent / "templates"
MAX_SUBJECT = 150

# All that a template can do wrong at run time; anything else is a fault of ours and comes through as it is.
_TEMPLATE_FAULTS = (TemplateError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


class TemplateBroken(DoorstepError):
    """A template cannot be rendered; says where, and nothing of what was to be rendered (F16)."""

    def __init__(self, key: Message, file: str, line: int) -> None:
        super().__init__("template_broken", f"The message {key} cannot be made: {file}, line {line}.")
        self.key = key
        self.file = file
        self.line = line


@dataclass(frozen=True)
class Rendered:
    """The texts of one mail."""

    subject: str
    text: str
    html: str
    language: str


def render(letter: Letter, templates: Path = TEMPLATES) -> Rendered:
    """Fill the templates of the letter's message.

    Raises:
        TemplateBroken: where a template has a fault, or asks for a value that the letter lacks.
    """
    message, context = letter.message, _context(letter)
    subject = shorten(one_line(_filled(message, f"{message}/subject.txt", context, templates)), MAX_SUBJECT)
    text = flow(_filled(message, f"{message}/body.txt", context, templates))
    html = _filled(message, f"{message}/body.html", context | {"subject": subject}, templates)
    return Rendered(subject, text, _inliner().inline(html), str(context["language"]))


def frame(letter: Letter, content: Mapping[str, object], templates: Path = TEMPLATES) -> tuple[str, str]:
    """The end of the text part, and the HTML, of a mail whose words an office wrote; `content` goes into `custom.html`.

    Raises:
        TemplateBroken: where a template of ours has a fault.
    """
    context = {**_context(letter), **content}
    footer = flow(_filled(letter.message, "custom.txt", context, templates))
    return footer, _inliner().inline(_filled(letter.message, "custom.html", context, templates))


def _context(letter: Letter) -> dict[str, object]:
    locale = text_locale(letter.locale)
    given = {name: harmless(value) for name, value in letter.values.items()}
    office = str(given.get("office_name") or "")
    return {
        "recipient_name": one_line(letter.recipient_name),
        **given,
        "handed_over_at": letter.handed_over_at,
        "portal": portal_name(shorten(office), locale.language),
        "language": str(locale).replace("_", "-"),
        "locale": locale,
        "zone": office_zone(letter.time_zone),
    }


def _filled(message: Message, name: str, context: Mapping[str, object], templates: Path) -> str:
    try:
        return _environment(templates, _locale(context).language).get_template(name).render(context)
    except _TEMPLATE_FAULTS as error:
        file, line = _place(error, templates, name)
    # Raised out here, so that no report can chain the first error, whose words may hold a value.
    raise TemplateBroken(message, file, line)


def _place(error: Exception, templates: Path, name: str) -> tuple[str, int]:
    if isinstance(error, TemplateSyntaxError):
        return error.name or name, error.lineno
    file, line = name, 0
    traceback = error.__traceback__
    while traceback:
        path = Path(traceback.tb_frame.f_code.co_filename)
        if path.is_relative_to(templates):
            file, line = path.relative_to(templates).as_posix(), traceback.tb_lineno
        traceback = traceback.tb_next
    return file, line


@functools.cache
def _environment(templates: Path, language: str) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        extensions=["jinja2.ext.i18n"],
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        autoescape=select_autoescape(enabled_extensions=("html",), disabled_extensions=("txt",), default=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["ext.i18n.trimmed"] = True
    # Newstyle: the catalogue's text is a template of its own, and a value that is put into it is escaped in HTML.
    environment.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    environment.filters.update(
        moment=_moment,
        lasting_until=_lasting_until,
        section=functools.partial(section_name, language=language),
        shorten=shorten,
        web=_web,
        mailto=_mailto,
        tel=_tel,
    )
    return environment


@functools.cache
def _inliner() -> css_inline.CSSInliner:
    # Nothing is fetched: the style sheet stands in the layout, and what can only live there (dark mode, phones) stays.
    return css_inline.CSSInliner(
        keep_style_tags=True, keep_at_rules=True, remove_inlined_selectors=True, load_remote_stylesheets=False
    )


@pass_context
def _moment(context: Context, moment: datetime) -> str:
    return absolute(moment, _locale(context), context["zone"])


@pass_context
def _lasting_until(context: Context, since: datetime, until: datetime) -> str:
    return how_long(since, until, _locale(context))


def _locale(context: Context | Mapping[str, object]) -> Locale:
    return cast("Locale", context["locale"])


def _web(address: str) -> str:
    """The address itself, where it is one that a browser opens and nothing that runs (T15)."""
    if urlsplit(address).scheme not in {"http", "https"}:
        raise ValueError("A link in a mail begins with http:// or https://.")
    return address


def _mailto(address: str) -> str:
    return f"mailto:{quote(address, safe='@+')}"


def _tel(number: str) -> str:
    return "tel:" + "".join(character for character in number if character in "+0123456789")
