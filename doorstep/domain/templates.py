"""The templates of an office: which there are, what they may be called, and what is wrong with one that is refused."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from enum import StrEnum

from doorstep.domain.errors import Conflict, Forbidden, Invalid, NotFound
from doorstep.domain.messages import Message
from doorstep.domain.template_variables import VARIABLES

WELCOME = "accountactivation-EJS"
WELCOME_EXISTING = "CustomerInvitationFromAnotherOffice"
_OWN_NAMES = {Message.WELCOME: WELCOME, Message.WELCOME_EXISTING: WELCOME_EXISTING}
_NAME = re.compile(r"[A-Za-z0-9_-]{3,60}")


@dataclass(frozen=True)
class Template:
    """One template; `name` is its key, compared letter by letter, and never changes (S2.21)."""

    name: str
    message: Message
    is_locked: bool = False


@dataclass(frozen=True)
class TemplateText:
    """What an office wrote: a subject of one line, and a body in Markdown; names in both are filled in."""

    subject: str
    body: str


@dataclass(frozen=True)
class TemplateVersion:
    """One version in one language, `number` counted from 1; without a text it says that ours is to be used again."""

    id: int
    name: str
    locale: str
    number: int
    text: TemplateText | None
    changed_by: str
    created_at: datetime


class Part(StrEnum):
    """Where in a text."""

    SUBJECT = "subject"
    BODY = "body"


@dataclass(frozen=True)
class Finding:
    """What is wrong, or worth a look, at which line of which part; `line` counts from 1."""

    part: Part
    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.part.value.capitalize()}, line {self.line}: {self.sentence}"


CATALOGUE: dict[str, Template] = {
    template.name: template
    for template in (
        Template(_OWN_NAMES.get(message, message.value), message, is_locked=message not in VARIABLES)
        for message in Message
    )
}
"""What every office has from the start, one for each message; the mails that set a user up are locked (S2.16)."""


def builtin(message: Message) -> Template:
    """The template that a message uses where no other was chosen."""
    return CATALOGUE[_OWN_NAMES.get(message, message.value)]


def new_template(name: str, existing: Iterable[Template]) -> Template:
    """One more welcome template under a name of the office's own (S1.14).

    Raises:
        Invalid: `template_name`; Conflict: `template_taken`.
    """
    if not _NAME.fullmatch(name):
        sentence = "A template's name has 3 to 60 letters, digits, hyphens and underscores, such as growers-welcome."
        raise Invalid("template_name", sentence, field="name")
    if name in {template.name for template in existing} | set(Message):
        raise Conflict("template_taken", f"There is a template {name} already. Names are keys: choose another.")
    return Template(name, Message.WELCOME)


def find(name: str, existing: Sequence[Template]) -> Template:
    """The template of that name.

    Raises:
        NotFound: `no_such_template`, with the names that come nearest.
    """
    for template in existing:
        if template.name == name:
            return template
    raise NotFound("no_such_template", _unknown(name, existing))


def find_welcome(name: str, existing: Sequence[Template]) -> Template:
    """The welcome template that somebody chose for an invitation (S1.14, S1.16).

    Raises:
        Invalid: `unknown_template`, with the names that come nearest.
    """
    welcomes = [template for template in existing if template.message is Message.WELCOME]
    for template in welcomes:
        if template.name == name:
            return template
    raise Invalid("unknown_template", _unknown(name, welcomes), field="template")


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """The known names that `name` may be a slip of, likeliest first, whatever their case."""
    by_key = {each.casefold(): each for each in known}
    return [by_key[key] for key in get_close_matches(name.casefold(), by_key, n=3, cutoff=0.5)]


def _unknown(name: str, existing: Iterable[Template]) -> str:
    names = sorted(template.name for template in existing)
    close = nearest(name[:60], names)
    remedy = f"Did you mean {' or '.join(close)}?" if close else f"Choose from: {', '.join(names)}."
    return f"There is no template {name[:60]!r} in this office. {remedy}"


def require_unlocked(template: Template) -> None:
    """Refuse where the text is ours alone (S2.16).

    Raises:
        Forbidden: `template_locked`.
    """
    if template.is_locked:
        sentence = f"The text of {template.name} is the same for every office and cannot be changed."
        raise Forbidden("template_locked", sentence)


def require_usable(findings: Sequence[Finding]) -> None:
    """Refuse a text that has faults, naming them all.

    Raises:
        Invalid: `template_refused`.
    """
    if findings:
        sentence = "\n".join(str(finding) for finding in findings)
        raise Invalid("template_refused", sentence, field=findings[0].part.value)
