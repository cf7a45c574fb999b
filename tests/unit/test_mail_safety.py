"""What people type into names and reasons stays text: in headers, in HTML and in templates (T14 to T16)."""

import shutil
from dataclasses import replace
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import SMTPUTF8, compat32
from email.utils import parseaddr
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import example as case
from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.domain.addresses import AddressError
from doorstep.domain.messages import Message
from doorstep.mail.compose import TemplateBroken, compose
from doorstep.mail.examples import example
from doorstep.mail.plain_text import one_line
from doorstep.mail.rendering import TEMPLATES

HOSTILE = "{{7*7}}{{''.__class__.__mro__}}{% raw %}<b>Ana</b>"
NAMED = {"recipient_name": HOSTILE, "invitee_name": HOSTILE, "reason": HOSTILE, "office_name": HOSTILE}

every_message = pytest.mark.parametrize("message", list(Message))


def parts_of(mail: EmailMessage) -> tuple[str, str]:
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    return plain.get_content(), html.get_content()


class Outline(HTMLParser):
    """The elements, attribute names and link targets of a page, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.shape: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.shape.append(f"{tag} {sorted(name for name, _ in attrs)}")
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.text += data


@every_message
@pytest.mark.parametrize("locale", ["en_NZ", "es_MX", "de_AT"])
def test_t14_t15_a_name_is_neither_template_nor_html(message: Message, locale: str) -> None:
    """T14, T15: braces and tags in a name arrive as they were typed, in both parts and in the subject."""
    mail = compose(replace(example(message, **NAMED), locale=locale))

    plain, html = parts_of(mail)
    assert HOSTILE[:40] in " ".join(plain.split())
    assert HOSTILE[:40] in Outline(html).text
    assert "<b>" not in html
    assert "49" not in mail["Subject"]


@given(st.sampled_from(Message), st.text(min_size=1, max_size=60).filter(one_line))
@settings(max_examples=60)
def test_t15_no_text_changes_the_shape_of_a_mail(message: Message, typed: str) -> None:
    """T15: whatever is typed adds no element, no attribute and no link to the HTML."""
    names = dict.fromkeys(("recipient_name", "invitee_name", "reason", "office_name", "username", "invited_by"), typed)
    plain_names = dict.fromkeys(names, "plain")

    outline = Outline(parts_of(compose(example(message, **names)))[1])

    expected = Outline(parts_of(compose(example(message, **plain_names)))[1])
    assert (outline.shape, outline.links) == (expected.shape, expected.links)


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "portal", ""])
def test_t15_a_link_that_runs_is_not_mailed(link: str) -> None:
    """T15: only http and https become links; anything else stops the mail."""
    with pytest.raises(TemplateBroken):
        compose(example(Message.INVITATION, link=link))


@given(st.text(max_size=200))
@case("Ana\r\nBcc: eve@evil.example")
@case("Ana\nSubject: you won")
@case("Ana\0\x1b[31m")
@case("Ana\u2028Bcc: eve@evil.example\u2029\x85")
@case("a" * 2000)
@case("é" * 2000)
@case('"Ruiz, Ana" <eve@evil.example>, Bob <bob@evil.example>; x: (y) \\')
@case("=?utf-8?q?=0d=0aBcc:_eve=40evil.example?=")
@case("\ud800 lone")
@case("\u202eanA moc.live")
@settings(max_examples=120)
def test_t16_a_name_stays_one_name_in_one_header(name: str) -> None:
    """T16: no name breaks out of its header: one recipient, one sender, one subject, the same headers."""
    letter = example(Message.INVITATION, office_name=name)
    hostile = replace(letter, recipient_name=name, sender=letter.sender)

    mail = message_from_bytes(compose(hostile).as_bytes(), policy=SMTPUTF8)

    assert sorted(mail.keys()) == sorted(compose(letter).keys())
    assert [address.addr_spec for address in mail["To"].addresses] == [letter.recipient_address]
    assert [address.addr_spec for address in mail["From"].addresses] == ["no-reply@riverbend.example"]
    assert not mail.defects
    assert len(mail["Subject"]) <= 150


@given(st.text(max_size=60))
@settings(max_examples=100)
def test_t16_a_name_is_still_readable(name: str) -> None:
    """T16: what is harmless in a name reaches the reader of the header, letter by letter."""
    mail = compose(replace(example(Message.INVITATION), recipient_name=name))

    # By the older parser: the newer one of Python 3.11 puts spaces between the words of an encoded name.
    typed, address = parseaddr(message_from_bytes(mail.as_bytes(), policy=compat32)["To"])
    assert str(make_header(decode_header(typed))) == one_line(name)
    assert address == "ana.ruiz@lowerflats.example"


@given(st.text(max_size=60))
@case("Агрокомплекс «Северная долина» и сыновья, отдел снабжения")
@settings(max_examples=100)
def test_t16_a_subject_keeps_every_letter(name: str) -> None:
    """T16: folding and encoding lose no space and no letter of a subject."""
    mail = compose(example(Message.BOUNCE_NOTICE, invitee_name=name, invitee_address="ana@example.org"))

    subject = message_from_bytes(mail.as_bytes(), policy=compat32)["Subject"]
    who = one_line(name) or "ana@example.org"
    assert str(make_header(decode_header(subject))) == f"Your invitation did not reach {who}"
    assert all(len(line) <= 78 for line in mail.as_bytes().split(b"\r\n\r\n")[0].splitlines())


@pytest.mark.parametrize(
    "address",
    ["ana@example.org\r\nBcc: eve@evil.example", "ana@example.org, eve@evil.example", "ana@exa\0mple.org", ""],
)
def test_t16_an_address_that_is_none_is_refused(address: str) -> None:
    """T16: an address that would become two, or another header, makes no mail, and the error does not repeat it."""
    with pytest.raises(AddressError) as refused:
        compose(replace(example(Message.INVITATION), recipient_address=address))

    assert "evil" not in str(refused.value)


@pytest.mark.parametrize(
    ("typed", "header"),
    [
        ("jörg@example.org", "jörg@example.org"),
        ("用户@例子.广告", "用户@例子.广告"),
        ("ana@bücher.example", "ana@xn--bcher-kva.example"),
        ("o'neil+farm@example.org", "o'neil+farm@example.org"),
    ],
)
def test_international_addresses_keep_their_form(typed: str, header: str) -> None:
    """A local part beyond ASCII is sent as typed; a domain beyond ASCII in the form that every server knows."""
    mail = compose(replace(example(Message.INVITATION), recipient_address=typed))

    assert mail["To"].addresses[0].addr_spec == header
    assert header.encode() in mail.as_bytes()


@pytest.mark.parametrize(
    "attack",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ accounts.append(1) }}",
        "{{ range(10 ** 9)|list }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ letter }}",
    ],
)
def test_t14_templates_run_in_a_sandbox(tmp_path: Path, attack: str) -> None:
    """T14: a template reaches neither Python behind a value, nor memory without end, nor a value that was not given."""
    templates = shutil.copytree(TEMPLATES, tmp_path / "templates")
    (templates / "invitation" / "body.html").write_text(attack)

    with pytest.raises(TemplateBroken):
        compose(example(Message.INVITATION), templates)


@pytest.mark.parametrize("zone", ["Not/AZone", "", "../../etc/passwd"])
def test_an_unknown_zone_or_locale_still_makes_a_true_mail(zone: str) -> None:
    """F20: an office with a zone and a locale that nobody knows writes in English and UTC, and says so."""
    mail = compose(replace(example(Message.INVITATION), time_zone=zone, locale="xx_nowhere"))

    assert "2:04 AM UTC." in " ".join(parts_of(mail)[0].split())
