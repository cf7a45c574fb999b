"""The form of a text: what was typed into it, and what is wrong with it, at which line (T14)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import Field

from doorstep.domain.errors import Invalid, Refused
from doorstep.domain.templates import Finding, Part, TemplateText
from doorstep.store.templates import HIGHEST
from starter.template_pages import TemplatePage
from web.hub.forms import HubForm, Sent, faults_of

REFUSED = "template_refused"


class TextForm(HubForm):
    """A text as it is typed; `seen` is the newest version that was there then."""

    language: str = ""
    seen: int = Field(default=0, ge=0, le=HIGHEST)
    subject: str = ""
    body: str = ""


class RestoreForm(HubForm):
    """Which version goes out again; 0 is our own text."""

    language: str = ""
    seen: int = Field(default=0, ge=0, le=HIGHEST)
    version: int = Field(ge=0, le=HIGHEST)


class NewTemplateForm(HubForm):
    """One more welcome template."""

    name: str = ""
    like: str = ""


@dataclass(frozen=True)
class Typed:
    """What stands in the fields."""

    subject: str = ""
    body: str = ""

    @classmethod
    def of(cls, sent: Sent | None) -> "Typed":
        """What a form sent."""
        return cls() if sent is None else cls(sent.one("subject"), sent.one("body"))

    @classmethod
    def saved(cls, page: TemplatePage) -> "Typed":
        """What the office wrote in this language."""
        text = page.sheet.version.text if page.sheet.version else None
        return cls() if text is None else cls(text.subject, text.body)

    @property
    def draft(self) -> TemplateText | None:
        """The text to look at; nothing at all is none, and then what goes out now is looked at."""
        return TemplateText(self.subject, self.body) if self.subject or self.body else None


def faults_at_lines(findings: Iterable[Finding]) -> dict[str, Invalid]:
    """What to show beside the subject and the body: a line of ours for each line of theirs."""
    by_part: dict[Part, list[str]] = {}
    for finding in findings:
        by_part.setdefault(finding.part, []).append(f"Line {finding.line}: {finding.sentence}")
    return {str(part): Invalid(REFUSED, "\n".join(lines), field=str(part)) for part, lines in by_part.items()}


def faults_for(refusal: Refused, findings: Iterable[Finding]) -> Mapping[str, Refused]:
    """The same for a text that was to be saved; what is about no field is about the form as a whole."""
    found = faults_at_lines(findings)
    if refusal.code == REFUSED and found:
        return found
    return faults_of(refusal) if isinstance(refusal, Invalid) else {"": refusal}
