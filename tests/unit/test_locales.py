"""Three languages, complete: the catalogues against what the templates say, and every mail of each language."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.frontend import CommandLineInterface
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from doorstep.domain.messages import Letter
from doorstep.domain.messages import Message as Key
from doorstep.mail.compose import compose
from doorstep.mail.examples import OFFICE, example
from doorstep.mail.moments import TRANSLATED
from doorstep.mail.rendering import render
from doorstep.mail.translations import CATALOGUES as MAIL

ROOT = Path(__file__).parents[2]
FILES = sorted([*ROOT.glob("doorstep/*/locale/*/LC_MESSAGES/*.po"), *ROOT.glob("web/locale/*/LC_MESSAGES/*.po")])
OFFICES = {"es_MX": "America/Mexico_City", "de_AT": "Europe/Vienna"}
PLACEHOLDER = r"%\((\w+)\)s"
COMMANDS = {"approve", "doorstep", "enable", "hub", "permissions", "readdress", "team", "temporal"}
"""Names that no language changes: those of commands, and of the Team Hub."""
SAME_AS_ENGLISH = {"es_MX": {"decide"}, "de_AT": {"code", "link", "mail", "november", "person", "workflow"}}
"""Words of a language that happen to be English ones too."""

WAYS: dict[Key, list[dict[str, object]]] = {
    Key.INVITATION: [{"is_resent": True}, {"is_existing": True}, {"is_existing": True, "is_resent": True}],
    Key.REMINDER: [{"is_existing": True}],
    Key.SET_UP_RECEIVED: [{"is_existing": True}],
    Key.APPROVAL_NEEDED: [{"is_existing": True}, {"workflow_url": "", "accounts": [], "permissions": []}],
    Key.APPROVAL_REMINDER: [{"is_existing": True}],
    Key.APPROVAL_ESCALATION: [{"is_existing": True}],
    Key.WELCOME: [{"is_new_user": True}, {"grants": []}, {"grants": [("1042", "", [])]}],
    Key.WELCOME_EXISTING: [{"grants": [], "office_name": ""}],
    Key.SET_PASSWORD: [{"staff_username": ""}],
    Key.BOUNCE_NOTICE: [
        {"is_text": True},
        {"went_by": "text", "went_to": "+64215550142"},
        {"is_text": True, "went_by": "mail", "went_to": "ana@example.org"},
        {"is_about_link": False},
        {"is_about_link": False, "is_text": True},
    ],
    Key.REJECTED: [{"is_existing": True}, dict.fromkeys(["help_email", "help_phone"], "")],
    Key.STAFF_LINK: [{"is_first": False}],
    Key.STAFF_CODE_OFF: [dict.fromkeys(["help_email", "help_phone"], "")],
    Key.PASSWORD_CHANGED: [{"help_email": ""}, {"help_phone": ""}, dict.fromkeys(OFFICE, "")],
}
"""How else a message may come out, beside its example."""

every_catalogue = pytest.mark.parametrize("file", FILES, ids=[f"{file.stem}-{file.parts[-3]}" for file in FILES])
every_way = pytest.mark.parametrize(
    ("key", "changes"), [(key, changes) for key in Key for changes in [{}, *WAYS.get(key, [])]]
)
every_language = pytest.mark.parametrize("locale", OFFICES)


def catalogue(file: Path) -> Catalog:
    """What a language says."""
    return read_po(BytesIO(file.read_bytes()), locale=file.parts[-3])


@cache
def extracted(package: Path) -> Catalog:
    """What the templates and the code of a package ask to be translated, as `make messages` finds it."""
    with TemporaryDirectory() as folder:
        found = Path(folder) / "found.pot"
        mapping = ["--mapping", str(ROOT / "pyproject.toml")]
        command = ["pybabel", "--quiet", "extract", *mapping, "--output", str(found), str(package)]
        CommandLineInterface().run(command)  # type: ignore[no-untyped-call] # Babel types all but its command line
        return read_po(BytesIO(found.read_bytes()))


def entries(found: Catalog) -> Iterator[tuple[Message, list[str], list[str]]]:
    """The messages with their English forms and their translated ones."""
    for message in found:
        if message.id:
            asked, said = message.id, message.string
            yield message, forms_of(asked), forms_of(said)


def forms_of(text: str | Iterable[str] | None) -> list[str]:
    """The singular and the plural of a text, or its only form."""
    return [text] if isinstance(text, str) else [*(text or ())]


def marks(text: str) -> tuple[set[str], list[str]]:
    """The placeholders and the tags of a text."""
    return set(re.findall(PLACEHOLDER, text)), sorted(re.findall(r"<[^>]*>", text))


def bare(text: str) -> str:
    """A text without its tags, in one kind of quotes and of letters, and without the mark at its end."""
    return re.sub("[«»„“”]", '"', re.sub(r"<[^>]*>", "", text)).rstrip(".:").casefold()


def letter(key: Key, locale: str, **changes: object) -> Letter:
    """The example in the language of an office; the reason, which people type, says nothing in any language."""
    typed: dict[str, object] = {"reason": "Qqq"} if key is Key.REJECTED else {}
    given = example(key, **(typed | {"username": "ana.ruiz"} | changes))
    return replace(given, locale=locale, time_zone=OFFICES.get(locale, given.time_zone))


def seen(of: Letter) -> str:
    """All that a reader sees of a mail: subject, text, and the words of the HTML."""
    rendered = render(of)
    html = re.sub(r"<[^>]+>", " ", re.sub(r"(?s)<(style|title)\b.*?</\1>", "", rendered.html))
    return " ".join(f"{rendered.subject} {rendered.text} {html}".split())


def words(text: str) -> set[str]:
    """The words of a text that are long enough to belong to one language."""
    return set(re.findall(r"[^\W\d_]{4,}", text.casefold()))


def test_the_languages_of_the_mails_have_catalogues() -> None:
    """A language that is called translated has its words, beside English, which stands in the templates."""
    assert {path.name for path in MAIL.iterdir()} | {"en"} == TRANSLATED
    assert FILES


@every_catalogue
def test_a_catalogue_has_every_message_and_no_other(file: Path) -> None:
    """What was added to a template is translated, and what was taken out is gone; nothing is a guess or empty."""
    said = catalogue(file)

    asked = {message.id for message, _, _ in entries(extracted(file.parents[3]))}
    assert asked
    assert {message.id for message, _, _ in entries(said)} == asked
    assert not [message.id for message, _, forms in entries(said) if message.fuzzy or not all(forms)]


@every_catalogue
def test_a_translation_keeps_placeholders_and_tags(file: Path) -> None:
    """A value that is left out, or asked for under another name, would spoil the message or stop it."""
    for _, asked, said in entries(catalogue(file)):
        expected = marks(asked[-1])
        assert all(marks(form) == expected for form in (*asked, *said)), asked
        assert all("%" not in re.sub(PLACEHOLDER, "", form) for form in said), asked


@every_catalogue
def test_a_sentence_is_translated_the_same_in_both_parts(file: Path) -> None:
    """Where the HTML and the text part say the same, with other quotes or emphasis, so do their translations."""
    said: dict[str, set[str]] = {}
    for _, asked, forms in entries(catalogue(file)):
        for english, form in zip(asked, forms, strict=True):
            said.setdefault(bare(english), set()).add(bare(form))

    assert not [english for english, forms in said.items() if len(forms) > 1]


@every_catalogue
def test_a_compiled_catalogue_is_the_one_that_is_written(file: Path) -> None:
    """What is read at run time is compiled from what people translate; `make messages` does it."""
    compiled = BytesIO()

    write_mo(compiled, catalogue(file))

    assert file.with_suffix(".mo").read_bytes() == compiled.getvalue()


@every_language
@every_way
def test_no_sentence_of_a_mail_is_left_in_english(key: Key, changes: dict[str, object], locale: str) -> None:
    """Each message in each of its ways holds no piece of an English sentence that the catalogue translates."""
    said = catalogue(MAIL / locale[:2] / "LC_MESSAGES" / "mail.po")
    pieces = {
        piece.strip(" .,:;")
        for _, asked, _ in entries(said)
        for english in asked
        for piece in re.split(rf"{PLACEHOLDER}|<[^>]*>", english)
        if piece and len(piece.split()) > 1
    }

    text = seen(letter(key, locale, **changes))

    assert not [piece for piece in pieces if piece in text]


@every_language
@every_way
def test_no_word_of_a_mail_is_left_in_english(key: Key, changes: dict[str, object], locale: str) -> None:
    """No word stands in the English mail and in the translated one, but for names, lines to copy and a few others."""
    given = letter(key, locale, **changes)
    names = words(f"{given.recipient_name} {given.values}") | COMMANDS | SAME_AS_ENGLISH[locale]

    english, translated = words(seen(letter(key, "en_NZ", **changes))), words(seen(given))

    assert translated - names
    assert english & translated - names == set()


@pytest.mark.parametrize(
    ("locale", "language", "moment"),
    [
        ("es_MX", "es-MX", "hasta el sábado, 21 de noviembre de 2026 a las 8:04 p.m. UTC-06:00"),
        ("de_AT", "de-AT", "bis Sonntag, 22. November 2026 um 03:04 Uhr MEZ (UTC+01:00)"),
        ("fr_FR", "en-FR", "until Sunday, 22 November 2026 at 15:04 UTC+13:00"),
    ],
)
def test_s2_15_a_mail_is_in_one_language(locale: str, language: str, moment: str) -> None:
    """S2.15: text, dates and the language that the mail names for itself follow the office; English for the others."""
    mail = compose(letter(Key.INVITATION, locale))

    assert mail["Content-Language"] == language
    assert f'<html lang="{language}">' in render(letter(Key.INVITATION, locale)).html
    assert moment in seen(letter(Key.INVITATION, locale))


@every_language
@every_way
def test_t15_placeholders_in_what_people_type_stay_as_typed(key: Key, changes: dict[str, object], locale: str) -> None:
    """T14, T15: a name that looks like a placeholder, a tag or a template is a name in every language."""
    typed = "%(portal)s %s %% <b>{{ 7*7 }}</b>"
    people = dict.fromkeys(("recipient_name", "invitee_name", "username", "reason", "office_name"), typed)

    rendered = render(letter(key, locale, **(changes | people)))

    assert typed in " ".join(rendered.text.split())
    assert "<b>" not in rendered.html
    assert "49" not in rendered.text
