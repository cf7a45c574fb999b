"""The command line for the texts of an office."""

import asyncio
import json
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from tests.command_line import DOORSTEP, CommandLine
from tests.house import House

EJS = "accountactivation-EJS"
BODY = "Kia ora{% if recipient_name %} {{ recipient_name }}{% endif %}.\n\n[Sign in]({{ sign_in_url }})\n"
ESCAPE = "\x1b]0;pwned\x07"


@pytest.fixture
def body(tmp_path: Path) -> Path:
    """A file with a sound text."""
    path = tmp_path / "body.md"
    path.write_text(BODY, encoding="utf-8")
    return path


async def test_s4_14_a_text_is_set_shown_and_taken_back(house: House, doorstep: CommandLine, body: Path) -> None:
    """S4.14: what is saved is shown with its version and whoever saved it, and every version has a way back."""
    office = await house.office()
    text = ("--subject", "Kia ora", "--body-file", str(body))

    saved = await doorstep.done("--as", "tom@office.example", "template", "set", office, EJS, *text)
    shown = await doorstep.done("template", "show", office, EJS)
    back = await doorstep.done("template", "restore", office, EJS, "0")
    versions = await doorstep.done("template", "versions", office, EJS)
    again = await doorstep("template", "restore", office, EJS, "1")
    told = await doorstep("template", "show", office, EJS)

    assert (saved["version"], saved["locale"], saved["changed_by"]) == (1, "en", "tom@office.example")
    assert (shown["version"], shown["subject"], shown["body"]) == (1, "Kia ora", BODY.rstrip())
    assert shown["required"] == ["sign_in_url"]
    assert {"name": "sign_in_url", "kind": "address", "meaning": "the page to sign in", "may_be_empty": False} in shown[
        "variables"
    ]
    assert (back["version"], back["is_ours"], back["body"]) == (2, True, None)
    assert [(each["version"], each["is_ours"]) for each in versions["versions"]] == [(2, True), (1, False)]
    assert "has version 3 now, with the text of version 1." in again.out
    assert all(words in told.out for words in ("Subject: Kia ora", "Kia ora{% if", "recipient_name", "or empty"))


async def test_s4_14_a_text_with_faults_is_refused_line_by_line(
    house: House, doorstep: CommandLine, tmp_path: Path
) -> None:
    """S4.14, T14: `check` names every line and ends with 1, `set` refuses the same text and saves nothing."""
    office = await house.office()
    path = tmp_path / "body.md"
    path.write_text("Hello {{ nobody }}\n\n{{ range(10**9) }}\n", encoding="utf-8")
    text = ("--subject", "s", "--body-file", str(path))

    checked = await doorstep("template", "check", office, EJS, *text, "--json")
    refused = await doorstep.refused("template", "set", office, EJS, *text)
    path.write_text(BODY, encoding="utf-8")
    sound = await doorstep.done("template", "check", office, EJS, *text)

    assert (checked.status, checked.json["is_ok"]) == (1, False)
    assert [(each["part"], each["line"]) for each in checked.json["findings"]] == [
        ("body", 1),
        ("body", 3),
        ("body", 3),
    ]
    assert refused["code"] == "template_refused"
    assert "Body, line 3: This is an unsafe expression." in refused["message"]
    assert (await doorstep.done("template", "versions", office, EJS))["versions"] == []
    assert sound == {"is_ok": True, "findings": []}


async def test_s1_16_an_unknown_template_is_refused_with_the_nearest(house: House, doorstep: CommandLine) -> None:
    """S1.16: a slip in the name is answered with the names that come nearest, without what moves the cursor."""
    office = await house.office()

    slip = await doorstep.refused("template", "show", office, "accountactivation-ejs")
    wild = await doorstep("template", "show", office, f"x{ESCAPE}")

    assert (slip["code"], slip["status"]) == ("no_such_template", 404)
    assert "Did you mean accountactivation-EJS?" in slip["message"]
    assert wild.status == 1
    assert "\x1b" not in wild.err


