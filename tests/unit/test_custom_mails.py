"""What becomes of the text of an office: both parts of the mail, and what happens where it cannot be filled in."""

import re
from collections.abc import Mapping
from dataclasses import replace

import pytest

from doorstep.domain.messages import CustomText, Letter, Message
from doorstep.mail import custom
from doorstep.mail.compose import TemplateBroken, compose
from doorstep.mail.examples import OFFICE, VALUES, example
from doorstep.mail.rendering import Rendered

SIGN_IN = "https://portal.riverbend.example/sign-in"
LINK = "\n\n[Sign in]({{ sign_in_url }})"


def rendered(body: str, message: Message = Message.WELCOME, *, subject: str = "Hi", **changes: object) -> Rendered:
    """The mail of a body; `changes` are values, `locale` and `recipient_name` those of the letter."""
    letter = example(message, **changes)
    fixed = {name: str(changes.pop(name)) for name in ("locale", "recipient_name") if name in changes}
    return custom.render(replace(letter, **fixed), CustomText("growers", 3, subject, body))  # type: ignore[arg-type]


def content(made: Rendered) -> str:
    """What stands between the heading and the footer, without styles."""
    html = re.sub(r' (style|role)="[^"]*"', "", made.html)
    inner = html.partition("</h1>")[2].partition('<td class="footer">')[0]
    return re.sub(r">\s*\n\s*<", "><", inner.rpartition("</td>")[0]).strip()


def test_markdown_becomes_html() -> None:
    """S4.14: headings, lists, quotes and links look like those of our own mails."""
    made = rendered("# Kia ora\n\nA **b** *c* [d](https://d.example)\n\n## E\n\n- f\n- g\n\n> h" + LINK)

    assert ">Kia ora</h1>" in made.html
    assert content(made).startswith(
        '<p>A <strong>b</strong> <em>c</em> <a href="https://d.example">d</a></p>'
        "<h2>E</h2><ul><li>f</li><li>g</li></ul><blockquote><p>h</p></blockquote>"
    )
    assert 'class="preheader"' in made.html
    assert "A b c d" in made.html.partition("<table")[0]


def test_markdown_becomes_plain_text() -> None:
    """S4.14: whoever reads mail as text sees the same words without the signs of Markdown, and every address."""
    body = (
        "# Kia ora\n\nA **b** [d](https://d.example) \\*e\\*\n\n- f\n  - g\n\n1. h\n2. i\n\n> j\n\n---\n\n"
        "[m](mailto:m@x.example), <https://k.example/>" + LINK
    )

    made = rendered(body, help_phone="")

    assert made.text == (
        "Kia ora\n\nA b d (https://d.example) *e*\n\n- f\n  - g\n\n1. h\n2. i\n\n> j\n\n* * *\n\n"
        f"m (m@x.example), https://k.example/\n\nSign in:\n{SIGN_IN}\n\n"
        "-- \nRiverbend Farm Supplies\n\nQuestions? Write to help@riverbend.example\n"
    )


def test_a_link_alone_on_its_line_is_the_button() -> None:
    """One call to action, with the address in words beside it; a bare address alone is a link."""
    made = rendered("Go on:\n[Sign in]({{ sign_in_url }})\nand come back\n\n{{ sign_in_url }}\n\nin {{ sign_in_url }}")

    html = content(made)
    assert html.count(f'class="button" href="{SIGN_IN}">Sign in</a>') == 1
    assert "<p>Go on:</p>" in html
    assert "<p>and come back</p>" in html
    assert f'<p><a class="address" href="{SIGN_IN}">{SIGN_IN}</a></p>' in html
    assert f'<p>in <a href="{SIGN_IN}">{SIGN_IN}</a></p>' in html


def test_a_link_without_an_address_leaves_its_words() -> None:
    """An office without a guide or a Temporal UI still sends whole sentences, and no button that leads nowhere."""
    body = "See [our guide]({{ client_guide }}).\n\n[The guide]({{ client_guide }})\n\n{{ client_guide }}\n\nEnd" + LINK

    made = rendered(body, client_guide="")

    assert content(made).startswith("<p>See our guide.</p><p>End</p>")
    assert made.text.startswith("See our guide.\n\nEnd\n\nSign in:\n")


def test_a_line_to_copy_stays_whole() -> None:
    """S4.24: a command is set apart, alone on its line or between fences, and no line of it is wrapped."""
    command = str(VALUES[Message.APPROVAL_NEEDED]["approve_command"])

    made = rendered("Paste this:\n{{ approve_command }}\n\n```\n{{ approve_command }}\n```", Message.APPROVAL_NEEDED)

    assert made.text.startswith(f"Paste this:\n\n    {command}\n\n    {command}\n")
    assert len(re.findall(r'<pre class="command">temporal', content(made))) == 2


def test_conditions_and_loops_leave_no_holes() -> None:
    """A line of nothing but tags vanishes; a tag at the end of a line with words keeps the line's end."""
    body = (
        "Hello{% if recipient_name %} {{ recipient_name }}{% endif %}\nand welcome\n\n"
        "{% for code, name, sections in grants %}\n- {{ code }}: {{ sections|listed }}\n{% endfor %}"
    )

    assert rendered(body).text.startswith(
        "Hello Ana Ruiz and welcome\n\n- 1042: Invoices and Statements\n- 1077: Grain contracts\n"
    )
    assert rendered(body, recipient_name="").text.startswith("Hello and welcome\n")


