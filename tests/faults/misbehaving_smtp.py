"""A real SMTP server that misbehaves on command, and keeps what it took.

It runs in the event loop of the test: `async with MisbehavingSmtp() as server`, or `start()` and `stop()`. `mode` may
be changed at any time and says at which command what goes wrong; `stored` holds the mails it said yes to, and those of
`TAKES_AND_DROPS`, where it did not get to say it. After `stop()` the port is closed until `start()` opens it again.
"""

import asyncio
import base64
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from re import MULTILINE, search
from typing import Literal, Self

from doorstep.local.ports import Claims

Action = Literal["answer", "drop", "stall", "store and drop", "store and stall"]


@dataclass(frozen=True)
class Mode:
    """What goes wrong, and at which command; CONTENT is the dot that ends a mail."""

    at: str = ""
    reply: str = ""
    action: Action = "answer"


ACCEPT = Mode()
BUSY_421 = Mode("CONNECT", "421 4.3.2 too busy for ana@example.org")
DEFER_450 = Mode("RCPT", "450 4.2.1 ana@example.org is busy")
DEFER_451 = Mode("RCPT", "451 4.7.1 greylisted, ana@example.org")
DEFER_452 = Mode("CONTENT", "452 4.3.1 no room")
REFUSE_550 = Mode("RCPT", "550 5.1.1 no such user ana@example.org")
SENDER_REFUSED_550 = Mode("MAIL", "550 5.7.1 not from you")
TOO_LARGE_552 = Mode("CONTENT", "552 5.3.4 too big")
REFUSE_553 = Mode("CONTENT", "553 5.6.0 not allowed")
REFUSE_554 = Mode("CONTENT", "554 5.7.1 spam from ana@example.org")
SIGN_IN_REFUSED_535 = Mode("AUTH", "535 5.7.8 wrong password for portal")
GREETING_REFUSED_554 = Mode("CONNECT", "554 5.7.1 not for you")
BREAKS_TLS = Mode("STARTTLS", "454 4.7.0 TLS not available")
SLOW_GREETING = Mode("CONNECT", action="stall")
SLOW_AFTER_DATA = Mode("CONTENT", action="store and stall")
TAKES_AND_DROPS = Mode("CONTENT", action="store and drop")
DROPS_AT_CONNECT = Mode("CONNECT", action="drop")
DROPS_AT_RCPT = Mode("RCPT", action="drop")
DROPS_BEFORE_DATA = Mode("DATA", action="drop")
GARBAGE = Mode("RCPT", "HTTP/1.1 400 Bad Request")


