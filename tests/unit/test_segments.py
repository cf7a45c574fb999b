"""How many messages a text makes: the figures of GSM 03.38, of its extension table, and of UCS-2."""

import pytest

from doorstep.text.alphabet import BASIC, EXTENSION, LOOKALIKES, plain
from doorstep.text.segments import Segments, segments, warning


@pytest.mark.parametrize(
    ("text", "count", "units", "per_segment"),
    [
        ("", 1, 0, 160),
        ("a" * 160, 1, 160, 160),
        ("a" * 161, 2, 161, 153),
        ("a" * 306, 2, 306, 153),
        ("a" * 307, 3, 307, 153),
        ("@£$¥èéùìòÇ\nØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà", 1, 42, 160),
        ("€" * 80, 1, 160, 160),
        ("€" * 81, 2, 162, 153),
    ],
)
def test_the_alphabet_of_texts_fits_160_alone_and_153_joined(
    text: str, count: int, units: int, per_segment: int
) -> None:
    """S0.17: characters of GSM 03.38 take a septet each, those of its extension two."""
    assert segments(text) == Segments(count, "gsm7", units, per_segment)


@pytest.mark.parametrize(
    ("text", "count", "units", "per_segment"),
    [
        ("á" + "a" * 69, 1, 70, 70),
        ("á" + "a" * 70, 2, 71, 67),
        ("á" + "a" * 133, 2, 134, 67),
        ("á" + "a" * 134, 3, 135, 67),
        ("😜" * 35, 1, 70, 70),
        ("😜" + "a" * 69, 2, 71, 67),
        # In UCS-2 the extension table is no more: a bracket is a unit like any other.
        ("á" + "[" * 69, 1, 70, 70),
    ],
)
def test_one_character_beyond_it_leaves_70_alone_and_67_joined(
    text: str, count: int, units: int, per_segment: int
) -> None:
    """S0.17: one character outside the alphabet makes all of them 16 bits wide, and an emoji is two of those."""
    assert segments(text) == Segments(count, "ucs2", units, per_segment, (text[0],))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("a" * 152 + "€" + "a" * 151, 2),  # 305 septets, and the escape does not fit into the first segment
        ("a" * 152 + "€" + "a" * 152, 3),
        ("a" * 66 + "😜" + "a" * 65, 2),
        ("a" * 66 + "😜" + "a" * 66, 3),
    ],
)
def test_no_character_is_cut_in_two(text: str, count: int) -> None:
    """S0.17: what takes two units moves into the next segment as a whole, and may leave one unit unused."""
    assert segments(text).count == count


def test_each_culprit_is_named_once_in_order() -> None:
    """S0.17: the characters that rule the alphabet out, as often as they come."""
    assert segments("“Ana” “á”").culprits == ("“", "”", "á")


@pytest.mark.parametrize("text", ["a" * 160, "“Set up your user”", "á" * 70])
def test_one_message_earns_no_warning(text: str) -> None:
    """S0.17: a warning tells of a price, and one message is the lowest there is."""
    assert warning(text) is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("“" + "a" * 90, 'The character “ makes it two messages, not one; use " instead.'),
        (
            "Ana\u2019s “farm” \u2013 " + "a" * 90,
            "The characters \u2019, “, ” and \u2013 make it two messages, not one; use ', \" and - instead.",
        ),
        ("á" + "a" * 90, "The character á makes it two messages, not one."),
        ("\u00a0" + "a" * 90, "The character (no-break space) makes it two messages, not one."),
        ("á" + "a" * 200, "The character á makes it three messages, not two."),
        ("a" * 161, "This makes two messages: it is 1 character longer than fits into one."),
        ("a" * 1600, "This makes 11 messages: it is 1440 characters longer than fits into one."),
    ],
)
def test_a_warning_names_the_characters_that_cost(text: str, sentence: str) -> None:
    """S0.17: whoever writes a text is told which characters make it more than one message, and what to type instead."""
    assert warning(text) == sentence


def test_what_typesetters_use_becomes_plain() -> None:
    """S0.17: quotation marks, dashes and blanks of another kind never double the price; letters are left alone."""
    assert plain("“Ana\u2019s” \u2013 Ōtaki…\u202f") == '"Ana\'s" - Ōtaki... '
    assert set("".join(LOOKALIKES.values())) <= BASIC
    assert not set(LOOKALIKES) & (BASIC | EXTENSION)
