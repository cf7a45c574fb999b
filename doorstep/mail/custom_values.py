"""What stands behind the names in the text of an office, and how it is put in: as data, beside the text, never in it.

Each value enters the text as a mark, the text is read as Markdown, and only then do the values take the place of their
marks. So no value is ever read as Markdown, whatever a person is called (T14, T15).
"""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from babel import Locale
from babel.dates import format_date, format_time
from babel.lists import format_list
from jinja2 import StrictUndefined, Template, nodes, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from doorstep.domain.messages import Letter
from doorstep.domain.template_variables import VARIABLES, Kind
from doorstep.mail.moments import TRANSLATED, absolute, how_long, office_zone, text_locale, zone_name
from doorstep.mail.plain_text import harmless, one_line, shorten
from doorstep.mail.section_names import section_name

# Of the private use area, so that no keyboard writes them and Markdown takes them for letters.
_OPEN, _CLOSE = "\ue000", "\ue001"
MARK = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")
_NO_MARKS = str.maketrans(dict.fromkeys((_OPEN, _CLOSE)))


@dataclass(frozen=True)
class Value:
    """One value in a text."""

    text: str
    kind: Kind


@dataclass(frozen=True)
class Filled:
    """A text with marks, and the values that belong to them."""

    text: str
    values: list[Value] = field(default_factory=list)

    def plain(self, text: str) -> str:
        """A piece of the text with the values in place."""
        return MARK.sub(lambda found: self.values[int(found[1])].text, text)


class Url(str):
    """A value that is an address of the web."""

    __slots__ = ()


class Code(str):
    """A value that is to be copied as it is."""

    __slots__ = ()


def clean(source: str) -> str:
    """The source with one kind of line end, and without the characters that our marks are made of."""
    return source.replace("\r\n", "\n").replace("\r", "\n").translate(_NO_MARKS)


def mark(number: int) -> str:
    """What stands in a text for the value of that number."""
    return f"{_OPEN}{number}{_CLOSE}"


def fill(template: Template, context: Mapping[str, object]) -> Filled:
    """The text with a mark for every value."""
    values: list[Value] = []
    text = template.render({**context, "put": values})
    return Filled(text, values)


def context_of(letter: Letter) -> dict[str, object]:
    """The names that the letter's message offers, each with its value; what may be empty need not be there."""
    given = {**letter.values, "recipient_name": letter.recipient_name}
    context: dict[str, object] = {
        "locale": language_of(letter),
        "zone": office_zone(letter.time_zone),
        "handed_over_at": letter.handed_over_at,
    }
    for name, variable in VARIABLES[letter.message].items():
        if name in given:
            context[name] = _made_ready(given[name], variable.kind)
        elif variable.may_be_empty:
            context[name] = ""
    return context


def language_of(letter: Letter) -> Locale:
    """The locale of the text: an office writes in whichever language it likes, and its dates follow."""
    return text_locale(letter.locale, {re.split("[-_]", letter.locale)[0].lower()})


def _made_ready(value: object, kind: Kind) -> object:
    if isinstance(value, str) and kind in {Kind.URL, Kind.CODE}:
        return Url(value) if kind is Kind.URL else Code(one_line(value))
    return harmless(value)


@functools.cache
def environment() -> ImmutableSandboxedEnvironment:
    """The sandbox for the texts of offices: no loader, no globals, none of the filters and tests of Jinja itself."""
    made = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True, finalize=_put
    )
    made.globals.clear()
    made.tests.clear()
    made.filters.clear()
    made.filters.update(moment=_moment, how_long=_how_long, section=_section, listed=_listed, shorten=shorten)
    return made


def compiled(tree: nodes.Template) -> Template:
    """The program of a syntax tree that was found to be harmless."""
    return environment().from_string(tree)


@pass_context
def _put(context: Context, value: object) -> str:
    """Keep a value, and leave its mark in the text."""
    kind = Kind.URL if isinstance(value, Url) else Kind.CODE if isinstance(value, Code) else Kind.TEXT
    values: list[Value] = context["put"]
    values.append(Value(str(value), kind))
    return mark(len(values) - 1)


@pass_context
def _moment(context: Context, moment: datetime) -> str:
    locale: Locale = context["locale"]
    if locale.language in TRANSLATED:
        return absolute(moment, locale, context["zone"])
    local = moment.astimezone(context["zone"])
    date, time = format_date(local, "full", locale), format_time(local, "short", locale=locale)
    return f"{date}, {time} {zone_name(local, locale)}".replace("\u202f", " ").replace("\u00a0", " ")


@pass_context
def _how_long(context: Context, since: datetime) -> str:
    return how_long(since, context["handed_over_at"], context["locale"])


@pass_context
def _section(context: Context, permission: str) -> str:
    locale: Locale = context["locale"]
    return section_name(permission, locale.language)


@pass_context
def _listed(context: Context, permissions: list[str]) -> str:
    locale: Locale = context["locale"]
    return format_list([section_name(each, locale.language) for each in permissions], locale=locale)
