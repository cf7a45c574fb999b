"""What was typed, checked and as it is kept."""

from babel import Locale, UnknownLocaleError

from doorstep.domain.errors import Invalid
from doorstep.domain.messages import Channel

LONGEST_LINE = 200
LONGEST_NOTE = 1000


def one_line(text: str, field: str) -> str:
    """The text on one line.

    Raises:
        Invalid: `field_invalid`.
    """
    line = " ".join(text.split())
    if len(line) > LONGEST_LINE or not line.isprintable():
        raise Invalid("field_invalid", f"Use at most {LONGEST_LINE} plain characters.", field=field)
    return line


def a_note(text: str) -> str:
    """The reason or note that goes with a step.

    Raises:
        Invalid: `field_too_long`.
    """
    note = text.strip()
    if len(note) > LONGEST_NOTE:
        raise Invalid("field_too_long", f"Use at most {LONGEST_NOTE} characters.", field="reason")
    return note


def channel_named(name: str) -> Channel:
    """The channel of that name (S0.17).

    Raises:
        Invalid: `unknown_channel`.
    """
    try:
        return Channel(name)
    except ValueError:
        raise Invalid("unknown_channel", "The channel is mail or text.", field="channel") from None


def checked_locale(tag: str) -> str:
    """The locale, or nothing.

    Raises:
        Invalid: `locale`.
    """
    try:
        return str(Locale.parse(tag.strip().replace("-", "_"))) if tag.strip() else ""
    except (UnknownLocaleError, ValueError):
        raise Invalid("locale", "Use a locale such as en_NZ, es or de_AT.", field="locale") from None
