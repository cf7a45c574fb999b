"""What an office may write reaches nothing, and what people are called stays what they are called (T14, T15)."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import example as case
from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.domain.messages import CustomText, Letter, Message
from doorstep.domain.templates import Part
from doorstep.mail import custom
from doorstep.mail.compose import TemplateBroken, compose
from doorstep.mail.custom_values import environment
from doorstep.mail.examples import example
from doorstep.mail.plain_text import one_line
from doorstep.mail.rendering import Rendered

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
TEXTS = {
    Message.WELCOME: (
        "# {{ recipient_name }}\n\n{{ recipient_name }} **{{ username }}** [{{ office_name }}]({{ sign_in_url }})\n"
        "{{ recipient_name }}\n[{{ recipient_name }}]({{ sign_in_url }})\n\n`{{ username }}`\n\n- {{ username }}\n\n"
        "1. {{ username }}\n\n> {{ username }}\n\n```\n{{ username }}\n```\n\n{{ username }}: a\n\n"
        "{% for code, name, sections in grants %}\n- {{ code }} {{ name }} {{ sections|listed }}\n{% endfor %}"
    ),
    Message.APPROVAL_NEEDED: (
        "{{ invitee_name }}\n\n{{ invitee_address }} by _{{ invited_by }}_\n\n{{ approve_command }}\n\n"
        "{% for code, name in accounts %}\n- {{ code }} {{ name }}\n{% endfor %}\n\n{{ permissions|listed }}"
    ),
    Message.REJECTED: "{% if reason %}\n> {{ reason }}\n{% endif %}\n\n{{ reason|shorten(40) }}\n\nBye",
}
HOSTILE = [
    "[x](http://evil.example)",
    "**bold** _em_ `code` ~~s~~",
    "<b onmouseover=alert(1)>Ana</b>",
    "<http://evil.example>",
    "![x](http://evil.example/x.png)",
    "# heading",
    "- item",
    "1. item",
    "> quote",
    "    code",
    "***",
    "```",
    "{{7*7}}{{''.__class__}}{% raw %}",
    "&amp;&lt;b&gt; \\*a\\*",
    "](http://evil.example)[",
    "a\n\n[x]: http://evil.example",
    "\ue0000\ue001\ue0001\ue001",
    '" onclick="alert(1)',
    "</td></table><script>alert(1)</script>",
    "]]>",
]
ELEMENTS = {
    *("html", "head", "meta", "title", "style", "body", "div", "table", "tbody", "tr", "td"),
    *("h1", "h2", "p", "ul", "ol", "li", "a", "strong", "em", "code", "pre", "blockquote", "br", "hr"),
}
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


class Outline(HTMLParser):
    """The elements of a page with the names of their attributes, where its links lead, and its words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.shape: list[str] = []
        self.links: list[str] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.shape.append(f"{tag} {sorted(name for name, _ in attrs)}")
        self.links += [value or "" for name, value in attrs if name in {"href", "src", "action"}]

    def handle_data(self, data: str) -> None:
        """Note words."""
        self.words += data


def filled(message: Message, value: str, *, also: Letter | None = None) -> Rendered:
    """The mail of a message in which everybody and everything is called `value`."""
    letter = also or example(message)
    texts = ("username", "office_name", "invitee_name", "invitee_address", "invited_by", "reason")
    values: dict[str, object] = {**letter.values, **dict.fromkeys(texts, value)}
    values |= {"grants": [(value, value, [value, "invoices"])], "accounts": [(value, value)], "permissions": [value]}
    text = CustomText("own", 1, "{{ office_name|shorten }}", TEXTS[message])
    return custom.render(replace(letter, recipient_name=value, values=values), text)


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


