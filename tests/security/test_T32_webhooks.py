"""T32: webhooks lead out into the world and never back into our own network, whatever an address or a redirect says."""

import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
import trustme
from aiohttp import web
from standardwebhooks import Webhook

from doorstep.domain.errors import Invalid
from doorstep.domain.webhook_urls import checked_url, may_be_sent_to
from doorstep.settings import unsafe
from doorstep.store import records
from doorstep.webhooks.outcomes import Cause, Reply, pause_asked
from doorstep.webhooks.resolving import require_reachable
from doorstep.webhooks.sender import Sender, headers_of
from tests.functional.webhook_receiver import receiving
from tests.house import House, settings_for

SECRET = "whsec_" + "c2VjcmV0IG9mIHRoaXJ0eS10d28gYnl0ZXMgbG9uZyE="
IDENTIFIER = UUID("0199a4c2-9b77-7f2e-8c41-5e0a92d1b364")
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

INSIDE = (
    *("127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),  # noqa: S104
    *("192.0.0.8", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.1.1.1"),
    *("240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1"),
    *("::ffff:8.8.8.8", "::ffff:10.0.0.1", "::8.8.8.8", "64:ff9b::8.8.8.8", "64:ff9b::a00:1", "64:ff9b:1::1"),
    *("2002:a00:1::1", "2002:808:808::1", "2001:0:53aa::1", "2001:db8::1", "3fff::1", "fec0::1", "no-address", ""),
)


async def sent(url: str, *, may_be_loopback: bool) -> Reply:
    """One try."""
    return await Sender(may_be_loopback=may_be_loopback).send(url, IDENTIFIER, "{}", (SECRET,), NOW)


@pytest.mark.parametrize("address", INSIDE)
def test_nothing_is_sent_to_a_private_or_reserved_address(address: str) -> None:
    """T32: loopback, link-local, private, shared, multicast, and IPv6 that carries an IPv4 address are refused."""
    assert not may_be_sent_to(address, may_be_loopback=False)
    assert may_be_sent_to(address, may_be_loopback=True) == (address in {"127.0.0.1", "127.8.8.8", "::1"})


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "100.63.255.255", "2606:4700:4700::1111", "2a00:1450::1"])
def test_what_is_public_is_sent_to(address: str) -> None:
    """T32: the rule leaves the Internet alone."""
    assert may_be_sent_to(address, may_be_loopback=False)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://erp.example/",
            "ftp://erp.example/",
            "file:///etc/passwd",
            "erp.example",
            "https://",
            "https:///x",
            "",
        ),
        *("https://user:pw@erp.example/", "https://@erp.example/", "https://erp.example/#x", "https://erp.example:x/"),
        *(
            "https://erp.example\\@10.0.0.1/",
            "https://%31%30.0.0.1/",
            "https://erp.example/\r\nHost: x",
            "https://a b/",
        ),
        *("https://\uff45rp.example/", "https://[::1%25eth0]/", "https://[::1/", "https://e/" + "x" * 2000),
    ],
)
@pytest.mark.parametrize("may_be_loopback", [False, True])
def test_an_address_that_is_none_is_refused(url: str, may_be_loopback: bool) -> None:  # noqa: FBT001 - pytest's
    """T32: https alone, without a user or a fragment, and nothing that another reader takes for another host."""
    with pytest.raises(Invalid, match="For instance: https") as refusal:
        checked_url(url, may_be_loopback=may_be_loopback)

    assert refusal.value.code == "webhook_url"


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "[::1]", "10.0.0.1", "169.254.169.254", "[::ffff:127.0.0.1]", "[64:ff9b::a00:1]"),
        *("2130706433", "127.1", "0x7f.0.0.1", "017700000001", "0"),
    ],
)
async def test_a_literal_or_a_name_that_leads_inside_is_not_connected_to(host: str) -> None:
    """T32: checked when it is added and at each try, in every way to write the same number."""
    async with receiving() as receiver:
        port = receiver.url.split(":")[2].split("/")[0]
        url = f"https://{host}:{port}/"

        reply = await sent(url, may_be_loopback=False)
        with pytest.raises(Invalid) as refusal:
            await require_reachable(checked_url(url, may_be_loopback=False))

    assert reply.cause in {Cause.ADDRESS_PRIVATE, Cause.ADDRESS_UNUSABLE}
    assert refusal.value.code in {"webhook_address_private", "webhook_host_unknown"}
    assert receiver.got == []


class Names:
    """What the system's resolver answers, name by name, one answer after the other; counts how often it is asked."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self.answers = answers
        self.asked = 0
        self._system = socket.getaddrinfo

    def getaddrinfo(self, host: str, port: int, *more: Any, **options: Any) -> list[tuple[Any, ...]]:
        """In place of the one of the system, which a test has no name server for; a worker may ask for other names."""
        if (name := str(host).partition(".")[0]) not in self.answers:
            return [*self._system(host, port, *more, **options)]
        self.asked += 1
        given = self.answers[name]
        found = given.pop(0) if len(given) > 1 else given[0]
        families = [socket.AF_INET6 if ":" in each else socket.AF_INET for each in found]
        return [
            (family, socket.SOCK_STREAM, 6, "", (each, port) if family is socket.AF_INET else (each, port, 0, 0))
            for family, each in zip(families, found, strict=True)
        ]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Names under `.example` that lead where a test wants."""
    made = Names(
        inside=[["10.0.0.1"]],
        mixed=[["8.8.8.8", "10.0.0.1"]],
        mapped=[["::ffff:127.0.0.1"]],
        rebinding=[["127.0.0.1"], ["10.0.0.1"]],
    )
    monkeypatch.setattr(socket, "getaddrinfo", made.getaddrinfo)
    return made


