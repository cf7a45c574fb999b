"""The text of an office before it is saved: what it may be called, what it may use, and what it is refused for."""

import re
from pathlib import Path

import pytest

from doorstep.domain.errors import Conflict, Forbidden, Invalid, NotFound
from doorstep.domain.messages import CustomText, Message
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
from doorstep.mail.custom_values import environment
from doorstep.mail.examples import OFFICE, VALUES, example

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
        *(Message.BOUNCE_NOTICE, Message.DECLINED_NOTICE, Message.READDRESSED_NOTICE, Message.WEBHOOK_DISABLED),
        *(Message.STAFF_LINK, Message.STAFF_CODE_OFF),
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
