"""The local text gateway: Twilio's own client talks to it, the mailbox shows what it took, its reports are signed."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qsl
from uuid import UUID

import httpx2
import pytest

from doorstep.domain.messages import DeliveryStatus, Handover, HandoverResult
from doorstep.local.home import ANY_PORTS, Home, settle
from doorstep.local.ports import Claims
from doorstep.local.stack import Stack
from doorstep.text.callbacks import PATH, SIGNATURE_HEADER, Report, is_genuine, report_of
from doorstep.text.gateway import Gateway, gateway_from
from doorstep.text.texter import Texter
from tests.faults.texting import DELIVERY, TO, texting
from tests.house import PATIENCE

LINK = "http://127.0.0.1:8080/invitation/7Jq0s3n1mX8bV2kTzYw5RfHcLdQeGaUoPi9NvM4tBxE"


@pytest.fixture(scope="module")
async def stack() -> AsyncIterator[Stack]:
    """A stack of the mailbox alone."""
    with TemporaryDirectory(prefix="doorstep-") as made:
        async with Stack(Home.at(Path(made)), parts={"mailbox"}, ports=ANY_PORTS) as running:
            yield running


@pytest.fixture(scope="module")
def page(stack: Stack) -> Iterator[httpx2.Client]:
    """A browser at the page of the mailbox."""
    with httpx2.Client(base_url=stack.values["DOORSTEP_MAILBOX_URL"], trust_env=False, timeout=PATIENCE) as browser:
        yield browser


def gateway(stack: Stack) -> Gateway:
    """The gateway that the processes of the stack are told of."""
    found = gateway_from(texting(stack.values["DOORSTEP_TEXT_URL"]))
    assert found is not None
    return found


async def send(stack: Stack, text: str, *, to: str = TO, portal: str = "http://127.0.0.1:9") -> HandoverResult:
    """Hand one text over, as a worker of the stack does."""
    told = texting(stack.values["DOORSTEP_TEXT_URL"], public_url=portal, seconds=PATIENCE)
    async with Texter.of(told) as texter:
        return await texter.hand_over(text, to, DELIVERY)


async def test_a_text_is_kept_and_shown_among_the_mails(stack: Stack, page: httpx2.Client) -> None:
    """S0.8: without any account anywhere, an invitation by text ends on the page of the mailbox, its link to click."""
    result = await send(stack, f"Riverbend: set up your user. {LINK}", to="+64215550143")

    shown = page.get("/", params={"find": "+64215550143"}).text
    path = shown.partition('href="text/')[2].partition('"')[0]
    text = page.get(f"/text/{path}").text
    assert result == HandoverResult(Handover.ACCEPTED, reply_code=201)
    assert "Riverbend: set up your user." in shown
    assert f'href="{LINK}"' in text
    assert "+15005550006" in text


async def test_a_text_is_a_file_that_scripts_can_read(stack: Stack) -> None:
    """S0.8: beside the parts of the Maildir, which stays one, each text is a JSON file of its own."""
    await send(stack, "“Hello”", to="+64215550144")

    files = [json.loads(path.read_text(encoding="utf-8")) for path in (stack.home.mail / "texts").glob("*.json")]
    [kept] = [file for file in files if file["recipient"] == "+64215550144"]
    assert (kept["sender"], kept["body"]) == ("+15005550006", "“Hello”")
    assert sorted(path.name for path in stack.home.mail.iterdir()) == ["cur", "new", "texts", "tmp"]


async def test_the_page_escapes_what_a_text_brings(stack: Stack, page: httpx2.Client) -> None:
    """T15: a text is somebody else's words, and the page runs none of them."""
    await send(stack, "<script>alert(1)</script>", to="+64215550145")

    shown = page.get("/", params={"find": "+64215550145"}).text
    path = shown.partition('href="text/')[2].partition('"')[0]
    assert "<script>" not in shown + page.get(f"/text/{path}").text


async def test_the_page_tells_what_a_character_costs(stack: Stack, page: httpx2.Client) -> None:
    """S0.17: whoever tries a text out sees that it makes two messages, and which character does it."""
    await send(stack, "á" + "a" * 90, to="+64215550146")

    shown = page.get("/", params={"find": "+64215550146"}).text
    path = shown.partition('href="text/')[2].partition('"')[0]
    assert "The character á makes it two messages, not one." in page.get(f"/text/{path}").text


