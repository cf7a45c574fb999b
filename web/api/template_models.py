"""Templates of the office as systems see and change them."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, StringConstraints

from doorstep.domain.templates import TemplateVersion
from doorstep.store.templates import OURS
from starter.template_previews import Preview
from starter.templates import TemplateRow, TemplateSheet
from web.api.texts import NO_NUL, Answer, Code, Request

VERSION: dict[str, Any] = {
    "locale": "en",
    "version": 3,
    "subject": "Welcome to {{ office_name }}",
    "body": "Kia ora {{ name }}.\n\n[Sign in]({{ sign_in_url }})",
    "changed_by": "clerk@kauri.example",
    "created_at": "2026-11-22T08:00:00Z",
}
TEMPLATE: dict[str, Any] = {
    "name": "accountactivation-EJS",
    "message": "welcome",
    "is_locked": False,
    "texts": [VERSION],
}
SHEET: dict[str, Any] = {
    "name": "accountactivation-EJS",
    "message": "welcome",
    "is_locked": False,
    "locale": "en",
    "version": 3,
    "subject": VERSION["subject"],
    "body": VERSION["body"],
    "variables": ["name", "office_name", "sign_in_url"],
    "required": ["sign_in_url"],
}
PREVIEW: dict[str, Any] = {"subject": "Welcome", "text": "Kia ora", "html": "<p>Kia ora</p>", "warnings": []}
LONGEST_TEXT = 20_000
Text = Annotated[str, StringConstraints(max_length=LONGEST_TEXT, pattern=NO_NUL)]
Subject = Annotated[str, StringConstraints(max_length=1000, pattern=NO_NUL)]


class NewTemplate(Request):
    """One more welcome message under a name of the office's own."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "growers-welcome"}]})

    name: Annotated[Code, Field(description="Its key, which never changes: 3 to 60 letters, digits, - and _.")]
    like: Annotated[Code | None, Field(description="Whose texts it begins with.")] = None


class TemplateText(Request):
    """What the office writes in place of our text."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"subject": "Welcome", "body": VERSION["body"]}]})

    subject: Annotated[Subject, Field(description="One line; names in double braces are filled in.")]
    body: Annotated[Text, Field(description="Markdown; names in double braces are filled in.")]


class Restoration(Request):
    """Which version becomes the newest one again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"version": 2}]})

    version: Annotated[int, Field(ge=0, le=1_000_000, description="Its number; 0 is our own text.")]


class TemplateVersionAnswer(Answer):
    """One version in one language; texts that are null say that ours is used."""

    model_config = ConfigDict(json_schema_extra={"examples": [VERSION]})

    locale: Annotated[str, Field(description="The language.")]
    version: Annotated[int, Field(description="Its number, counted from 1.")]
    subject: Annotated[str | None, Field(description="The subject.")]
    body: Annotated[str | None, Field(description="The text.")]
    changed_by: Annotated[str, Field(description="Who wrote it.")]
    created_at: Annotated[datetime, Field(description="When.")]

    @classmethod
    def of(cls, version: TemplateVersion) -> Self:
        """What is told of a version."""
        return cls(
            locale=version.locale,
            version=version.number,
            subject=version.text and version.text.subject,
            body=version.text and version.text.body,
            changed_by=version.changed_by,
            created_at=version.created_at,
        )


class TemplateVersionsAnswer(Answer):
    """Every version, newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"data": [VERSION]}]})

    data: Annotated[list[TemplateVersionAnswer], Field(description="The versions.")]


class TemplateAnswer(Answer):
    """A template, and the newest version of its text in each language that has one."""

    model_config = ConfigDict(json_schema_extra={"examples": [TEMPLATE]})

    name: Annotated[str, Field(description="Its key.")]
    message: Annotated[str, Field(description="The message that it is for.")]
    is_locked: Annotated[bool, Field(description="Our text is the same for every office.")]
    texts: Annotated[list[TemplateVersionAnswer], Field(description="What the office wrote.")]

    @classmethod
    def of(cls, row: TemplateRow) -> Self:
        """What is told of a template."""
        texts = [TemplateVersionAnswer.of(each) for each in row.texts]
        own = row.template
        return cls(name=own.name, message=own.message, is_locked=own.is_locked, texts=texts)


class TemplatesAnswer(Answer):
    """Every template of the office, the built-in ones first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"data": [TEMPLATE]}]})

    data: Annotated[list[TemplateAnswer], Field(description="The templates.")]


class TemplateSheetAnswer(Answer):
    """A template in one language, and what a text of it may use."""

    model_config = ConfigDict(json_schema_extra={"examples": [SHEET]})

    name: Annotated[str, Field(description="Its key.")]
    message: Annotated[str, Field(description="The message that it is for.")]
    is_locked: Annotated[bool, Field(description="Our text is the same for every office.")]
    locale: Annotated[str, Field(description="The language.")]
    version: Annotated[int, Field(description="The newest version; 0 where the office wrote nothing.")]
    subject: Annotated[str | None, Field(description="The subject; null where ours is used.")]
    body: Annotated[str | None, Field(description="The text; null where ours is used.")]
    variables: Annotated[list[str], Field(description="The names that a text may use.")]
    required: Annotated[list[str], Field(description="Those that it must use.")]

    @classmethod
    def of(cls, sheet: TemplateSheet) -> Self:
        """What is told of a template in one language."""
        own, text = sheet.template, sheet.version and sheet.version.text
        return cls(
            name=own.name,
            message=own.message,
            is_locked=own.is_locked,
            locale=sheet.locale,
            version=edition_of(sheet),
            subject=text and text.subject,
            body=text and text.body,
            variables=sorted(sheet.variables),
            required=list(sheet.required),
        )


def edition_of(sheet: TemplateSheet) -> int:
    """The number of the newest version, which a change is made for."""
    return OURS if sheet.version is None else sheet.version.number


class PreviewAnswer(Answer):
    """A mail as it would go out, filled with example data."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"subject": "Welcome", "text": "Kia ora", "html": "<p>Kia ora</p>", "warnings": []}]
        }
    )

    subject: Annotated[str, Field(description="The subject.")]
    text: Annotated[str, Field(description="The plain text.")]
    html: Annotated[str, Field(description="The page that mail programs show.")]
    warnings: Annotated[list[str], Field(description="What is worth a look.")]

    @classmethod
    def of(cls, preview: Preview) -> Self:
        """What is told of a preview."""
        return cls(subject=preview.subject, text=preview.text, html=preview.html, warnings=list(preview.warnings))
