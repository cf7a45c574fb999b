"""The text of an office: what it is refused for, and what becomes of it in both parts of a mail."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from doorstep.domain.errors import Conflict, Forbidden, Invalid, NotFound
from doorstep.domain.messages import CustomText, Letter, Message
from doorstep.domain.template_variables import REQUIRED, VARIABLES
from doorstep.domain.templates import (
    CATALOGUE,
    Part,
    Template,
    builtin,
    find,
    find_welcome,
    new_template,
    require_unlocked,
    require_usable,
)
from doorstep.mail import custom
from doorstep.mail.compose import TemplateBroken, compose
from doorstep.mail.custom_values import environment
from doorstep.mail.examples import OFFICE, VALUES, example
from doorstep.mail.rendering import Rendered

SIGN_IN = "https://portal.riverbend.example/sign-in"
LINK = "\n\n[Sign in]({{ sign_in_url }})"
WAYS = """
{% if workflow_url %}
[Look]({{ workflow_url }})
{% else %}
{{ approve_command }}
{% endif %}
"""
GUIDE = Path(__file__).parents[2] / "docs" / "templates.md"
every_own = pytest.mark.parametrize("message", list(VARIABLES))


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


def faults(body: str, message: Message = Message.WELCOME, subject: str = "Hi") -> list[tuple[int, str]]:
    """The lines and sentences of what is wrong."""
    return [(finding.line, finding.sentence) for finding in custom.check(message, subject, body)]


def test_s2_16_what_every_office_has_from_the_start() -> None:
    """S2.16, S2.20: one template a message, two under the names of the source documents, and the locked ones locked."""
    own = {template.message: template.name for template in CATALOGUE.values() if not template.is_locked}

    assert [template.message for template in CATALOGUE.values()] == list(Message)
    assert own[Message.WELCOME] == "accountactivation-EJS"
    assert own[Message.WELCOME_EXISTING] == "CustomerInvitationFromAnotherOffice"
    assert set(Message) - own.keys() == {
        *(Message.INVITATION, Message.SET_PASSWORD, Message.PASSWORD_RESET, Message.PASSWORD_CHANGED),
        *(Message.BOUNCE_NOTICE, Message.DECLINED_NOTICE, Message.READDRESSED_NOTICE),
    }
    assert builtin(Message.REMINDER) == Template("reminder", Message.REMINDER)
    with pytest.raises(Forbidden):
        require_unlocked(builtin(Message.INVITATION))


@pytest.mark.parametrize("name", ["ab", "a" * 61, "two words", "gröwers", "a/b", "", "a\nb", "../etc"])
def test_s2_21_a_name_is_a_key(name: str) -> None:
    """S2.21: letters, digits, hyphens and underscores, so that it can be typed, linked and compared exactly."""
    with pytest.raises(Invalid) as refused:
        new_template(name, [])

    assert refused.value.code == "template_name"


@pytest.mark.parametrize("name", ["growers", "accountactivation-EJS", "approved", "welcome", "welcome_existing"])
def test_s2_21_a_name_that_is_taken_is_refused(name: str) -> None:
    """S2.21: no second template of a name, nor one that could be taken for a message."""
    with pytest.raises(Conflict):
        new_template(name, [*CATALOGUE.values(), Template("growers", Message.WELCOME)])


def test_s1_16_an_unknown_name_is_refused_with_the_nearest() -> None:
    """S1.16: letters count, case too; a slip is answered with what was probably meant, and only welcomes are chosen."""
    known = [*CATALOGUE.values(), Template("growers-welcome", Message.WELCOME)]

    for name in ("AccountActivation-EJS", "acountactivation-ejs"):
        with pytest.raises(Invalid) as unknown:
            find_welcome(name, known)
        assert (unknown.value.code, unknown.value.field) == ("unknown_template", "template")
        assert "Did you mean accountactivation-EJS?" in unknown.value.message
    with pytest.raises(Invalid):
        find_welcome("approved", known)
    with pytest.raises(NotFound) as nowhere:
        find("zzz", known)
    assert "Choose from: CustomerInvitationFromAnotherOffice, accountactivation-EJS" in nowhere.value.message
    assert find_welcome("growers-welcome", known).message is Message.WELCOME


@every_own
def test_every_name_that_a_text_may_use_has_a_value(message: Message) -> None:
    """F16: the allow-list promises nothing that a letter could lack: each is in the examples, or may be empty."""
    given = {**OFFICE, **VALUES[message], "recipient_name": ""}

    assert [n for n, variable in VARIABLES[message].items() if n not in given and not variable.may_be_empty] == []


@every_own
def test_every_name_can_be_used(message: Message) -> None:
    """Each name printed as the list of names says it, in a text of its own, makes a mail."""
    for name, variable in VARIABLES[message].items():
        spelled = {
            "moment": f"{{{{ {name}|moment }}}} {{{{ {name}|how_long }}}}",
            "yes or no": f"{{% if {name} %}}x{{% else %}}y{{% endif %}}",
            "list of sections": f"{{{{ {name}|listed }}}} {{% for a in {name} %}}{{{{ a|section }}}}{{% endfor %}}",
            "list of accounts": f"{{% for a, b in {name} %}}{{{{ a }}}}{{{{ b|shorten(20) }}}}{{% endfor %}}",
            "list of accounts with their sections": f"{{% for a, b, c in {name} %}}{{{{ c|listed }}}}{{% endfor %}}",
        }.get(variable.kind.value, f"{{{{ {name} }}}}")
        needed = WAYS if "approve_command" in REQUIRED.get(message, ()) else ""
        links = "".join(f"\n\n{{{{ {each} }}}}" for each in REQUIRED.get(message, ()) if not needed)

        assert faults(f"{spelled}\n\n{needed}{links}", message) == []


@pytest.mark.parametrize(
    ("body", "line", "words"),
    [
        ("Hello\n{{ user_name }}" + LINK, 2, "There is no user_name in this message. Did you mean username"),
        ("{{ zzz }}" + LINK, 1, "There are: client_guide, forgot_url, grants"),
        ("{{ link }}" + LINK, 1, "There is no link in this message."),
        ("a\n\nb {{ username" + LINK, 5, "The braces cannot be read"),
        ("a\n{% if username %}\nb" + LINK, 5, "The braces cannot be read"),
        ("{{ grants }}" + LINK, 1, "grants is a list: write {% for code, name, sections in grants %}"),
        ("{% for a, b in grants %}{% endfor %}" + LINK, 1, "gives: the code, the name, the sections."),
        ("{{ username|upper }}" + LINK, 1, "There is no filter |upper."),
        ("{{ username|moment }}" + LINK, 1, "|moment is for 'moment', and this is 'text'."),
        ("a\n\nb <b>c</b>" + LINK, 3, "HTML cannot be used here."),
        ("a\n<div>\n</div>" + LINK, 2, "HTML cannot be used here."),
        ("a\n- ![logo](https://x.example/a.png)" + LINK, 2, "A picture cannot be used here"),
        ("[x](javascript:alert(1))" + LINK, 1, "A link begins with https://"),
        ("a\nb\n[x](/sign-in)" + LINK, 3, "A link begins with https://"),
        ("[x](https://x.example/?u={{ username }})" + LINK, 1, "A name cannot be a part of it."),
        ("[x]({{ username }})" + LINK, 1, "this name holds something else."),
        ("{% if username %}\n\na\n\n{% endif %}\n[x](ftp://x.example)" + LINK, 6, "A link begins with https://"),
        ("Welcome!\n\nSee you", 3, "The link is missing: without {{ sign_in_url }} its reader could not go on."),
        ("a\n{% if help_phone %}[x]({{ sign_in_url }}){% endif %}", 2, "The link is missing in some mails"),
        ("", 1, "The body is empty."),
        ("a" * 10_001, 1, "The body has 10001 characters, and there is room for 10000."),
        ("a\nb\x07" + LINK, 2, "There is a character that cannot be sent"),
    ],
)
def test_a_text_with_a_fault_is_refused_with_the_line(body: str, line: int, words: str) -> None:
    """S4.14: unknown name, missing link, and what no mail can hold: the line, and what to write instead."""
    found = faults(body)

    assert [number for number, _ in found] == [line]
    assert words in found[0][1]


@pytest.mark.parametrize(
    ("message", "name"),
    [
        (Message.REMINDER, "link"),
        (Message.APPROVED, "sign_in_url"),
        (Message.WELCOME, "sign_in_url"),
        (Message.WELCOME_EXISTING, "sign_in_url"),
    ],
)
def test_a_mail_that_leads_on_has_to_show_where(message: Message, name: str) -> None:
    """S2.14, S4.45: without the link its reader could not go on, so a text without it is refused for every office."""
    assert faults("Hello", message)[0][1].startswith(f"The link is missing: without {{{{ {name} }}}}")
    assert faults(f"[Go on]({{{{ {name} }}}})", message) == []


def test_all_faults_are_named_at_once() -> None:
    """Whoever mends a text sees everything that is wrong with it, subject and body, in their order."""
    findings = custom.check(Message.WELCOME, "{{ nobody }}", "{{ x.y }}\n\n<b>\n\n[a](b:c)\n\n{{ thing }}")

    assert [(each.part, each.line) for each in findings] == [
        (Part.SUBJECT, 1),
        *((Part.BODY, line) for line in (1, 3, 5, 7, 7)),
    ]
    with pytest.raises(Invalid) as refused:
        require_usable(findings)
    assert refused.value.code == "template_refused"
    assert "Subject, line 1: There is no nobody" in refused.value.message
    assert "Body, line 5: A link begins" in refused.value.message


@pytest.mark.parametrize("name", ["sign_in_url", "forgot_url"])
def test_a_subject_holds_no_link(name: str) -> None:
    """Subjects are kept in the logs of every mail server on the way."""
    assert faults("a" + LINK, subject=f"Sign in: {{{{ {name} }}}}")[0][1].startswith(f"{name} belongs into the body")
    assert faults("a" + LINK, subject="one\ntwo") == [(2, "A subject is one line.")]
    assert faults("a" + LINK, subject="{% if client_guide %}x{% endif %}")[0][1].startswith("With some of the example")


@pytest.mark.parametrize("message", [Message.APPROVAL_NEEDED, Message.APPROVAL_REMINDER, Message.APPROVAL_ESCALATION])
def test_an_approver_can_always_decide(message: Message) -> None:
    """S4.24: there is not everywhere a page, so the command has to stand wherever the page is missing."""
    assert faults("Please decide", message)[0][1].startswith("The link is missing: without {{ review_url }} or")
    assert faults("a\n\n[Look]({{ workflow_url }})", message)[0][0] == 3
    assert faults(WAYS, message) == []
    assert (
        faults("{% if not workflow_url %}{{ approve_command }}{% else %}{{ workflow_url }}{% endif %}", message) == []
    )
    assert faults("{{ approve_command }}", message) == []


def test_what_may_be_empty_is_worth_a_look() -> None:
    """A text that forgets to ask is taken, with a warning that says where."""
    body = "Hello {{ recipient_name }},\n\n{% if help_phone %}call {{ help_phone }}{% endif %}" + LINK

    found = custom.warnings(Message.WELCOME, "{{ help_email }}" + "x" * 80, body)

    assert [(each.part, each.line, each.sentence.split()[0]) for each in found] == [
        (Part.SUBJECT, 1, "help_email"),
        (Part.BODY, 1, "recipient_name"),
        (Part.SUBJECT, 1, "With"),
    ]
    assert custom.check(Message.WELCOME, "Hi", body) == []


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


def test_a_text_of_full_length_is_taken() -> None:
    """Room for several pages; one loop after the other, and long lists in them, are no trouble."""
    loop = "{% for a, b, c in grants %}\n- {{ a }} {{ c|listed }}\n{% endfor %}\n"
    many = example(Message.WELCOME, grants=[(str(number), "x", ["invoices"]) for number in range(200)])

    made = custom.render(many, CustomText("n", 1, "s", loop * 10 + LINK))

    assert faults(loop * 140 + LINK) == []
    assert made.text.count("- 199 Invoices") == 10


def test_the_guide_tells_the_truth() -> None:
    """Whoever writes a text finds every template and every name in the guide, and its examples are sound."""
    guide = GUIDE.read_text(encoding="utf-8")
    welcome, approval = re.findall(r"```markdown\n(.*?)```", guide, flags=re.DOTALL)

    assert [name for name in CATALOGUE if f"`{name}`" not in guide] == []
    assert [name for names in VARIABLES.values() for name in names if f"`{name}`" not in guide] == []
    assert [name for name in environment().filters if f"|{name}" not in guide] == []
    assert faults(welcome) == []
    assert faults(approval, Message.APPROVAL_REMINDER) == []
    assert custom.warnings(Message.WELCOME, "Welcome", welcome) == []
    assert custom.warnings(Message.APPROVAL_REMINDER, "Please decide", approval) == []