@dataclass(frozen=True)
class Stored:
    """A mail that the server took, with its envelope; `options` are what the client asked for beside the addresses."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    is_encrypted: bool
    username: str
    options: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """The name of its message, read without parsing the rest."""
        found = search(rb"^X-Doorstep-Message: (\w+)\r$", self.content, MULTILINE)
        return found[1].decode() if found else ""

    @property
    def mail(self) -> EmailMessage:
        """The mail, parsed."""
        parsed = message_from_bytes(self.content, policy=SMTPUTF8)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass
class MisbehavingSmtp:
    """The server; `url` is what a client needs to find it."""

    mode: Mode = ACCEPT
    tls: ssl.SSLContext | None = None
    is_tls_from_the_start: bool = False
    offers: tuple[str, ...] = ("SIZE 1000000", "8BITMIME", "SMTPUTF8")
    password: str = ""
    stored: list[Stored] = field(default_factory=list)
    connections: int = 0
    taken: asyncio.Event = field(default_factory=asyncio.Event)
    greetings: list[str] = field(default_factory=list)
    port: int = 0
    _server: asyncio.Server | None = None
    _sessions: set["Session"] = field(default_factory=set)
    _claims: Claims = field(default_factory=Claims)

    async def start(self) -> None:
        """Listen, on the same port as before where there was one; no connection gets that port meanwhile."""
        context = self.tls if self.is_tls_from_the_start else None
        self.port = self.port or self._claims.claim("mail", kept=0, usual=0)
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=context)

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._server is not None:
            self._server.close()
            self.hang_up()
            await self._server.wait_closed()
            self._server = None

    def hang_up(self) -> None:
        """Drop all connections, as a server does with idle ones."""
        for session in list(self._sessions):
            session.drop()

    @property
    def url(self) -> str:
        """The address of the server, without a password."""
        return f"{'smtps' if self.is_tls_from_the_start else 'smtp'}://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
        self._claims.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        session = Session(self, reader, writer, is_encrypted=self.is_tls_from_the_start)
        self._sessions.add(session)
        with suppress(OSError, EOFError, ssl.SSLError):
            await session.run()
        self._sessions.discard(session)
        session.drop()


@dataclass(eq=False)
class Session:
    """One connection to the server."""

    server: MisbehavingSmtp
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    is_encrypted: bool
    username: str = ""
    sender: str = ""
    recipients: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)

    def drop(self) -> None:
        """Hang up without a word."""
        self.writer.transport.abort()

    async def run(self) -> None:
        """Answer until one side hangs up."""
        if await self._goes_wrong("CONNECT"):
            return
        await self._say("220 mail.example.org ready")
        while line := await self.reader.readline():
            verb, _, rest = line.decode().strip().partition(" ")
            if await self._goes_wrong(verb.upper()):
                continue
            await self._answer(verb.upper(), rest)

    async def _goes_wrong(self, at: str) -> bool:
        mode = self.server.mode
        if mode.at != at:
            return False
        if mode.action == "answer":
            await self._say(mode.reply)
            if at == "CONNECT" or mode.reply.startswith("421"):
                self.writer.close()
        if "stall" in mode.action:
            await asyncio.Event().wait()
        if "drop" in mode.action:
            self.drop()
        return True

    async def _answer(self, verb: str, rest: str) -> None:
        match verb:
            case "EHLO":
                self.server.greetings.append(rest)
                await self._say(*(f"250-{line}" for line in ("mail.example.org", *self._offers())), "250 HELP")
            case "STARTTLS" if self.server.tls:
                await self._say("220 go ahead")
                await self._encrypt(self.server.tls)
            case "AUTH":
                await self._sign_in(rest)
            case "MAIL":
                self.sender, self.recipients = rest.partition("<")[2].partition(">")[0], []
                self.options = rest.partition(">")[2].split()
                await self._say("250 fine")
            case "RCPT":
                self.recipients.append(rest.partition("<")[2].partition(">")[0])
                self.options += rest.partition(">")[2].split()
                await self._say("250 fine")
            case "DATA":
                await self._say("354 go on")
                await self._take(await self.reader.readuntil(b"\r\n.\r\n"))
            case "QUIT":
                await self._say("221 bye")
                self.writer.close()
            case _:
                await self._say("250 fine" if verb in {"RSET", "NOOP"} else "502 what?")

    async def _encrypt(self, context: ssl.SSLContext) -> None:
        # Not `writer.start_tls`: after a client that hangs up on our certificate it leaves a writer without transport.
        protocol = self.writer.transport.get_protocol()
        loop = asyncio.get_running_loop()
        transport = await loop.start_tls(self.writer.transport, protocol, context, server_side=True)
        if transport is None:
            raise EOFError
        self.reader._transport = transport  # type: ignore[attr-defined]
        self.writer = asyncio.StreamWriter(transport, protocol, self.reader, loop)
        self.is_encrypted = True

    def _offers(self) -> list[str]:
        can_encrypt = self.server.tls is not None and not self.is_encrypted
        return [*self.server.offers, *(["STARTTLS"] * can_encrypt), *(["AUTH PLAIN"] * bool(self.server.password))]

    async def _sign_in(self, rest: str) -> None:
        _, username, password = base64.b64decode(rest.partition(" ")[2]).decode().split("\0")
        if password != self.server.password:
            await self._say("535 5.7.8 wrong password")
            return
        self.username = username
        await self._say("235 welcome")

    async def _take(self, content: bytes) -> None:
        mode = self.server.mode
        if mode.at != "CONTENT" or "store" in mode.action:
            whole = content[:-3].replace(b"\r\n..", b"\r\n.")
            envelope = (self.sender, tuple(self.recipients), whole, self.is_encrypted, self.username)
            self.server.stored.append(Stored(*envelope, options=tuple(self.options)))
            self.server.taken.set()
        if not await self._goes_wrong("CONTENT"):
            await self._say("250 2.0.0 taken")

    async def _say(self, *lines: str) -> None:
        self.writer.write("".join(f"{line}\r\n" for line in lines).encode())
        await self.writer.drain()
