"""The texts of an office: shown, checked, previewed, set, and taken back to an earlier version."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import RenderableType

from doorstep.domain.errors import Invalid
from doorstep.domain.templates import Finding, TemplateText, TemplateVersion
from starter.commands.answers import REFUSED, Answer, As, command
from starter.commands.printing import iso, local, pairs, table
from starter.commands.session import ask

if TYPE_CHECKING:
    from starter.client import Doorstep
    from starter.template_previews import Preview
    from starter.templates import TemplateRow, TemplateSheet

app = typer.Typer(help="What an office writes in place of our texts.", no_args_is_help=True)
OUR_TEXT = "our own text"
STDIN = "-"


def read_body(file: str) -> str:
    """The text of a file, or of the standard input.

    Raises:
        typer.BadParameter: it cannot be read, or is no text in UTF-8.
    """
    try:
        content = sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()
        return content.decode("utf-8-sig")
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise typer.BadParameter(f"{file} is no text in UTF-8.") from None


Office = Annotated[str, typer.Argument(metavar="OFFICE", help="The office, such as nz.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The template, such as accountactivation-EJS.")]
NewName = Annotated[str, typer.Argument(metavar="NAME", help="What to call it, for good: letters, digits, - and _.")]
Number = Annotated[int, typer.Argument(metavar="VERSION", min=0, help="The number of the version; 0 is our own text.")]
Language = Annotated[
    str | None,
    typer.Option(
        "--locale", metavar="LOCALE", help="The language of the text, such as de or es_MX; else the office's."
    ),
]
Subject = Annotated[str, typer.Option("--subject", metavar="TEXT", help="The subject, one line.", show_default=False)]
Body = Annotated[
    str,
    typer.Option("--body-file", metavar="FILE", parser=read_body, help="The body in Markdown; `-` reads stdin."),
]
DraftSubject = Annotated[str | None, typer.Option("--subject", metavar="TEXT", help="A subject not saved yet.")]
DraftBody = Annotated[
    str | None, typer.Option("--body-file", metavar="FILE", parser=read_body, help="A body not saved yet.")
]
HtmlFile = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", dir_okay=False, help="Write the HTML part to this file.")
]
Like = Annotated[str | None, typer.Option("--like", metavar="NAME", help="Begin with the texts of this template.")]


@command(app, "list")
def list_(office: Office, actor: As = "") -> Answer:
    """Every template of an office, and which texts are its own."""
    found = ask(lambda doorstep: doorstep.templates(office), actor=actor)
    rows = [(row.template.name, row.template.message.value, _standing(row)) for row in found]
    shown = table(("name", "message", "text"), rows)
    return Answer({"office": office, "templates": [_in_a_list(row) for row in found]}, [shown])


@command(app)
def show(office: Office, name: Name, locale: Language = None, actor: As = "") -> Answer:
    """The text of a template, and the names that a text of it may use."""

    async def work(doorstep: "Doorstep") -> "tuple[TemplateSheet, str]":
        return await doorstep.template(office, name, locale=locale), await _zone(doorstep, office)

    found, zone = ask(work, actor=actor)
    return Answer(_sheet(found), _shown(found, zone))


@command(app, "set")
def set_(office: Office, name: Name, subject: Subject, body: Body, locale: Language = None, actor: As = "") -> Answer:
    """Save a text; mails go out with it from now on. A text with a fault is refused, with the line of each."""
    found = ask(
        lambda doorstep: doorstep.template_set(office, name, subject=subject, body=body, locale=locale), actor=actor
    )
    return Answer(_version(found), [f"{found.name} ({found.locale}) has version {found.number} now."])


@command(app)
def add(office: Office, name: NewName, like: Like = None, actor: As = "") -> Answer:
    """Make one more welcome template, to be chosen in an invitation."""
    made = ask(lambda doorstep: doorstep.template_add(office, name, like=like), actor=actor)
    said = f"{made.name} is there. Choose it: doorstep invite --office {office} --template {made.name} …"
    return Answer({"office": office, "name": made.name, "message": made.message.value}, [said])


@command(app)
def check(office: Office, name: Name, subject: Subject, body: Body, actor: As = "") -> Answer:
    """Say what is wrong with a text, and save nothing; exits with 1 where something is."""
    found = ask(lambda doorstep: doorstep.template_check(office, name, subject=subject, body=body), actor=actor)
    said = [str(finding) for finding in found] or ["Nothing is wrong with this text."]
    data = {"is_ok": not found, "findings": [_finding(finding) for finding in found]}
    return Answer(data, said, REFUSED if found else 0)


@command(app)
def preview(
    office: Office,
    name: Name,
    locale: Language = None,
    subject: DraftSubject = None,
    body: DraftBody = None,
    html: HtmlFile = None,
    actor: As = "",
) -> Answer:
    """Show the mail that a template makes of example data: the present text, or one that is not saved yet."""
    if (subject is None) != (body is None):
        raise Invalid("template_refused", "A text has both: --subject and --body-file.", field="subject")
    draft = None if subject is None or body is None else TemplateText(subject, body)

    async def work(doorstep: "Doorstep") -> "Preview":
        return await doorstep.template_preview(office, name, locale=locale, draft=draft)

    found = ask(work, actor=actor)
    if html is not None:
        html.write_text(found.html, encoding="utf-8")
    data = {"subject": found.subject, "text": found.text, "html": found.html, "warnings": list(found.warnings)}
    notes = [f"Worth a look: {warning}" for warning in found.warnings]
    return Answer(data, [f"Subject: {found.subject}", "", found.text.rstrip("\n"), *([""] if notes else []), *notes])


@command(app)
def versions(office: Office, name: Name, locale: Language = None, actor: As = "") -> Answer:
    """Every version of a template, newest first."""

    async def work(doorstep: "Doorstep") -> tuple[list[TemplateVersion], str]:
        return await doorstep.template_versions(office, name, locale=locale), await _zone(doorstep, office)

    found, zone = ask(work, actor=actor)
    rows = [
        (v.locale, v.number, local(v.created_at, zone), v.changed_by, v.text.subject if v.text else OUR_TEXT)
        for v in found
    ]
    shown = table(("language", "version", "saved at", "by", "subject"), rows) if rows else f"{name}: {OUR_TEXT}."
    return Answer({"office": office, "name": name, "versions": [_version(each) for each in found]}, [shown])


@command(app)
def restore(office: Office, name: Name, version: Number, locale: Language = None, actor: As = "") -> Answer:
    """Make an old text the newest version again; 0 goes back to our own text."""
    found = ask(lambda doorstep: doorstep.template_restore(office, name, version, locale=locale), actor=actor)
    said = f"{found.name} ({found.locale}) has version {found.number} now, with the text of version {version}."
    return Answer(_version(found), [said])


async def _zone(doorstep: "Doorstep", office: str) -> str:
    return next(front.time_zone for front in await doorstep.fronts() if front.code == office)


def _standing(row: "TemplateRow") -> str:
    if row.template.is_locked:
        return "locked"
    return ", ".join(f"{v.locale} version {v.number}" for v in row.texts if v.text) or OUR_TEXT


def _in_a_list(row: "TemplateRow") -> dict[str, object]:
    return {
        "name": row.template.name,
        "message": row.template.message.value,
        "is_locked": row.template.is_locked,
        "texts": [{"locale": v.locale, "version": v.number, "is_ours": v.text is None} for v in row.texts],
    }


def _sheet(found: "TemplateSheet") -> dict[str, object]:
    template, version = found.template, found.version
    variables = [
        {"name": name, "kind": each.kind.value, "meaning": each.meaning, "may_be_empty": each.may_be_empty}
        for name, each in found.variables.items()
    ]
    return {
        "name": template.name,
        "message": template.message.value,
        "is_locked": template.is_locked,
        "locale": found.locale,
        "version": version.number if version else 0,
        "subject": version.text.subject if version and version.text else None,
        "body": version.text.body if version and version.text else None,
        "variables": variables,
        "required": list(found.required),
    }


def _shown(found: "TemplateSheet", zone: str) -> Sequence[RenderableType]:
    template, version = found.template, found.version
    text = version.text if version else None
    head = [("name", template.name), ("message", template.message.value), ("language", found.locale)]
    saved = f"{version.number}, saved {local(version.created_at, zone)} by {version.changed_by}" if version else "0"
    if template.is_locked:
        return [pairs(head), "", "Its text is the same for every office and cannot be changed."]
    rows = [
        (name, each.kind.value, each.meaning + (", or empty" if each.may_be_empty else ""))
        for name, each in found.variables.items()
    ]
    needed = f"A text has to show {' or '.join(found.required)}." if found.required else ""
    written = [f"Subject: {text.subject}", "", text.body] if text else [f"{OUR_TEXT.capitalize()} is used."]
    return [pairs([*head, ("version", saved)]), "", *written, "", table(("name", "kind", "what it is"), rows), needed]


def _version(version: TemplateVersion) -> dict[str, object]:
    return {
        "name": version.name,
        "locale": version.locale,
        "version": version.number,
        "is_ours": version.text is None,
        "subject": version.text.subject if version.text else None,
        "body": version.text.body if version.text else None,
        "changed_by": version.changed_by,
        "created_at": iso(version.created_at),
    }


def _finding(finding: Finding) -> dict[str, object]:
    return {"part": finding.part.value, "line": finding.line, "sentence": finding.sentence}
