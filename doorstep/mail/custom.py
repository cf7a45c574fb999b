"""The texts of offices: what is wrong with one before it is saved, and what is worth a look (T14, S2.20, S4.14)."""

import unicodedata
from collections.abc import Iterator
from dataclasses import replace

from doorstep.domain.messages import CustomText, Letter, Message
from doorstep.domain.template_variables import REQUIRED, VARIABLES, Kind, Variable
from doorstep.domain.templates import Finding, Part, TemplateText
from doorstep.mail import custom_markdown
from doorstep.mail.custom_paths import missing, unasked
from doorstep.mail.custom_rendering import render
from doorstep.mail.custom_skeleton import skeleton
from doorstep.mail.custom_syntax import parse
from doorstep.mail.custom_values import clean, environment
from doorstep.mail.examples import example
from doorstep.mail.rendering import TemplateBroken

__all__ = ["check", "render", "tidied", "warnings"]

LONGEST = {Part.SUBJECT: 400, Part.BODY: 10_000}
LONG_SUBJECT = 78


def tidied(subject: str, body: str) -> TemplateText:
    """A text as it is kept: one kind of line end, no blanks at the end."""
    return TemplateText(clean(subject).strip(), clean(body).rstrip())


def check(message: Message, subject: str, body: str) -> list[Finding]:
    """Everything that is wrong with a text, from top to bottom; the message is one that can be customised."""
    parts = {Part.SUBJECT: clean(subject), Part.BODY: clean(body)}
    findings = [finding for part, source in parts.items() for finding in _measured(part, source)]
    if findings:
        return findings
    findings = [finding for part, source in parts.items() for finding in _read(message, part, source)]
    findings = findings or list(_tried(message, CustomText("", 0, subject, body)))
    return sorted(set(findings), key=lambda finding: (finding.part is Part.BODY, finding.line, finding.sentence))


def warnings(message: Message, subject: str, body: str) -> list[Finding]:
    """What a sound text could do better."""
    found: list[Finding] = []
    for part, source in ((Part.SUBJECT, clean(subject)), (Part.BODY, clean(body))):
        tree, _ = parse(environment(), part, source, VARIABLES[message])
        found += unasked(part, message, tree) if tree else []
    shown = render(example(message), CustomText("", 0, subject, body)).subject
    if len(shown) > LONG_SUBJECT:
        found.append(Finding(Part.SUBJECT, 1, f"With the example data it has {len(shown)} characters; phones cut it."))
    return found


def _measured(part: Part, source: str) -> Iterator[Finding]:
    if not source.strip():
        yield Finding(part, 1, f"The {part} is empty.")
    if len(source) > LONGEST[part]:
        yield Finding(part, 1, f"The {part} has {len(source)} characters, and there is room for {LONGEST[part]}.")
    for number, line in enumerate(source.split("\n"), 1):
        if any(unicodedata.category(each) in {"Cc", "Cs"} for each in line.replace("\t", " ")):
            yield Finding(part, number, "There is a character that cannot be sent; write the line anew.")
    if part is Part.SUBJECT and "\n" in source.strip():
        yield Finding(part, 2, "A subject is one line.")


def _read(message: Message, part: Part, source: str) -> Iterator[Finding]:
    tree, findings = parse(environment(), part, source, VARIABLES[message])
    yield from findings
    if tree is not None and part is Part.BODY:
        text, kinds = skeleton(source, VARIABLES[message])
        yield from (Finding(part, line, sentence) for line, sentence in custom_markdown.faults(text, kinds))
        yield from missing(message, tree, len(source.rstrip().split("\n")))


def _tried(message: Message, custom: CustomText) -> Iterator[Finding]:
    """What goes wrong with the examples, however sound the text looks."""
    for letter in _examples(message):
        try:
            made = render(letter, custom)
        except TemplateBroken as broken:
            yield Finding(Part.BODY, max(broken.line, 1), "With the example data this cannot be made into a mail.")
            continue
        if not made.subject:
            yield Finding(Part.SUBJECT, 1, "With some of the example data the subject is empty.")
        wanted = [str(letter.values[name]) for name in REQUIRED.get(message, ()) if letter.values.get(name)]
        if wanted and not any(value in made.text for value in wanted):
            yield Finding(Part.BODY, 1, "With some of the example data the link is missing.")


def _examples(message: Message) -> Iterator[Letter]:
    """The example letter as it is, without all that may be missing, and with every answer the other way round."""
    letter = example(message)
    yield letter
    empty = {name: _empty(variable) for name, variable in VARIABLES[message].items() if variable.may_be_empty}
    yield replace(letter, recipient_name="", values={**letter.values, **empty})
    flags = {name: not value for name, value in letter.values.items() if isinstance(value, bool)}
    yield replace(letter, values={**letter.values, **flags})


def _empty(variable: Variable) -> object:
    return [] if variable.kind in {Kind.SECTIONS, Kind.ACCOUNTS, Kind.GRANTS} else ""