@pytest.mark.parametrize("name", ["inside", "mixed", "mapped"])
async def test_a_name_of_which_any_address_is_private_is_refused(name: str, names: Names) -> None:
    """T32: one bad address among good ones is enough, and what a name leads to is looked at at each try."""
    reply = await sent(f"https://{name}.example/", may_be_loopback=False)

    with pytest.raises(Invalid, match="private") as refusal:
        await require_reachable(checked_url(f"https://{name}.example/", may_be_loopback=False))
    assert reply == Reply(Cause.ADDRESS_PRIVATE)
    assert refusal.value.code == "webhook_address_private"


@asynccontextmanager
async def receiving_encrypted() -> AsyncIterator[tuple[int, list[str], list[str]]]:
    """A receiver with a certificate that nobody knows: its port, the names it was asked for, the requests it got."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("rebinding.example").configure_cert(context)
    asked: list[str] = []
    got: list[str] = []
    context.sni_callback = lambda _socket, name, _context: asked.append(str(name))

    async def answer(request: web.Request) -> web.Response:
        got.append(request.path)
        return web.Response()

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    try:
        yield site._server.sockets[0].getsockname()[1], asked, got  # type: ignore[union-attr]
    finally:
        await runner.cleanup()


async def test_the_address_that_was_checked_is_the_one_that_is_connected_to(names: Names) -> None:
    """T32: a name is looked up once a try; the certificate is still that of the name, and has to be a good one."""
    async with receiving_encrypted() as (port, asked, got):
        first = await sent(f"https://rebinding.example:{port}/", may_be_loopback=True)
        second = await sent(f"https://rebinding.example:{port}/", may_be_loopback=True)

    assert first == Reply(Cause.TLS_FAILED)
    assert asked == ["rebinding.example"]
    assert got == []
    assert second == Reply(Cause.ADDRESS_PRIVATE)
    assert names.asked == 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(status: int) -> None:
    """T32: neither into our own network nor anywhere else: whoever moved says so, and the address is set anew."""
    async with receiving() as inside, receiving(status=status, headers={"Location": inside.url}) as receiver:
        reply = await sent(receiver.url, may_be_loopback=True)

    assert reply == Reply(Cause.REDIRECTED, status)
    assert (len(receiver.got), len(inside.got)) == (1, 0)


async def test_a_private_address_is_refused_when_it_is_added_and_the_attempt_recorded(house: House) -> None:
    """T32: the refusal comes at once; in production plain http and loopback are none of the choices."""
    office = await house.office()

    for url, code in (("https://10.0.0.1/", "webhook_address_private"), ("http://example.com/", "webhook_url")):
        with pytest.raises(Invalid) as refusal:
            await house.doorstep.webhook_add(office, url, events=["*"], owner="it@example.org")
        assert refusal.value.code == code

    assert await house.doorstep.webhooks(office) == []
    refused = await house.run(lambda tx: records.of_office(tx, office, is_refused=True, since=None, limit=10))
    assert sorted(each.code for each in refused) == ["webhook_address_private", "webhook_url"]
    settings = settings_for("postgresql://doorstep@db/doorstep", "smtps://mail", environment="production")
    assert "DOORSTEP_WEBHOOK_LOOPBACK: webhooks never lead to this machine in production" in unsafe(settings)


def test_e9_the_signature_is_right_whatever_the_zone_of_the_clock() -> None:
    """E9: the library signs the digits of a zone as if they were UTC, so a moment is turned into UTC first."""
    now = datetime.now(timezone(timedelta(hours=13)))  # noqa: TID251 - verified against the real clock

    headers = headers_of(IDENTIFIER, "{}", (SECRET,), now)

    assert Webhook(SECRET).verify(b"{}", headers) == {}
    assert headers["webhook-timestamp"] == str(int(now.timestamp()))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        *(("120", 120), ("0", 0), ("999999999999999999", 3600), ("", 0), ("soon", 0), ("-5", 0), ("1.5", 0)),
        *(("Sun, 22 Nov 2026 12:00:30 GMT", 30), ("Sun, 22 Nov 2026 11:00:00 GMT", 0), ("Sun, 99 Nov 2026", 0)),
        ("Mon, 23 Nov 2026 12:00:00 GMT", 3600),
    ],
)
def test_what_a_receiver_asks_for_is_an_hour_at_most(text: str, seconds: int) -> None:
    """T32: a receiver decides about its own pause, and not about ours."""
    assert pause_asked(text, NOW) == timedelta(seconds=seconds)
