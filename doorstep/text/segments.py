"""How many messages the network makes of a text, and the warning where that is more than one.

Written here, because no library that is kept up counts: `gsm0338` is a codec alone, `smsutil` has stood still since
2020, `sms-counter` wants the pydantic of years ago. The rules are short, and stand in 3GPP TS 23.038 and 23.040.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from doorstep.text.alphabet import BASIC, EXTENSION, LOOKALIKES, plain

Encoding = Literal["gsm7", "ucs2"]

ALONE: dict[Encoding, int] = {"gsm7": 160, "ucs2": 70}
JOINED: dict[Encoding, int] = {"gsm7": 153, "ucs2": 67}
"""Units in a segment that belongs to a longer text: six octets of it say where it belongs."""

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_BEYOND_BMP = 0xFFFF


@dataclass(frozen=True)
class Segments:
    """What a text comes to: its segments, its units (septets, or 16 bits), and the characters that rule septets out."""

    count: int
    encoding: Encoding
    units: int
    per_segment: int
    culprits: tuple[str, ...] = ()


def segments(text: str) -> Segments:
    """Count the segments of a text as it stands.

    A character is never cut in two: an escape with its character, or the halves of a surrogate pair, move on together.
    """
    culprits = tuple(dict.fromkeys(character for character in text if character not in BASIC | EXTENSION))
    encoding: Encoding = "ucs2" if culprits else "gsm7"
    widths = [_ucs2_width(each) for each in text] if culprits else [_gsm7_width(each) for each in text]
    units = sum(widths)
    if units <= ALONE[encoding]:
        return Segments(1, encoding, units, ALONE[encoding], culprits)
    return Segments(_filled(widths, JOINED[encoding]), encoding, units, JOINED[encoding], culprits)


def _gsm7_width(character: str) -> int:
    return 2 if character in EXTENSION else 1


def _ucs2_width(character: str) -> int:
    return 2 if ord(character) > _BEYOND_BMP else 1


def _filled(widths: Iterable[int], room: int) -> int:
    count, used = 1, 0
    for width in widths:
        if used + width > room:
            count, used = count + 1, 0
        used += width
    return count


def warning(text: str) -> str | None:
    """A sentence for whoever writes the text where it needs more than one message; none where one is enough.

    It names the characters that make it so: one of them, and 70 instead of 160 characters go into a message.
    """
    found = segments(text)
    if found.count == 1:
        return None
    cleaned = segments("".join(each for each in plain(text) if each in BASIC | EXTENSION))
    if found.culprits and cleaned.count < found.count:
        return _blame(found, cleaned.count)
    over = found.units - ALONE[found.encoding]
    return f"This makes {_messages(found.count)}: it is {over} {_characters(over)} longer than fits into one."


def _blame(found: Segments, otherwise: int) -> str:
    names = _listed([_name(each) for each in found.culprits])
    said = f"The character {names} makes" if len(found.culprits) == 1 else f"The characters {names} make"
    return f"{said} it {_messages(found.count)}, not {_number(otherwise)}{_instead(found.culprits)}."


def _instead(culprits: Iterable[str]) -> str:
    remedies = dict.fromkeys(LOOKALIKES[each] for each in culprits if LOOKALIKES.get(each, "").strip())
    return f"; use {_listed(list(remedies))} instead" if remedies else ""


def _name(character: str) -> str:
    if character.isprintable() and not character.isspace() and not unicodedata.combining(character):
        return character
    return f"({unicodedata.name(character, f'U+{ord(character):04X}').lower()})"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _messages(count: int) -> str:
    return f"{_number(count)} messages"


def _number(count: int) -> str:
    return _NUMBERS[count] if count < len(_NUMBERS) else str(count)


def _characters(count: int) -> str:
    return "character" if count == 1 else "characters"