@pytest.mark.parametrize("html", ["<script>alert(1)</script>", "a <b onclick='x'>b</b>", "<!-- c -->", "<img src=x>"])
def test_t15_html_that_got_past_the_saving_is_words(html: str) -> None:
    """T15: in a text that nobody judged, HTML is printed, never obeyed."""
    plain = custom.render(example(Message.WELCOME), CustomText("own", 1, "s", "a" + NEEDED))

    made = custom.render(example(Message.WELCOME), CustomText("own", 1, "s", html + NEEDED))

    assert Outline(made.html).shape == Outline(plain.html).shape
    assert html in Outline(made.html).words


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
@pytest.mark.timeout(10)
def test_t14_no_text_keeps_a_worker_busy(body: str) -> None:
    """T14: whatever is nested or repeated is judged in moments, and loops never multiply."""
    findings = custom.check(Message.WELCOME, "s", body + NEEDED)

    assert all(finding.line >= 1 for finding in findings)
    if "{% for" in body:
        assert "A loop inside a loop can only go through what the outer one gives" in findings[0].sentence


@pytest.mark.parametrize("message", list(TEXTS))
@pytest.mark.parametrize("value", HOSTILE)
def test_t14_t15_a_name_arrives_literally(message: Message, value: str) -> None:
    """T14, T15: whatever somebody is called is read letter by letter, in both parts and in the subject."""
    made = filled(message, value)

    flat = one_line(value)
    html = " ".join(Outline(made.html).words.split())
    assert flat in html
    assert flat in " ".join(made.text.replace("\n> ", " ").split())
    assert made.subject == flat


@given(st.text(min_size=1, max_size=60))
@case(HOSTILE[0])
@case(HOSTILE[2])
@case(HOSTILE[15])
@case("\u2028# x\u2029")
@case("*")
@case("_")
@case(" \t")
@settings(max_examples=150, deadline=None)
def test_t15_no_name_adds_an_element_or_a_link(value: str) -> None:
    """T15: whatever somebody is called, a mail has the same elements, attributes and links as with a plain name."""
    for message in TEXTS:
        plain, made = Outline(filled(message, "Ana").html), Outline(filled(message, f"a{value}a").html)

        assert made.shape == plain.shape
        assert made.links == plain.links


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "file:///etc/passwd", "x"]
)
def test_t15_only_addresses_of_the_web_become_links(url: str) -> None:
    """T15: a value that is no address of the web makes no mail rather than a link that runs something."""
    letter = example(Message.WELCOME, client_guide=url)

    for body in (
        "{{ client_guide }}",
        "[x]({{ client_guide }})",
        "a {{ client_guide }} b",
        "- [x]({{ client_guide }})",
    ):
        with pytest.raises(TemplateBroken):
            compose(replace(letter, custom=CustomText("own", 1, "s", body)))


@given(st.text(alphabet=st.sampled_from("[]()<>!*_`#-> \n\\{}%:/.&\"'aé1"), max_size=80))
@settings(max_examples=200, deadline=None)
def test_t15_no_text_of_an_office_loads_or_runs_anything(text: str) -> None:
    """T15: of whatever an office types, what is taken makes a mail of known elements with links of known schemes."""
    body = text + NEEDED
    if custom.check(Message.WELCOME, "s", body):
        return

    mail = Outline(custom.render(example(Message.WELCOME), CustomText("own", 1, "s", body)).html)

    assert {each.partition(" ")[0] for each in mail.shape} <= ELEMENTS
    assert all(link.startswith(("https://", "http://", "mailto:", "tel:")) for link in mail.links)
    assert not any(name in each for each in mail.shape for name in ("'on", "'src", "'srcset", "'id'"))


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
@settings(max_examples=100, deadline=None)
def test_f16_what_is_taken_makes_a_mail(text: str) -> None:
    """F16: judging a text never fails itself, and every text that it lets through can be sent."""
    body = text + NEEDED

    if not custom.check(Message.WELCOME, "s", body):
        assert compose(replace(example(Message.WELCOME), custom=CustomText("own", 1, "s", body)))
