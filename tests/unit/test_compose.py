"""What every mail has in common, and what single ones must say."""

import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.domain.messages import Letter, Message
from doorstep.mail.compose import TemplateBroken, compose
from doorstep.mail.examples import OFFICE, VALUES, example
from doorstep.mail.rendering import TEMPLATES

WITHOUT_BUTTON = {
    Message.SET_UP_RECEIVED,
    Message.REJECTED,
    Message.DECLINED_NOTICE,
    Message.READDRESSED_NOTICE,
    Message.BOUNCE_NOTICE,
    Message.WEBHOOK_DISABLED,
}
ABSOLUTE = "Sunday, 22 November 2026 at 3:04 pm NZDT (UTC+13:00)"

every_message = pytest.mark.parametrize("message", list(Message))


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def words_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", re.sub(r"(?s)<head>.*</head>", "", html)).split())


def parsed(mail: EmailMessage) -> EmailMessage:
    again = message_from_bytes(mail.as_bytes(), policy=SMTPUTF8)
    assert isinstance(again, EmailMessage)
    return again


@every_message
def test_every_message_has_a_text_and_an_html_part(message: Message) -> None:
    """Whoever reads mail as plain text misses nothing, and the HTML names its language and loads nothing."""
    mail = compose(example(message))

    html = text_of(mail, "html")
    assert mail.get_content_type() == "multipart/alternative"
    assert text_of(mail).strip()
    assert '<html lang="en-NZ">' in html
    assert not re.search(r"<(img|link|script|iframe|form|object|video)\b|url\(|@import", html)


@every_message
def test_every_message_is_marked_as_automatic(message: Message) -> None:
    """Out-of-office robots are told not to answer, and nothing offers to unsubscribe from one's own invitation."""
    mail = compose(example(message))

    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Doorstep-Message"] == message.value
    assert mail["List-Unsubscribe"] is None
    assert mail["Message-ID"] == "<0199a4c2-8d10-7b3c-a1f2-6b0de94c7735@riverbend.example>"
    assert mail["Date"] == "Sat, 21 Nov 2026 02:04:00 +0000"
    assert mail["Reply-To"] == "help@riverbend.example"


@every_message
def test_every_message_has_one_call_to_action(message: Message) -> None:
    """One button, with the same address in words; none where there is nothing to do."""
    html = text_of(compose(example(message)), "html")

    buttons = re.findall(r'class="button" href="([^"]+)"', html)
    assert len(buttons) == (message not in WITHOUT_BUTTON)
    assert all(f">{address}</a>" in html for address in buttons)


@every_message
def test_t17_every_address_comes_from_the_letter(message: Message) -> None:
    """T17: no mail links anywhere but to the addresses that the letter was given."""
    letter = example(message)
    given = {str(value) for value in letter.values.values()}

    mail = compose(letter)

    links = re.findall(r"https?://\S+", text_of(mail)) + re.findall(r'href="(https?:[^"]+)"', text_of(mail, "html"))
    assert set(links) <= given


@every_message
def test_the_text_is_wrapped_and_addresses_are_not(message: Message) -> None:
    """Lines fit a narrow window; an address or a line to paste stands on a line of its own, whole."""
    text = text_of(compose(example(message)))

    too_long = [line for line in text.splitlines() if len(line) > 76]
    assert all(re.fullmatch(r"(https?://\S+|    .+)", line) for line in too_long)


@every_message
def test_s0_22_the_help_contact_stands_in_every_footer(message: Message) -> None:
    """S0.22: the office and how to reach it close every mail, both parts."""
    mail = compose(example(message))

    for text in (text_of(mail), words_of(text_of(mail, "html"))):
        assert all(str(OFFICE[name]) in text for name in ("office_name", "help_email", "help_phone"))


@every_message
@pytest.mark.parametrize("empty", [("help_phone",), ("help_email",), ("help_email", "help_phone"), tuple(OFFICE)])
def test_footers_do_without_what_is_not_set(message: Message, empty: tuple[str, ...]) -> None:
    """An office that has set nothing about itself sends whole sentences all the same."""
    mail = compose(replace(example(message, **dict.fromkeys(empty, "")), reply_to=""))

    text = text_of(mail)
    assert ("Questions?" in text) == (not {"help_email", "help_phone"} <= set(empty))
    assert not re.search(r"None|  \w|the the | ,|\(\)", text.replace("\n    ", "\n"))
    assert mail["Reply-To"] is None


@pytest.mark.parametrize(
    "message", [Message.INVITATION, Message.REMINDER, Message.SET_PASSWORD, Message.PASSWORD_RESET]
)
def test_links_say_when_they_end(message: Message) -> None:
    """A link ends within some hours, and at a moment on the office's clock that names its zone."""
    mail = compose(example(message))

    for text in (text_of(mail), words_of(text_of(mail, "html"))):
        flat = " ".join(text.split())
        assert "within 24 hours" in flat
        assert ABSOLUTE in flat


