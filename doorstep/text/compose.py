"""A letter becomes a text: pure, and the same each time, so that a second copy is a harmless one.

Texts are short and plain: GSM 03.38 in every language we write, the office first, the link last, nothing about the
person but their username. Numbers change hands, and a text is read on locked screens.
"""

import functools
import unicodedata
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from babel.support import Translations
from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from doorstep.domain.errors import DoorstepError
from doorstep.domain.messages import Letter, Message
from doorstep.text.alphabet import plain
from doorstep.text.moments import absolute, office_zone, text_locale

TEMPLATES = Path(__file__).parent / "templates"
TRANSLATIONS = Path(__file__).parent / "locale"
DOMAIN = "text"
MAX_OFFICE = 40
MAX_VALUE = 500
ELLIPSIS = "..."

# Persian and Indic names and joined emoji need these two; the other format characters hide text or turn it around.
_JOINERS = "\u200c\u200d"

# All that a template can do wrong at run time; anything else is a fault of ours and comes through as it is.
_TEMPLATE_FAULTS = (TemplateError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


class TextBroken(DoorstepError):
    """There is no text of a message, or it cannot be rendered; says which, and nothing of what it held (F16)."""

    def __init__(self, key: Message) -> None:
        super().__init__("template_broken", f"The text {key} cannot be made: {key}.txt.")
        self.key = key


def compose(letter: Letter, templates: Path = TEMPLATES) -> str:
    """The text of a letter whose recipient is a number, ready to be handed over.

    Raises:
        TextBroken: for a message that has no text, or whose template has a fault.
    """
    locale = text_locale(letter.locale)
    context = _context(letter) | {"locale": locale}
    try:
        text = _environment(templates, locale.language).get_template(f"{letter.message}.txt").render(context)
    except _TEMPLATE_FAULTS:
        text = ""
    if not text:
        # Raised out here, so that no report can chain the first error, whose words may hold a value.
        raise TextBroken(letter.message)
    # One line, with plain blanks: dates bring narrow ones, which stand in no alphabet of texts.
    return " ".join(text.split())


def _context(letter: Letter) -> dict[str, object]:
    given = {name: _harmless(value) for name, value in letter.values.items()}
    return given | {
        "office": shorten(str(given.get("office_name") or "Portal"), MAX_OFFICE),
        "zone": office_zone(letter.time_zone),
    }


@functools.cache
def _environment(templates: Path, language: str) -> ImmutableSandboxedEnvironment:
    """What renders the texts of one language; English is what stands in the templates."""
    made = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        autoescape=False,  # a text has no markup that anything could break out of
        extensions=["jinja2.ext.i18n"],
    )
    made.policies["ext.i18n.trimmed"] = True
    translations = Translations.load(TRANSLATIONS, [language], DOMAIN)
    made.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
    made.filters.update(moment=_moment, shorten=shorten, web=_web)
    return made


def shorten(text: str, length: int) -> str:
    """At most `length` characters, with three dots where some are missing."""
    return text if len(text) <= length else text[: length - len(ELLIPSIS)].rstrip() + ELLIPSIS


def _harmless(value: object) -> object:
    """A text that came from people on one line, without what hides or turns text, and as plain as it can be said."""
    if not isinstance(value, str):
        return value
    whole = unicodedata.normalize("NFC", plain(value[:MAX_VALUE]))
    kept = (" " if each.isspace() else each for each in whole if each.isspace() or _is_visible(each))
    return " ".join("".join(kept).split())


def _is_visible(character: str) -> bool:
    return character in _JOINERS or unicodedata.category(character) not in {"Cc", "Cf", "Cs"}


@pass_context
def _moment(context: Context, moment: datetime) -> str:
    return absolute(moment, context["locale"], context["zone"])


def _web(address: str) -> str:
    """The address itself, where it is one that a browser opens and nothing that runs (T15)."""
    if urlsplit(address).scheme not in {"http", "https"}:
        raise ValueError("A link in a text begins with http:// or https://.")
    return address
