"""What single mails must say, to whom, and in which of their ways."""

import re
from dataclasses import replace

import pytest

from doorstep.domain.messages import Message
from doorstep.domain.permissions import SECTIONS
from doorstep.mail.compose import TemplateBroken, compose
from doorstep.mail.examples import ACCOUNTS, OFFICE, PORTAL, example
from doorstep.mail.rendering import Rendered, render
from doorstep.mail.translations import translations

UNTIL = "Sunday, 22 November 2026 at 3:04 pm NZDT (UTC+13:00)"
GUIDED = {Message.INVITATION, Message.APPROVED, Message.WELCOME, Message.WELCOME_EXISTING}
APPROVALS = [Message.APPROVAL_NEEDED, Message.APPROVAL_REMINDER, Message.APPROVAL_ESCALATION]


def rendered(message: Message, locale: str = "en_NZ", **changes: object) -> Rendered:
    """The example of a message in the language of an office."""
    return render(replace(example(message, **changes), locale=locale))


def parts(message: Message, locale: str = "en_NZ", **changes: object) -> list[str]:
    """The words of the text and of the HTML."""
    made = rendered(message, locale, **changes)
    html = re.sub(r"<[^>]+>", "", re.sub(r"(?s)<head>.*</head>", "", made.html))
    return [" ".join(part.split()) for part in (made.text, html)]


def buttons(message: Message, **changes: object) -> list[tuple[str, str]]:
    """Where the buttons lead, and what stands on them."""
    html = rendered(message, "en_NZ", **changes).html
    return re.findall(r'class="button" href="([^"]+)"[^>]*>([^<]+)</a>', html)


def test_s2_17_a_known_person_is_welcomed_with_instructions() -> None:
    """S2.17: which office gave access, to what, and to sign in with what they have; S2.18: no new password."""
    for part in parts(Message.WELCOME_EXISTING):
        assert "Riverbend Farm Supplies has given you access to its customer portal." in part
        assert "Sign in with the username and the password that you already have." in part
        assert all(words in part for words in ("ana.ruiz@lowerflats.example", "1042 Ruiz Orchards", "Grain contracts"))
        assert "Forgotten your password?" in part

    made = rendered(Message.WELCOME_EXISTING)
    assert buttons(Message.WELCOME_EXISTING) == [(f"{PORTAL}/sign-in", "Sign in")]
    assert {f"{PORTAL}/sign-in", f"{PORTAL}/forgot"} <= set(made.text.splitlines())
    assert f'href="{PORTAL}/forgot"' in made.html


@pytest.mark.parametrize("message", [Message.INVITATION, Message.REMINDER])
def test_s2_18_a_known_person_accepts_without_a_new_password(message: Message) -> None:
    """S2.18, decision 5: asked for consent, they accept with the sign-in that they have."""
    heading = re.compile(r"<h1[^>]*>\s*Accept access\s*</h1>")

    made = rendered(message, is_existing=True, username="ana.r")

    assert heading.search(made.html)
    assert buttons(message, is_existing=True) == [(str(example(message).values["link"]), "Accept")]
    for part in parts(message, is_existing=True, username="ana.r"):
        assert "You already have a user, with the username ana.r." in part
        assert "There is no new password to choose." in part
        assert "et up your user" not in part


@pytest.mark.parametrize("message", APPROVALS)
def test_s2_18_an_approver_learns_that_the_user_exists(message: Message) -> None:
    """S2.18: it is told that a yes means a second membership, and nothing claims that a user was set up."""
    for part in parts(message, is_existing=True):
        assert "The user exists already and signs in elsewhere; with your approval it would get a second" in part
        assert "Waiting since" in part
        assert "cannot sign in" not in part
        assert "Set up" not in part

    assert all("second membership" not in part for part in parts(message))


def test_s2_18_a_known_person_keeps_what_they_had() -> None:
    """S2.18, S4.46: who is refused at a second office is not told that their user is gone."""
    for part in parts(Message.REJECTED, is_existing=True):
        assert "Your user stays as it is" in part
        assert "deleted" not in part
    for part in parts(Message.SET_UP_RECEIVED, is_existing=True):
        assert "You have accepted your access to the Riverbend Farm Supplies customer portal" in part


def test_s4_12_the_link_sets_both_passwords() -> None:
    """S4.12, S4.9: both usernames with what they are for (S4.11), and one button to the link."""
    for part in parts(Message.SET_PASSWORD):
        assert re.search(r"Management login:? ruiz .*Staff login:? ruizS ", part)
        assert "it never shows costs, balances or sensitive details" in part

    assert buttons(Message.SET_PASSWORD) == [(str(example(Message.SET_PASSWORD).values["link"]), "Set your passwords")]
    assert (
        rendered(Message.SET_PASSWORD).subject == "Set your passwords for the Riverbend Farm Supplies customer portal"
    )


def test_s4_12_one_login_has_one_password() -> None:
    """S4.12: where there is no staff login the mail speaks of none."""
    for part in parts(Message.SET_PASSWORD, staff_username=""):
        assert "ruiz" in part
        assert not re.search("[Ss]taff|passwords|Management", part)


