"""Whatever people are called and offices type, a mail has our elements and leads where it should (T14, T15)."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import example as case
from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.domain.messages import CustomText, Letter, Message
from doorstep.mail import custom
from doorstep.mail.compose import TemplateBroken, compose
from doorstep.mail.examples import example
from doorstep.mail.plain_text import one_line
from doorstep.mail.rendering import Rendered

NEEDED = "\n\n{{ sign_in_url }}"
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


@pytest.mark.parametrize("html", ["<script>alert(1)</script>", "a <b onclick='x'>b</b>", "<!-- c -->", "<img src=x>"])
def test_t15_html_that_got_past_the_saving_is_words(html: str) -> None:
    """T15: in a text that nobody judged, HTML is printed, never obeyed."""
    plain = custom.render(example(Message.WELCOME), CustomText("own", 1, "s", "a" + NEEDED))

    made = custom.render(example(Message.WELCOME), CustomText("own", 1, "s", html + NEEDED))

    assert Outline(made.html).shape == Outline(plain.html).shape
    assert html in Outline(made.html).words


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
@settings(max_examples=150)
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
@settings(max_examples=200)
def test_t15_no_text_of_an_office_loads_or_runs_anything(text: str) -> None:
    """T15: of whatever an office types, what is taken makes a mail of known elements with links of known schemes."""
    body = text + NEEDED
    if custom.check(Message.WELCOME, "s", body):
        return

    mail = Outline(custom.render(example(Message.WELCOME), CustomText("own", 1, "s", body)).html)

    assert {each.partition(" ")[0] for each in mail.shape} <= ELEMENTS
    assert all(link.startswith(("https://", "http://", "mailto:", "tel:")) for link in mail.links)
    assert not any(name in each for each in mail.shape for name in ("'on", "'src", "'srcset", "'id'"))
