"""A text gateway that misbehaves on command, and keeps what it took; it speaks Twilio's API over HTTP.

It runs in the event loop of the test: `async with MisbehavingTexts() as gateway`, or `start()` and `stop()`. `mode` may
be changed at any time; `stored` holds the texts it said yes to, and those of `TAKES_AND_DROPS` and the like, where it
did not get to say it. After `stop()` the port is closed until `start()` opens it again.
"""

import asyncio
import base64
import json
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal, Self
from urllib.parse import parse_qs

from twilio.request_validator import RequestValidator

from doorstep.local.ports import Claims

Action = Literal["answer", "drop", "stall", "store and drop", "store and stall"]

ACCOUNT = "AC" + "0123456789abcdef" * 2
TOKEN = "a-token-of-the-gateway-that-nobody-may-read"
SENDER = "+15005550006"


@dataclass(frozen=True)
class Mode:
    """What the gateway answers to a request, or does instead; `at` the connection it does so before any request."""

    status: int = 201
    code: int | None = None
    body: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    action: Action = "answer"
    is_at_connect: bool = False


ACCEPT = Mode()
INVALID_NUMBER_21211 = Mode(400, 21211)
OPTED_OUT_21610 = Mode(400, 21610)
SIGN_IN_REFUSED_401 = Mode(401, 20003)
BUSY_429 = Mode(429, 20429, headers={"Retry-After": "30"})
BROKEN_500 = Mode(500, 20500)
DOWN_503 = Mode(503, body="<html>down for maintenance</html>")
DROPS_AT_CONNECT = Mode(action="drop", is_at_connect=True)
HANGS = Mode(action="stall")
TAKES_AND_HANGS = Mode(action="store and stall")
TAKES_AND_DROPS = Mode(action="store and drop")


@dataclass(frozen=True)
class Stored:
    """A text that the gateway took."""

    to: str
    body: str
    sender: str
    service: str
    status_callback: str


@dataclass(frozen=True)
class Callback:
    """A report as the gateway would send it."""

    url: str
    fields: dict[str, str]
    signature: str


@dataclass
class MisbehavingTexts:
    """The gateway; `url` is what `DOORSTEP_TEXT_URL` needs to find it."""

    mode: Mode = ACCEPT
    tls: ssl.SSLContext | None = None
    stored: list[Stored] = field(default_factory=list)
    requests: int = 0
    connections: int = 0
    taken: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _claims: Claims = field(default_factory=Claims)

    @property
    def url(self) -> str:
        """The setting, with the account, its token and the number it sends from."""
        scheme = "twilio" if self.tls else "twilio+http"
        return f"{scheme}://{ACCOUNT}:{TOKEN}@127.0.0.1:{self.port}?from={SENDER}"

    async def start(self) -> None:
        """Listen, on the same port as before where there was one; no connection gets that port meanwhile."""
        self.port = self.port or self._claims.claim("texts", kept=0, usual=0)
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self.tls)

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._server is not None:
            self._server.close()
            for writer in list(self._open):
                writer.transport.abort()
            await self._server.wait_closed()
            self._server = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
        self._claims.close()

    def callback(self, text: Stored, status: str, code: int | None = None) -> Callback:
        """A report about a text, signed as Twilio signs it."""
        fields = {"AccountSid": ACCOUNT, "MessageSid": "SM" + "0" * 32, "MessageStatus": status, "To": text.to}
        fields |= {"ErrorCode": str(code)} if code else {}
        return Callback(
            text.status_callback, fields, RequestValidator(TOKEN).compute_signature(text.status_callback, fields)
        )

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        with suppress(OSError, EOFError):
            while await self._talk(reader, writer):
                pass
        self._open.discard(writer)
        writer.transport.abort()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request; true where another may follow on the same connection."""
        if self.mode.is_at_connect:
            await self._misbehave(reader)
            return False
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
        body = await reader.readexactly(int(headers["content-length"]))
        self.requests += 1
        if "store" in self.mode.action or (self.mode.action == "answer" and self.mode.status == ACCEPT.status):
            self._store(body.decode())
        if self.mode.action != "answer":
            await self._misbehave(reader)
            return False
        mode = self.mode if self._is_known(head[0], headers) else SIGN_IN_REFUSED_401
        writer.write(_answer(mode))
        await writer.drain()
        return headers.get("connection") != "close"

    async def _misbehave(self, reader: asyncio.StreamReader) -> None:
        if "stall" in self.mode.action:
            await reader.read()  # until the other side gives up

    def _is_known(self, line: str, headers: Mapping[str, str]) -> bool:
        key = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        wanted = f"POST /2010-04-01/Accounts/{ACCOUNT}/Messages.json HTTP/1.1"
        return line == wanted and headers.get("authorization") == f"Basic {key}"

    def _store(self, body: str) -> None:
        said = {name: values[0] for name, values in parse_qs(body, strict_parsing=True).items()}
        names = ("To", "Body", "From", "MessagingServiceSid", "StatusCallback")
        self.stored.append(Stored(*(said.get(name, "") for name in names)))
        self.taken.set()


def _answer(mode: Mode) -> bytes:
    if mode.body is not None and not mode.body.startswith(("<", "{")):
        return mode.body.encode()  # no HTTP at all
    # A gateway repeats in its errors what it was told, and so may this one.
    said = {"sid": "SM" + "0" * 32, "status": "queued"} if mode.code is None else _error(mode.status, mode.code)
    body = (json.dumps(said) if mode.body is None else mode.body).encode()
    headers = {"Content-Length": str(len(body)), **mode.headers}
    lines = [f"HTTP/1.1 {mode.status} as it is", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _error(status: int, code: int) -> dict[str, object]:
    words = "The 'To' number +6421555014 is of no use, says the account with the token."
    return {"code": code, "message": words, "more_info": f"https://www.twilio.com/docs/errors/{code}", "status": status}
