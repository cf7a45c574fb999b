"""What an office may write reaches nothing: judged when it is saved, and again before it is run (T14)."""

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.domain.messages import CustomText, Message
from doorstep.domain.templates import Part
from doorstep.mail import custom
from doorstep.mail.compose import TemplateBroken, compose
from doorstep.mail.custom_values import environment
from doorstep.mail.examples import example

NEEDED = "\n\n{{ sign_in_url }}"
UNSAFE = [
    "{{ username.__class__ }}",
    "{{ ''.__class__.__mro__ }}",
    "{{ username['__class__'] }}",
    "{{ username|attr('__class__') }}",
    "{{ grants.append(1) }}",
    "{{ grants[0] }}",
    "{{ range(10**9) }}",
    "{{ range(10**9)|list }}",
    "{{ 9**9**9 }}",
    "{{ username * 10**9 }}",
    "{{ username ~ username }}",
    "{{ username if grants else office_name }}",
    "{{ 'text' }}",
    "{{ cycler.__init__.__globals__.os }}",
    "{{ lipsum() }}",
    "{{ namespace() }}",
    "{{ self.__init__ }}",
    "{{ loop.index }}",
    "{{ username is defined }}",
    "{{ username|shorten(10**9) }}",
    "{{ username|shorten(*grants) }}",
    "{% if username == 'ana' %}a{% endif %}",
    "{% if true %}a{% endif %}",
    "{% for x in range(9) %}{% endfor %}",
    "{% for a, b, c in grants recursive %}{% endfor %}",
    "{% for a, b, c in grants if a %}{% endfor %}",
    "{% include 'layout.html' %}",
    "{% extends 'layout.html' %}",
    "{% import 'parts.html' as parts %}",
    "{% from 'parts.html' import button %}",
    "{% set a = 1 %}",
    "{% macro a() %}{% endmacro %}",
    "{% call a() %}{% endcall %}",
    "{% block a %}{% endblock %}",
    "{% filter upper %}a{% endfilter %}",
    "{% with a = 1 %}{% endwith %}",
    "{% autoescape false %}{% endautoescape %}",
    "{% raw %}a{% endraw %}",
]
HIDDEN = ["put", "locale", "zone", "letter", "environment", "range", "dict", "self", "caller", "_", "request"]
PIECES = [
    *(
        "{{",
        "}}",
        "{%",
        "%}",
        "{#",
        "#}",
        "{{ username }}",
        "{{ sections|listed }}",
        "{{ code }}",
        "{{ client_guide }}",
    ),
    *("{% if grants %}", "{% if not grants %}", "{% else %}", "{% elif username %}", "{% endif %}", "{% endfor %}"),
    *(
        "{% for code, name, sections in grants %}",
        "{% for a in sections %}",
        "{{ a|section }}",
        "|",
        "username",
        "grants",
    ),
    *(
        "\n",
        "\n\n",
        " ",
        "  \n",
        "# ",
        "- ",
        "1. ",
        "> ",
        "    ",
        "```",
        "`",
        "**",
        "_",
        "[",
        "](",
        ")",
        "<",
        ">",
        "!",
        "\\",
    ),
    *(
        "https://a.example",
        "mailto:a@b.example",
        "[x]({{ sign_in_url }})",
        "[{{ username }}]({{ client_guide }})",
        "-%}",
    ),
]


@pytest.mark.parametrize("attack", UNSAFE)
@pytest.mark.parametrize("part", list(Part))
def test_t14_an_unsafe_expression_is_refused_with_its_line(attack: str, part: Part) -> None:
    """T14: nothing that computes, calls, reaches into a value or pulls in a file gets past the saving."""
    subject, body = (attack, "b") if part is Part.SUBJECT else ("s", f"a\n\n{attack}")

    findings = custom.check(Message.WELCOME, subject, body + NEEDED)

    assert {(each.part, each.line) for each in findings} == {(part, 1 if part is Part.SUBJECT else 3)}
    assert any("unsafe expression" in each.sentence or "There is no" in each.sentence for each in findings)


@pytest.mark.parametrize("attack", ["{{ range(10**9) }}", "{{ username.__class__ }}", "{{ 9**9**9 }}"])
def test_t14_an_unsafe_expression_is_called_so(attack: str) -> None:
    """T14: the answer says what kind of fault it is, and what may stand there."""
    [finding] = custom.check(Message.WELCOME, "s", attack + NEEDED)

    assert finding.sentence.startswith("This is an unsafe expression. Between braces stand names")


@pytest.mark.parametrize("name", HIDDEN)
def test_t14_only_the_names_of_the_message_are_known(name: str) -> None:
    """T14: neither what Jinja brings along, nor what we put beside the values, nor a value of another message."""
    [finding] = custom.check(Message.WELCOME, "s", f"{{{{ {name} }}}}" + NEEDED)

    assert finding.sentence.startswith(f"There is no {name} in this message.")


@pytest.mark.parametrize("attack", UNSAFE)
def test_t14_a_text_that_got_past_the_saving_is_not_run(attack: str) -> None:
    """T14: whoever writes into the table directly gains nothing: a text is judged again before it is first used."""
    letter = replace(example(Message.WELCOME), custom=CustomText("own", 1, "s", attack + NEEDED))

    with pytest.raises(TemplateBroken) as raised:
        compose(letter)

    assert raised.value.line == 1


def test_t14_the_sandbox_is_empty() -> None:
    """T14: behind the allow-list stands a sandbox without loader, globals, tests and filters but ours."""
    sandbox = environment()

    assert (sandbox.loader, sandbox.globals, sandbox.tests) == (None, {}, {})
    assert set(sandbox.filters) == {"moment", "how_long", "section", "listed", "shorten"}


@pytest.mark.parametrize(
    "body",
    [
        "(" * 9000,
        "[" * 9000,
        "<" * 9000,
        "`" * 9000,
        "*a " * 3000,
        "> " * 4000 + "a",
        "{#" * 4000,
        "{%" * 4000,
        "{{" * 4000,
        "{{ " + "(" * 4000 + "username" + ")" * 4000 + " }}",
        "{% if username %}" * 300 + "{% endif %}" * 300,
        "{% for a, b, c in grants %}" * 200 + "{% endfor %}" * 200,
        "{% for a, b, c in grants %}{% for d, e, f in grants %}{{ d }}{% endfor %}{% endfor %}",
    ],
    ids=lambda body: body[:12],
)
def test_t14_no_text_keeps_a_worker_busy(body: str) -> None:
    """T14: whatever is nested or repeated is judged in moments, and loops never multiply."""
    began = time.thread_time()
    findings = custom.check(Message.WELCOME, "s", body + NEEDED)

    assert time.thread_time() - began < 10
    assert all(finding.line >= 1 for finding in findings)
    if "{% for" in body:
        assert "A loop inside a loop can only go through what the outer one gives" in findings[0].sentence


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
@settings(max_examples=100)
def test_f16_what_is_taken_makes_a_mail(text: str) -> None:
    """F16: judging a text never fails itself, and every text that it lets through can be sent."""
    body = text + NEEDED

    if not custom.check(Message.WELCOME, "s", body):
        assert compose(replace(example(Message.WELCOME), custom=CustomText("own", 1, "s", body)))
