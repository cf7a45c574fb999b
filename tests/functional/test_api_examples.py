"""What `docs/api.md` shows works as it stands there: each curl, and the lines of Python."""

import re
import shlex
import textwrap
from pathlib import Path

import httpx2
import pytest

from doorstep.domain.keys import Scope
from doorstep.domain.states import State
from tests.command_line import CommandLine, environment
from tests.house import House
from tests.systems import Systems

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


def curls() -> list[list[str]]:
    """The words of every call of curl, in order."""
    blocks = re.findall(r"```console\n(.*?)```", PAGE, flags=re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [shlex.split(line.removeprefix("$ ")) for line in lines if line.startswith("$ curl")]


def parsed(words: list[str], values: dict[str, str]) -> tuple[str, str, dict[str, str], str | None]:
    """The method, the address, the headers and the body of a call."""
    filled = [re.sub(r"\$([A-Z]+)", lambda found: values[found[1]], word) for word in words]
    headers, body, method, url = {}, None, "", ""
    rest = iter(filled[1:])
    for word in rest:
        match word:
            case "-s":
                pass
            case "-H":
                name, _, value = next(rest).partition(": ")
                headers[name] = value
            case "-d":
                body = next(rest)
            case "-X":
                method = next(rest)
            case _:
                url = word
    return method or ("GET" if body is None else "POST"), url.removeprefix("https://portal.example"), headers, body


async def test_every_curl_of_the_page_succeeds(house: House) -> None:
    """Whoever copies a line gets what the page says."""
    systems, office = Systems.of(house), await house.office()
    values = {"KEY": await systems.key(office, Scope.INVITE, Scope.APPROVE)}
    answers: list[httpx2.Response] = []

    async with systems.calling() as system:
        for words in curls():
            method, url, headers, body = parsed(words, values)
            answers.append(await system.request(method, url, headers=headers, content=body))
            values.setdefault("ID", answers[0].json()["id"])

    assert [each.status_code for each in answers] == [201, 200, 200, 200, 200]
    assert answers[-1].json()["state"] == "revoked"


async def test_the_python_of_the_page_runs(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """`from starter import connect`, with an office of that name."""
    office = await house.office()
    [code] = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    for name, value in environment(house.settings, house.client.service_client.config.target_host).items():
        monkeypatch.setenv(name, value)
    known: dict[str, object] = {}

    exec(f"async def run():\n{textwrap.indent(code.replace('nz', office), '    ')}", known)  # noqa: S102 - it is ours
    await known["run"]()  # type: ignore[operator]

    [made] = await house.doorstep.list(office=office)
    assert (made.name, made.state) == ("Ana", State.REVOKED)


async def test_keys_are_made_and_revoked_at_the_command_line(house: House, doorstep: CommandLine) -> None:
    """The key stands alone on stdout, the list never has it, and a revoked one is told so."""
    office = await house.office()

    added = await doorstep("key", "add", office, "erp", "--scope", "read", "--scope", "invite", "--expires-in", "90d")
    listed = await doorstep.done("key", "list", office)
    revoked = await doorstep.done("key", "revoke", office, "erp")
    again = await doorstep.refused("key", "revoke", office, "erp")

    secret = added.out.strip()
    assert re.fullmatch(r"dsk_[A-Za-z0-9_-]{43}", secret)
    assert added.err.strip() == "Keep it now: nobody can show it again."
    [key] = listed["keys"]
    assert (key["name"], key["scopes"], key["created_by"]) == ("erp", ["invite", "read"], "operator")
    assert key["expires_at"].endswith("Z")
    assert secret not in str(listed)
    assert revoked["revoked_at"] is not None
    assert again["code"] == "no_such_key"
