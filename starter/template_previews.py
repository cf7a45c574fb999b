"""Mails to look at before they are sent: as they would go out, filled with example data."""

from dataclasses import dataclass, replace

from doorstep.domain.messages import CustomText, Letter
from doorstep.mail import custom, rendering
from doorstep.mail.examples import example
from doorstep.store.offices import Front
from doorstep.store.templates import Place


@dataclass(frozen=True)
class Preview:
    """A mail as it would go out, filled with example data."""

    subject: str
    text: str
    html: str
    warnings: tuple[str, ...]


def example_of(place: Place, office: Front) -> Letter:
    """The example letter of a template, from this office, for a reader of that language."""
    letter = example(place.template.message)
    own = {
        "office_name": office.name,
        "help_email": office.help_email,
        "help_phone": office.help_phone,
        "client_guide": office.client_guide,
    }
    return replace(letter, locale=place.locale, time_zone=office.time_zone, values={**letter.values, **own})


def previewed(letter: Letter, text: CustomText | None) -> Preview:
    """What a letter looks like with the text of the office, or with ours."""
    if text is None:
        made = rendering.render(letter)
        return Preview(made.subject, made.text, made.html, ())
    made = custom.render(letter, text)
    found = custom.warnings(letter.message, text.subject, text.body)
    return Preview(made.subject, made.text, made.html, tuple(map(str, found)))
