"""Open connections to the mail server, a few of them kept for the next mail: an invitation brings several."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from aiosmtplib import SMTP, SMTPException

from doorstep.mail.outcomes import Attempt, Step
from doorstep.mail.relay import Relay, Security

MAX_IDLE = 4
IDLE_SECONDS = 10.0
STALE_SECONDS = 2.0  # a connection that takes longer than this to answer RSET is replaced
GOODBYE_SECONDS = 1.0


class TlsMissingError(SMTPException):
    """The server offers no encryption where we insist on it."""


async def open_connection(relay: Relay, attempt: Attempt) -> SMTP:
    """A new connection: greeted, encrypted and signed in as the relay wants it; without a time limit of its own."""
    client = SMTP(
        hostname=relay.host,
        port=relay.port,
        local_hostname=relay.helo,
        timeout=None,
        use_tls=relay.security is Security.FROM_THE_START,
        start_tls=False,
        tls_context=relay.tls,
    )
    try:
        attempt.step = Step.CONNECT
        await client.connect()
        await client.ehlo()
        is_encrypted = await _encrypt(client, relay, attempt)
        await _sign_in(client, relay, attempt, is_encrypted=is_encrypted)
    except BaseException:  # a cancelled attempt must not leave its connection behind either
        client.close()
        raise
    return client


async def _encrypt(client: SMTP, relay: Relay, attempt: Attempt) -> bool:
    if relay.security is Security.FROM_THE_START:
        return True
    attempt.step = Step.TLS
    if client.supports_extension("starttls"):
        await client.starttls()
        await client.ehlo()
        return True
    if relay.security is Security.REQUIRED:
        raise TlsMissingError("The mail server does not offer STARTTLS.")
    return False


async def _sign_in(client: SMTP, relay: Relay, attempt: Attempt, *, is_encrypted: bool) -> None:
    if not relay.username:
        return
    if not is_encrypted and not relay.is_loopback:
        # Whoever sits in between may have struck the offer of STARTTLS out, to be told the password.
        raise TlsMissingError("The password is not sent unencrypted.")
    attempt.step = Step.SIGN_IN
    await client.login(relay.username.encode(), relay.password.encode())


@dataclass
class Connections:
    """The idle connections of one relay, the freshest on top."""

    relay: Relay
    is_closed: bool = False
    _idle: list[tuple[SMTP, asyncio.TimerHandle]] = field(default_factory=list)

    async def take(self, attempt: Attempt) -> SMTP:
        """A connection that answers; servers hang up on idle ones, and that is no failure of anybody's."""
        while self._idle:
            client, timer = self._idle.pop()
            timer.cancel()
            if await _answers(client):
                return client
            self._drop_idle()  # the others have been waiting for even longer
        return await open_connection(self.relay, attempt)

    def give_back(self, client: SMTP) -> None:
        """Keep a connection for the next mail, where there is room."""
        if self.is_closed or len(self._idle) >= MAX_IDLE or not client.is_connected:
            leave(client)
            return
        timer = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._retire, client)
        self._idle.append((client, timer))

    async def close(self) -> None:
        """Say goodbye on every idle connection."""
        self.is_closed = True
        clients = [client for client, _ in self._idle]
        for _, timer in self._idle:
            timer.cancel()
        self._idle.clear()
        await asyncio.gather(*(_quit(client) for client in clients))

    def _retire(self, client: SMTP) -> None:
        self._idle = [entry for entry in self._idle if entry[0] is not client]
        leave(client)

    def _drop_idle(self) -> None:
        for client, timer in self._idle:
            timer.cancel()
            leave(client)
        self._idle.clear()


async def _answers(client: SMTP) -> bool:
    """True where the connection is alive and forgets the mail before; otherwise it is closed."""
    if not client.is_connected:
        client.close()
        return False
    try:
        await client.rset(timeout=STALE_SECONDS)
    except (SMTPException, OSError):
        client.close()
        return False
    except BaseException:
        client.close()
        raise
    return True


async def _quit(client: SMTP) -> None:
    with suppress(SMTPException, OSError):
        await client.quit(timeout=GOODBYE_SECONDS)
    client.close()


def leave(client: SMTP) -> None:
    """Hang up politely, without waiting for the answer."""
    with suppress(SMTPException):
        if client.protocol is not None:
            client.protocol.write(b"QUIT\r\n")
    client.close()
