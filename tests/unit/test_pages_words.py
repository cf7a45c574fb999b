"""The words of the pages: which language, what a refusal says in it, and the labels that the mails quote."""

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from doorstep.domain.errors import Invalid, Refused, TooMany
from doorstep.mail.moments import TRANSLATED
from doorstep.mail.translations import translations as words_of_mails
from doorstep.security import passwords
from doorstep.store import rates, users
from starter.typed import one_line
from web.languages import CATALOGUES, accepted_locale, translations
from web.wording import SENTENCES, VALUES, said

ENGLISH = Locale("en")
LANGUAGES = sorted(TRANSLATED - {"en"})


def refusals() -> list[Refused]:
    """One of each, as the domain makes them."""
    found: list[Refused] = [users.username_taken()]
    for rule, typed in (
        (users.check_username, "a b"),
        (passwords.check, "short"),
        (passwords.check, "x" * 129),
        (passwords.check, min(passwords._common())),
        (lambda name: one_line(name, "name"), "x" * 201),
    ):
        with pytest.raises(Invalid) as refused:
            rule(typed)
        found.append(refused.value)
    for seconds in (45, 119, 120, 890):
        sentence = f"Too many tries. Wait {rates._words(seconds)} and try again."
        found.append(TooMany("too_many_tries", sentence, retry_after=seconds))
    sentence = "One was sent a moment ago; try again in 45 seconds."
    return [*found, TooMany("too_soon", sentence, retry_after=45)]


@pytest.mark.parametrize("refused", refusals(), ids=lambda refused: refused.code)
def test_a_page_says_what_the_domain_says(refused: Refused) -> None:
    """S0.9, T26: the English of a page is the sentence of whoever refused, to the figure."""
    assert said(refused, ENGLISH) == refused.message


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("refused", refusals(), ids=lambda refused: refused.code)
def test_a_refusal_is_said_in_the_language_of_the_page(refused: Refused, language: str) -> None:
    """S0.9: another sentence in each language, with the same figures and nothing left to fill in."""
    sentence = said(refused, Locale(language))

    assert sentence != refused.message
    assert [part for part in sentence.split() if part.isdigit()] == [
        part for part in refused.message.split() if part.isdigit()
    ]
    assert "%" not in sentence


def test_an_unknown_refusal_keeps_its_words() -> None:
    """S0.9: a refusal that nobody translated yet is said in English, rather than not at all."""
    assert said(Invalid("new_rule", "Use 3 of 4: 75 % is enough.", field="x"), Locale("de")) == (
        "Use 3 of 4: 75 % is enough."
    )
    assert VALUES.keys() <= SENTENCES.keys()


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        ("", "en"),
        ("de", "de"),
        ("DE-at", "de_AT"),
        ("es-419,es;q=0.9,en;q=0.8", "es_419"),
        ("fr-FR, fr;q=0.9, de;q=0.5, en;q=0.4", "de"),
        ("en;q=0.3, es;q=0.4", "es"),
        ("de;q=0, en;q=0.1", "en"),
        ("en-GB;q=0.8, de;q=0.8", "en_GB"),
        ("fr, zh", "en"),
        ("*", "en"),
        ("de;q=high, es;q=0.1", "es"),
        (f"{'fr,' * 40}de", "en"),
    ],
)
def test_a_browser_is_answered_in_what_it_likes_best_of_ours(header: str, locale: str) -> None:
    """S2.15: where no office is known, the language is the one that the browser asks for, if we have it."""
    assert str(accepted_locale(header)) == locale


@given(header=st.text(max_size=200) | st.from_regex(r"(de|es|en)[-_,;=q.0-9a-zA-Z]{0,30}", fullmatch=True))
def test_whatever_a_browser_asks_for_it_gets_a_language_of_ours(header: str) -> None:
    """T06: no `Accept-Language` is a fault of ours."""
    assert accepted_locale(header).language in TRANSLATED


def test_every_language_of_the_mails_has_pages() -> None:
    """S2.15: whoever is written to in a language finds the pages in it."""
    assert {path.name for path in CATALOGUES.iterdir()} | {"en"} == TRANSLATED


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("label", "mail"),
    [
        (
            "This is not for me",
            (
                "Not meant for you? Choose “This is not for me” on that page and we will stop. "
                "Or do nothing: the link ends by itself."
            ),
        ),
        (
            "Forgot your password?",
            (
                'Too late? On the sign-in page choose "Forgot your password?" and enter your username, '
                "and we will mail you a new link. This takes you there:"
            ),
        ),
        ("Username", "Username"),
        ("Management login", "Management login"),
        ("Staff login", "Staff login"),
        ("Sign in", "Sign in"),
        ("Accept access", "Accept access"),
    ],
)
def test_what_a_mail_quotes_is_what_the_page_says(language: str, label: str, mail: str) -> None:
    """S4.16, S2.14: a mail that says "choose ..." names the words that stand on the page."""
    sentence = words_of_mails(language).gettext(mail)

    assert sentence != mail
    assert translations(language).gettext(label) in sentence