def test_s4_16_the_link_of_the_password_says_when_it_ends_and_what_then() -> None:
    """S4.13, S4.16: it dies after 24 hours, and the way on is the sign-in page, the username, Forgot password."""
    for part in parts(Message.SET_PASSWORD):
        assert "within 24 hours" in part
        assert "The link works once, " in part
        assert UNTIL in part
        assert re.search(
            'Too late\\? On the sign-in page choose "?Forgot your password\\?"? and enter your username', part
        )

    assert f"{PORTAL}/forgot" in rendered(Message.SET_PASSWORD).text.splitlines()
    assert f'href="{PORTAL}/forgot"' in rendered(Message.SET_PASSWORD).html


def test_s4_12_a_welcome_without_a_password_waits_for_the_second_mail() -> None:
    """S4.12: on way A the welcome comes before there is a password, so it offers no sign-in that would fail."""
    for part in parts(Message.WELCOME, is_new_user=True):
        assert "second mail brings you the link to set your password" in part
        assert "Sign in whenever you like" not in part
        assert f"{PORTAL}/sign-in" in part

    assert not buttons(Message.WELCOME, is_new_user=True)
    assert buttons(Message.WELCOME) == [(f"{PORTAL}/sign-in", "Sign in")]
    assert all("second mail" not in part for part in parts(Message.WELCOME))


@pytest.mark.parametrize("message", list(Message))
def test_s2_24_the_guide_of_an_office_is_linked(message: Message) -> None:
    """S2.24: mails that bring somebody in link the guide, where the office has one."""
    guide = str(OFFICE["client_guide"])

    made, without = rendered(message), rendered(message, client_guide="")

    assert (guide in made.text.splitlines()) == (message in GUIDED)
    assert (f'href="{guide}"' in made.html) == (message in GUIDED)
    assert "guide" not in without.text + without.html


def test_t15_a_guide_that_runs_is_not_mailed() -> None:
    """T15: the address of the guide is an office's to set, and only one that a browser opens is linked."""
    with pytest.raises(TemplateBroken):
        compose(example(Message.WELCOME, client_guide="javascript:alert(1)"))


@pytest.mark.parametrize(
    ("locale", "one", "several"),
    [
        ("en_NZ", ["within 1 hour", "this account"], ["within 24 hours", "these accounts"]),
        ("es_MX", ["plazo de 1 hora", "esta cuenta"], ["plazo de 24 horas", "estas cuentas"]),
        ("de_AT", ["von 1 Stunde", "dieses Kundenkonto:"], ["von 24 Stunden", "diese Kundenkonten:"]),
    ],
)
@pytest.mark.parametrize("message", [Message.INVITATION, Message.REMINDER])
def test_numbers_agree_with_their_nouns(message: Message, locale: str, one: list[str], several: list[str]) -> None:
    """One hour is no plural and one account neither."""
    for part in parts(message, locale, validity_hours=1, accounts=ACCOUNTS[:1]):
        assert all(phrase in part for phrase in one)
        assert not re.search(r"\b1 (hours|horas|Stunden)\b", part)
    for part in parts(message, locale):
        assert all(phrase in part for phrase in several)


@pytest.mark.parametrize("locale", ["es_MX", "de_AT"])
def test_s0_19_sections_have_names_in_every_language(locale: str) -> None:
    """S0.19: whoever is welcomed, or decides, reads what a section is called in the language of the mail."""
    said = translations(locale[:2])
    names = {permission: said.gettext(name) for permission, name in SECTIONS.items()}
    asked = [names[permission] for permission in ("invoices", "statements", "contracts.grain")]

    welcome = rendered(Message.WELCOME, locale, grants=[("1042", "Ruiz Orchards", list(SECTIONS))])

    assert set(names.values()).isdisjoint(SECTIONS.values())
    assert {f"- {name}" for name in names.values()} <= set(welcome.text.splitlines())
    assert set(names.values()) <= set(re.findall(r"<li[^>]*>([^<]*)</li>", welcome.html))
    assert all(", ".join(asked) in part for part in parts(Message.APPROVAL_NEEDED, locale))


@pytest.mark.parametrize(
    ("office", "names"),
    [
        (
            "Riverbend",
            ["the Riverbend customer portal", "portal de clientes de Riverbend", "Kundenportal von Riverbend"],
        ),
        ("The Mill", ["The Mill customer portal", "portal de clientes de The Mill", "Kundenportal von The Mill"]),
        ("", ["the customer portal", "portal de clientes", "Kundenportal"]),
    ],
)
def test_the_portal_is_named_after_its_office(office: str, names: list[str]) -> None:
    """The subject says whose portal it is, with one article at most, also where the office has no name."""
    subjects = [rendered(Message.INVITATION, locale, office_name=office).subject for locale in ("en", "es", "de")]

    assert subjects == [
        f"You are invited to {names[0]}",
        f"Tiene una invitación al {names[1]}",
        f"Sie sind zum {names[2]} eingeladen",
    ]