def test_an_invitation_says_what_to_do_if_it_is_not_meant_for_you() -> None:
    """Decision of the design: a stranger finds the way out in the mail itself."""
    assert "Not meant for you?" in text_of(compose(example(Message.INVITATION)))


def test_a_resent_invitation_says_that_the_old_link_is_dead() -> None:
    """Decision 3: who has two mails knows which link to use."""
    text = " ".join(text_of(compose(example(Message.INVITATION, is_resent=True))).split())

    assert "The one we sent you before no longer works." in text


@pytest.mark.parametrize("message", [Message.APPROVAL_NEEDED, Message.APPROVAL_REMINDER, Message.APPROVAL_ESCALATION])
@pytest.mark.parametrize("workflow_url", [str(VALUES[Message.APPROVAL_NEEDED]["workflow_url"]), ""])
def test_s4_24_an_approver_sees_who_and_how(message: Message, workflow_url: str) -> None:
    """S4.24: who, for which accounts, what they may do, and every way to decide, with or without a Temporal UI."""
    letter = example(message, workflow_url=workflow_url)
    needed = ["Ana Ruiz", "ana.ruiz@lowerflats.example", "1042", "1077", "Grain contracts", "Tom Becker"]
    commands = [str(letter.values[name]) for name in ("approve_command", "reject_command", "approve_json")]

    text = text_of(compose(letter))

    assert all(words in text for words in needed)
    assert all(f"    {command}\n" in text for command in commands)
    assert (workflow_url in text.splitlines()) or not workflow_url


def test_an_escalation_says_for_how_long() -> None:
    """An overdue approval names the time it has been waiting, in the subject already."""
    assert compose(example(Message.APPROVAL_ESCALATION))["Subject"].startswith("Overdue, 3 days:")


def test_equal_letters_are_equal_mails_in_any_zone() -> None:
    """Invariant 6: the same moment written in another zone is the same letter, so it must be the same mail."""
    letter = example(Message.INVITATION)
    moved = replace(letter, handed_over_at=letter.handed_over_at.astimezone(ZoneInfo("Asia/Kolkata")))

    assert moved == letter
    assert compose(moved).as_bytes() == compose(letter).as_bytes()


texts = st.text(max_size=80)


@given(
    message=st.sampled_from(Message),
    name=texts,
    values=st.dictionaries(
        st.sampled_from(["office_name", "help_email", "help_phone", "username", "reason", "invitee_name"]), texts
    ),
    locale=st.sampled_from(["en_NZ", "es_MX", "de_AT"]),
    moment=st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    delivery_id=st.uuids(),
)
@settings(max_examples=80)
def test_composing_is_pure(
    message: Message, name: str, values: dict[str, str], locale: str, moment: datetime, delivery_id: UUID
) -> None:
    """Invariant 6: whatever people typed, two copies of a letter are the same bytes in every language, and parse."""

    def written() -> Letter:
        letter = example(message, **values)
        return replace(letter, recipient_name=name, locale=locale, handed_over_at=moment, delivery_id=delivery_id)

    first, second = compose(written()).as_bytes(), compose(written()).as_bytes()

    assert first == second
    mail = message_from_bytes(first, policy=SMTPUTF8)
    assert not mail.defects
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]


@pytest.mark.parametrize(
    ("fault", "line"), [("one\n{% if %}", 2), ("{{ no_such_value }}", 1), ("\n\n{{ 1 // 0 }}", 3), (None, 0)]
)
def test_f16_a_broken_template_stops_its_own_message_alone(tmp_path: Path, fault: str | None, line: int) -> None:
    """F16: the error names message, file and line, holds nothing personal, and other messages still go out."""
    templates = shutil.copytree(TEMPLATES, tmp_path / "templates")
    broken = templates / "rejected" / "body.txt"
    broken.write_text(fault) if fault else broken.unlink()

    with pytest.raises(TemplateBroken) as raised:
        compose(example(Message.REJECTED), templates)

    assert (raised.value.key, raised.value.file, raised.value.line) == (Message.REJECTED, "rejected/body.txt", line)
    assert raised.value.__context__ is None
    assert compose(example(Message.APPROVED), templates)


def test_f16_a_repaired_template_works_without_a_restart(tmp_path: Path) -> None:
    """F16: the retry after the mend succeeds in the process that failed."""
    templates = shutil.copytree(TEMPLATES, tmp_path / "templates")
    subject = templates / "welcome" / "subject.txt"
    subject.write_text("{{ oops }}")
    with pytest.raises(TemplateBroken):
        compose(example(Message.WELCOME), templates)

    subject.write_text("Welcome again")

    assert compose(example(Message.WELCOME), templates)["Subject"] == "Welcome again"


def test_every_message_has_its_templates() -> None:
    """Each key has a folder with the three files, and no folder is left over."""
    folders = {path.name for path in TEMPLATES.iterdir() if path.is_dir()}

    assert folders == set(Message)
    assert all(
        (TEMPLATES / key / part).is_file() for key in Message for part in ("subject.txt", "body.txt", "body.html")
    )
