"""The texts themselves: what they say, in which languages, how long they are, and what they never let through."""

from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from doorstep.domain.messages import Letter, Message
from doorstep.mail.examples import PORTAL, example
from doorstep.text.compose import DOMAIN, TEMPLATES, TRANSLATIONS, TextBroken, compose
from doorstep.text.moments import TRANSLATED, absolute, office_zone, text_locale
from doorstep.text.segments import segments

NUMBER = "+64215550142"
MESSAGES = sorted(Message(path.stem) for path in TEMPLATES.glob("*.txt"))
OFFICES = [
    ("en_NZ", "Pacific/Auckland"),
    ("en_US", "America/Chicago"),
    ("es_MX", "America/Mexico_City"),
    ("es_ES", "Europe/Madrid"),
    ("de_DE", "Europe/Berlin"),
]
OPTIONS = {
    "method": "jinja2",
    "newstyle_gettext": "true",
    "trimmed": "true",
    "silent": "false",
}
HOSTILE = "{{7*7}}{% raw %}%(office)s 100%"

every_message = pytest.mark.parametrize("message", MESSAGES)
every_office = pytest.mark.parametrize(("locale", "zone"), OFFICES)


def letter(message: Message, locale: str = "en_NZ", zone: str = "Pacific/Auckland", **changes: object) -> Letter:
    """An example as it goes to a number."""
    given = example(message, **changes)
    return replace(given, recipient_address=NUMBER, locale=locale, time_zone=zone)


def translated(language: str) -> Catalog:
    """The translations of a language, as translators see them."""
    file = TRANSLATIONS / language / "LC_MESSAGES" / f"{DOMAIN}.po"
    return read_po(BytesIO(file.read_bytes()), locale=language)


def test_everything_that_a_person_with_a_number_is_told_has_a_text() -> None:
    """S0.8: from the invitation to the password that was changed, no step needs an e-mail address."""
    to_people = {
        *(Message.INVITATION, Message.REMINDER, Message.READDRESSED_NOTICE, Message.SET_UP_RECEIVED),
        *(Message.APPROVED, Message.REJECTED, Message.WELCOME, Message.WELCOME_EXISTING),
        *(Message.SET_PASSWORD, Message.PASSWORD_RESET, Message.PASSWORD_CHANGED),
    }

    assert set(MESSAGES) == to_people


def test_the_invitation_says_who_what_until_when_and_where() -> None:
    """S0.17: the office first, the end of the link on the office's clock with its zone named, and the link last."""
    said = compose(letter(Message.INVITATION))

    assert said == (
        "Riverbend Farm Supplies: you are invited to our customer portal. "
        "Set up your user by 22 Nov, 3:04 pm NZDT (UTC+13). Not for you? Please ignore this. "
        f"{PORTAL}/invitation/7Jq0s3n1mX8bV2kTzYw5RfHcLdQeGaUoPi9NvM4tBxE"
    )


@pytest.mark.parametrize(
    ("locale", "zone", "begins"),
    [
        ("es_MX", "America/Mexico_City", "Riverbend Farm Supplies: le invitamos a nuestro portal de clientes."),
        ("de-DE", "Europe/Berlin", "Riverbend Farm Supplies: Sie sind zu unserem Kundenportal eingeladen."),
        ("fr_FR", "Europe/Paris", "Riverbend Farm Supplies: you are invited to our customer portal."),
        ("no such", "nowhere", "Riverbend Farm Supplies: you are invited to our customer portal."),
    ],
)
def test_an_office_writes_in_its_language(locale: str, zone: str, begins: str) -> None:
    """S2.15: texts speak the language of the office where there is one of it, and English elsewhere."""
    assert compose(letter(Message.INVITATION, locale, zone)).startswith(begins)


@every_message
@every_office
def test_ours_never_leave_the_alphabet_of_texts(message: Message, locale: str, zone: str) -> None:
    """S0.17: no word of ours doubles the price of a text, in any language, dates and blanks included."""
    assert segments(compose(letter(message, locale, zone))).culprits == ()


@every_message
@every_office
def test_one_message_is_enough_where_there_is_no_link_of_the_persons_own(
    message: Message, locale: str, zone: str
) -> None:
    """S0.17: a link with a token is 87 characters long and makes it two messages, and so does a reason; no more."""
    said = compose(letter(message, locale, zone))
    is_long = "/invitation/" in said or "/reset/" in said or message is Message.REJECTED

    assert segments(said).count == (2 if is_long else 1)


@every_message
def test_the_longest_office_makes_two_at_most(message: Message) -> None:
    """S0.17: neither the name of an office nor the words of an administrator make a text longer than two messages."""
    longest = {"office_name": "Long Name Incorporated " * 9, "reason": "because " * 60}

    assert segments(compose(letter(message, **longest))).count <= 2


@every_message
def test_the_same_letter_is_the_same_text(message: Message) -> None:
    """F15: a second copy says the very same, so that it does no harm."""
    assert compose(letter(message)) == compose(letter(message))