async def test_s2_16_a_locked_template_says_so(house: House, doorstep: CommandLine, body: Path) -> None:
    """S2.16: the list marks it, showing it says why, setting it is refused."""
    office = await house.office()

    listed = await doorstep.done("template", "list", office)
    told = await doorstep("template", "list", office)
    shown = await doorstep("template", "show", office, "invitation")
    refused = await doorstep.refused(
        "template", "set", office, "invitation", "--subject", "s", "--body-file", str(body)
    )

    locked = {each["name"] for each in listed["templates"] if each["is_locked"]}
    assert {"invitation", "set_password", "password_reset"} <= locked
    assert EJS not in locked
    assert "locked" in told.out
    assert "cannot be changed" in shown.out
    assert (refused["code"], refused["status"]) == ("template_locked", 403)


async def test_s1_14_a_template_of_the_offices_own(house: House, doorstep: CommandLine, body: Path) -> None:
    """S1.14: it begins like another one, stands in the list, and is the one that an invitation can name."""
    office = await house.office()
    await doorstep.done("template", "set", office, EJS, "--subject", "s", "--body-file", str(body), "--locale", "es-mx")

    made = await doorstep.done("template", "add", office, "growers", "--like", EJS)
    twice = await doorstep.refused("template", "add", office, "growers")
    listed = await doorstep.done("template", "list", office)

    assert (made["name"], made["message"]) == ("growers", "welcome")
    assert twice["code"] == "template_taken"
    assert listed["templates"][-1] == {
        "name": "growers",
        "message": "welcome",
        "is_locked": False,
        "texts": [{"locale": "es_MX", "version": 1, "is_ours": False}],
    }


async def test_a_preview_is_printed_and_written(
    house: House, doorstep: CommandLine, body: Path, tmp_path: Path
) -> None:
    """A saved text, ours, and one that is not saved yet are seen before anybody gets them."""
    office = await house.office()
    page = tmp_path / "mail.html"

    ours = await doorstep("template", "preview", office, "invitation")
    draft = await doorstep.done(
        *("template", "preview", office, EJS, "--subject", "Hi {{ recipient_name }}"),
        *("--body-file", str(body), "--html", str(page)),
    )
    half = await doorstep.refused("template", "preview", office, EJS, "--subject", "Hi")

    assert ours.out.startswith("Subject: You are invited to")
    assert (draft["subject"], draft["warnings"][0].partition(":")[0]) == ("Hi Ana Ruiz", "Subject, line 1")
    assert draft["text"].startswith("Kia ora Ana Ruiz.\n\nSign in:\nhttps://")
    assert page.read_text(encoding="utf-8") == draft["html"]
    assert "Sign in</a>" in draft["html"]
    assert half["code"] == "template_refused"


async def test_a_body_comes_from_a_pipe_too(house: House, doorstep: CommandLine, body: Path) -> None:
    """`-` reads the standard input; a file that is none, or no text, is a wrong usage."""
    office = await house.office()
    wrong = body.with_name("latin.md")
    wrong.write_bytes("Grüße".encode("latin-1"))

    words = ("template", "set", office, EJS, "--subject", "s", "--body-file", "-", "--json")
    piped = await asyncio.create_subprocess_exec(
        *(str(DOORSTEP), *words), stdin=PIPE, stdout=PIPE, stderr=PIPE, env=doorstep.environment
    )
    out, _ = await piped.communicate(BODY.encode())
    missing = await doorstep("template", "set", office, EJS, "--subject", "s", "--body-file", "/nowhere/x.md")
    latin = await doorstep("template", "set", office, EJS, "--subject", "s", "--body-file", str(wrong))

    assert (piped.returncode, json.loads(out)["body"]) == (0, BODY.rstrip())
    assert (missing.status, latin.status) == (2, 2)
    assert "UTF-8" in latin.err