@pytest.mark.parametrize(
    ("locale", "moment", "listed", "footer"),
    [
        ("en_NZ", "Sunday, 22 November 2026 at 3:04 pm", "Invoices and Statements", "Questions? Write to"),
        ("de", "Sonntag, 22. November 2026 um 15:04 Uhr", "Rechnungen und Kontoauszüge", "Fragen?"),
        ("es_MX", "domingo, 22 de noviembre de 2026 a las", "", "Preguntas"),
        ("fr-FR", "dimanche 22 novembre 2026, 15:04", "Invoices et Statements", "Questions? Write to"),
    ],
)
def test_dates_follow_the_language_of_the_text(locale: str, moment: str, listed: str, footer: str) -> None:
    """An office writes in whichever language it likes; what is filled in fits, and the mail says its language."""
    body = "{{ expires_at|moment }}\n\n{{ link }}"

    made = rendered(body, Message.REMINDER, locale=locale)
    welcome = rendered("{% for a, b, c in grants %}{{ c|listed }} {% endfor %}" + LINK, locale=locale)

    assert moment in " ".join(made.text.split())
    assert listed in welcome.text
    assert footer in made.text
    assert (made.language, f'lang="{made.language}"' in made.html) == (locale.replace("_", "-"), True)


def test_how_long_somebody_has_waited() -> None:
    """An office can say for how long, in its own words."""
    made = rendered("Since {{ waiting_since|how_long }}\n\n{{ approve_command }}", Message.APPROVAL_ESCALATION)

    assert made.text.startswith("Since 3 days\n")


def own(letter: Letter, body: str, subject: str = "Hi {{ recipient_name }}") -> Letter:
    """The letter with a text of the office."""
    return replace(letter, custom=CustomText("growers", 3, subject, body))


def test_s4_14_a_mail_goes_out_with_the_text_of_the_office() -> None:
    """S4.14, S2.20: subject and both parts are the office's, headers and footer ours, and two copies the same bytes."""
    letter = own(example(Message.WELCOME), "Kia ora from the growers" + LINK)

    mail = compose(letter)

    text, html = (str(mail.get_body((kind,)).get_content()) for kind in ("plain", "html"))  # type: ignore[union-attr]
    assert mail["Subject"] == "Hi Ana Ruiz"
    assert mail["X-Doorstep-Message"] == "welcome"
    assert mail["Content-Language"] == "en-NZ"
    assert "Kia ora from the growers" in text
    assert "Kia ora from the growers" in html
    assert all(str(OFFICE["help_email"]) in part for part in (text, html))
    assert compose(own(example(Message.WELCOME), "Kia ora from the growers" + LINK)).as_bytes() == mail.as_bytes()
    assert compose(example(Message.WELCOME)).as_bytes() != mail.as_bytes()


@pytest.mark.parametrize(
    ("message", "body", "changes", "line"),
    [
        (Message.WELCOME, "a\n\n{{ zzz }}", {}, 3),
        (Message.WELCOME, "a\n{{ x.y }}", {}, 2),
        (Message.WELCOME, "a\n{% if %}", {}, 2),
        (Message.REMINDER, "a\n\n\n{{ expires_at|moment }}", {"expires_at": None}, 4),
        (Message.WELCOME, "a\n{{ sign_in_url }}", {"sign_in_url": "javascript:alert(1)"}, 0),
        (Message.WELCOME, "[a]({{ sign_in_url }})", {"sign_in_url": "javascript:alert(1)"}, 0),
        (Message.WELCOME, "![a](https://x.example/a.png)", {}, 0),
        (Message.INVITATION, "a", {}, 0),
    ],
)
def test_f16_a_text_that_fails_stops_its_own_message(
    message: Message, body: str, changes: Mapping[str, object], line: int
) -> None:
    """F16: the error names the template and the line, and nothing of the letter; other messages still go out."""
    letter = example(message, **changes)

    with pytest.raises(TemplateBroken) as raised:
        compose(own(letter, body))

    assert (raised.value.key, raised.value.file, raised.value.line) == (message, "growers", line)
    assert raised.value.message == f"The message {message} cannot be made: growers, line {line}."
    assert raised.value.__context__ is None
    assert compose(own(example(Message.APPROVED), "{{ sign_in_url }}"))


def test_f16_a_letter_that_lacks_a_name_stops_too() -> None:
    """F16: a value that ought to be there is never left out in silence; what may be empty may be missing."""
    letter = example(Message.WELCOME)
    without = {name: value for name, value in letter.values.items() if name not in {"username", "client_guide"}}

    with pytest.raises(TemplateBroken) as raised:
        compose(own(replace(letter, values=without), "a\n\nYour username: {{ username }}" + LINK))

    assert raised.value.line == 3
    assert compose(own(replace(letter, values=without), "{{ client_guide }}" + LINK))