@every_message
def test_t14_what_people_typed_is_no_template(message: Message) -> None:
    """T14: braces and percent signs in a name or a reason arrive as they were typed."""
    said = compose(letter(message, office_name=HOSTILE, reason=HOSTILE))

    assert said.startswith(HOSTILE)


def test_t16_what_people_typed_stays_one_line_and_visible() -> None:
    """T16: line breaks become blanks; what hides letters or turns them around is left out, and quotes become plain."""
    said = compose(letter(Message.SET_UP_RECEIVED, office_name="Ana\u2019s\r\n\u202eFarm\u200b\x00 “Supplies”"))

    assert said.startswith('Ana\'s Farm "Supplies": thank you')


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", ""])
def test_t15_a_link_that_is_none_is_not_sent(link: str) -> None:
    """T15: nothing but an address that a browser opens goes out as a link."""
    with pytest.raises(TextBroken):
        compose(letter(Message.INVITATION, link=link))


def test_a_message_to_staff_has_no_text() -> None:
    """F16: a message that is not meant for numbers is a fault of ours, told without anything it holds."""
    with pytest.raises(TextBroken) as caught:
        compose(letter(Message.APPROVAL_NEEDED))

    assert str(caught.value) == "The text approval_needed cannot be made: approval_needed.txt."
    assert caught.value.__context__ is None


def test_f16_a_broken_template_tells_nothing_of_what_it_held(tmp_path: Path) -> None:
    """F16: a template that asks for what the letter lacks says which message, and not a word of its values."""
    (tmp_path / "invitation.txt").write_text("{{ link }} {{ nothing }}", encoding="utf-8")

    with pytest.raises(TextBroken) as caught:
        compose(letter(Message.INVITATION), tmp_path)

    assert str(caught.value) == "The text invitation cannot be made: invitation.txt."
    assert caught.value.__context__ is None


def test_two_users_of_one_person_are_both_named() -> None:
    """S4.9: the link that sets the passwords tells which users they are for; without a second one there is one."""
    both = compose(letter(Message.SET_PASSWORD, username="ruiz", staff_username="ruizS"))
    one = compose(letter(Message.SET_PASSWORD, username="ruiz", staff_username=""))

    assert "your users ruiz and ruizS are ready" in both
    assert "your user ruiz is ready" in one


@pytest.mark.parametrize(
    ("locale", "zone", "words"),
    [
        ("en_NZ", "Pacific/Auckland", "22 Nov, 3:04\u202fpm NZDT (UTC+13)"),
        ("en_US", "America/New_York", "Nov 21, 9:04\u202fPM EST (UTC-5)"),
        ("en_CA", "America/St_Johns", "Nov 21, 10:34\u202fp.m. NST (UTC-3:30)"),
        ("es_ES", "Europe/Madrid", "22 nov, 3:04 CET (UTC+1)"),
        ("de_DE", "Europe/Berlin", "22. Nov., 03:04 MEZ (UTC+1)"),
        ("en_GB", "Europe/London", "22 Nov, 02:04 GMT (UTC)"),
        ("en_GB", "Nowhere/Else", "22 Nov, 02:04 UTC"),
    ],
)
def test_a_moment_names_its_zone(locale: str, zone: str, words: str) -> None:
    """S2.15: a date is written as the office's country does, with its zone beside it."""
    said = absolute(datetime(2026, 11, 22, 2, 4, tzinfo=UTC), text_locale(locale), office_zone(zone))

    assert said == words


def test_a_moment_without_a_zone_is_refused() -> None:
    """F19: a naive moment would be read on the clock of whatever machine composes the text."""
    with pytest.raises(ValueError, match="zone"):
        absolute(datetime(2026, 11, 22, 2, 4), text_locale("en"), office_zone("UTC"))  # noqa: DTZ001 - the point


@pytest.mark.parametrize("language", sorted(TRANSLATED - {"en"}))
def test_a_language_has_every_text(language: str) -> None:
    """S2.15: no text is missing in a language, none is a guess, and none is left over; `make messages` mends it."""
    catalogue = translated(language)
    wanted = {found[2] for found in extract_from_dir(TEMPLATES, [("**.txt", "jinja2")], {"**.txt": OPTIONS})}

    told = {message.id: message for message in catalogue if message.id}
    assert set(told) == wanted
    assert [message.id for message in told.values() if message.fuzzy or not message.string] == []
    assert [message.id for message in told.values() if any(message.check(catalogue))] == []


@pytest.mark.parametrize("language", sorted(TRANSLATED - {"en"}))
def test_what_is_compiled_is_what_was_translated(language: str) -> None:
    """S2.15: the compiled catalogue is that of the translations beside it; `make messages` compiles it."""
    fresh = BytesIO()

    write_mo(fresh, translated(language))

    assert (TRANSLATIONS / language / "LC_MESSAGES" / f"{DOMAIN}.mo").read_bytes() == fresh.getvalue()