async def test_the_newest_comes_first_whatever_it_is(stack: Stack, page: httpx2.Client) -> None:
    """S0.8: texts stand among the mails in the order of their arrival."""
    await send(stack, "the first of two", to="+64215550147")
    await send(stack, "the second of two", to="+64215550147")

    shown = page.get("/").text

    assert shown.index("the second of two") < shown.index("the first of two")


Reports = asyncio.Queue[tuple[str, dict[str, str], str]]


@asynccontextmanager
async def portal_at(host: str) -> AsyncIterator[tuple[str, Reports]]:
    """Pages that take reports, and the path, the words and the signature of each."""
    reports: Reports = asyncio.Queue()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in head[1:] if line)
        body = await reader.readexactly(int(headers["Content-Length"]))
        await reports.put((head[0].split()[1], dict(parse_qsl(body.decode())), headers[SIGNATURE_HEADER]))
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(take, host, 0) as server:
        yield f"http://{host}:{server.sockets[0].getsockname()[1]}", reports


async def test_reports_are_signed_and_tell_of_the_delivery(stack: Stack) -> None:
    """S0.17: the gateway reports to our own address, in words that we believe: sent first, delivered after."""
    async with portal_at("127.0.0.1") as (portal, reports):
        await send(stack, "hello", portal=portal)
        got = [await asyncio.wait_for(reports.get(), PATIENCE) for _ in range(2)]

    assert [path for path, _, _ in got] == [f"{PATH}/{DELIVERY}"] * 2
    assert [report_of(said) for _, said, _ in got] == [Report(DeliveryStatus.SENT), Report(DeliveryStatus.DELIVERED)]
    for _, said, signature in got:
        assert is_genuine(gateway(stack), portal, DELIVERY, said, signature)
        assert not is_genuine(gateway(stack), portal, UUID(int=1), said, signature)


async def test_reports_go_to_this_machine_alone(stack: Stack) -> None:
    """Nothing leaves this machine: a report to any other address is not sent."""
    async with portal_at("127.0.0.2") as (elsewhere, theirs), portal_at("127.0.0.1") as (portal, ours):
        await send(stack, "hello", portal=elsewhere)
        await send(stack, "hello", portal=portal)
        for _ in range(2):
            await asyncio.wait_for(ours.get(), PATIENCE)

    assert theirs.empty()


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"To": "0215550142"}, 400, 21211),
        ({"From": ""}, 400, 21603),
        ({"Body": ""}, 400, 21602),
        ({"Body": "a" * 1601}, 400, 21617),
    ],
)
def test_f12_it_refuses_what_twilio_refuses(
    stack: Stack, page: httpx2.Client, changes: dict[str, str], status: int, code: int
) -> None:
    """F12: a mistake that would come out at Twilio comes out here, with the same code."""
    found = gateway(stack)
    fields = {"To": TO, "From": found.sender, "Body": "hello"} | changes

    answer = page.post(
        f"/2010-04-01/Accounts/{found.account}/Messages.json", data=fields, auth=(found.account, found.token)
    )

    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("auth", [None, ("somebody", "secret"), ("", "")])
def test_f13_it_wants_an_account_and_its_token(stack: Stack, page: httpx2.Client, auth: tuple[str, str] | None) -> None:
    """F13: without an account, or with one and the address of another, it answers as Twilio does."""
    path = f"/2010-04-01/Accounts/{gateway(stack).account}/Messages.json"

    answer = page.post(path, data={"To": TO}, auth=auth)  # type: ignore[arg-type]

    assert (answer.status_code, answer.json()["code"]) == (401, 20003)


def test_a_web_site_cannot_read_texts_through_a_name_of_its_own(page: httpx2.Client) -> None:
    """A name that somebody points at this machine is not ours: texts hold live links, as mails do."""
    assert page.get("/", headers={"Host": "evil.example"}).status_code == 400


def test_a_home_from_before_gets_a_gateway(tmp_path: Path) -> None:
    """S0.8: a home from before there were texts learns of the gateway at its next `up`, and keeps all it had."""
    home = Home.at(tmp_path)
    home.settings.write_text(json.dumps({"DOORSTEP_LINK_KEYS": "k1:kept"}), encoding="utf-8")
    claims = Claims()

    values = settle(home, claims, usual=ANY_PORTS, database_url="postgresql://doorstep@localhost/doorstep")
    claims.close()

    found = gateway_from(texting(values["DOORSTEP_TEXT_URL"]))
    assert found is not None
    assert found.base_url == values["DOORSTEP_MAILBOX_URL"]
    assert json.loads(home.settings.read_text(encoding="utf-8")) == values
    assert values["DOORSTEP_LINK_KEYS"] == "k1:kept"
