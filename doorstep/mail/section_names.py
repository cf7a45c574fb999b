"""The sections of the portal in the languages of the mails."""

from collections.abc import Iterator

from doorstep.domain.permissions import SECTIONS
from doorstep.mail.translations import translations


def section_name(permission: str, language: str) -> str:
    """What a person reads for a permission; an unknown one as it is."""
    name = SECTIONS.get(permission)
    return translations(language).gettext(name) if name else permission


def extract(*_: object, **__: object) -> Iterator[tuple[int, None, str, list[str]]]:
    """What Babel finds in this file: the domain holds the names as plain data, with no call around them."""
    for name in SECTIONS.values():
        yield 1, None, name, ["Translators: a section of the portal, in a list."]
