"""Hand a composed mail over to the mail server, and say truly how that ended (F10 to F15)."""

import asyncio
import re
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import EmailPolicy
from types import TracebackType
from typing import Self
from uuid import UUID

import structlog
from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPNotSupported,
    SMTPResponseException,
    SMTPServerDisconnected,
)
from aiosmtplib.protocol import normalize_message_line_endings

from doorstep.domain.addresses import AddressError
from doorstep.domain.messages import Handover, HandoverResult
from doorstep.mail.connections import Connections
from doorstep.mail.mailbox import reachable
from doorstep.mail.outcomes import OPERATOR_FAULTS, Attempt, Cause, Step, outcome
from doorstep.mail.relay import Relay, relay_from
from doorstep.settings import Settings

SHUTTING_DOWN = 421
START_OF_CONTENT = 354
_LEADING_DOT = re.compile(rb"(?m)^\.")

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Envelope:
    """What the server is told about one mail, and the mail as it goes over the wire.

    `identifier` is the delivery's, for the reports that may come back (RFC 3461); empty where the mail names none.
    """

    sender: str
    recipient: str
    content: bytes
    is_international: bool
    identifier: str = ""

    @property
    def encoding(self) -> str:
        """How the addresses are written into the commands."""
        return "utf-8" if self.is_international else "ascii"


class Mailer:
    """Hands mails over, one attempt a call; used as `async with Mailer.of(settings) as mailer`."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._connections = Connections(relay)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The mailer of the settings.

        Raises:
            SettingsError: where they name no usable mail server.
        """
        return cls(relay_from(settings))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._connections.close()

    async def hand_over(self, mail: EmailMessage, recipient: str) -> HandoverResult:
        """Try once, for no longer than the time-out of the settings; every end of it is a result, none is raised."""
        result = await self._result(mail, recipient)
        _note(mail, result)
        return result

    async def _result(self, mail: EmailMessage, recipient: str) -> HandoverResult:
        attempt = Attempt()
        try:
            envelope = envelope_of(mail, recipient)
            async with asyncio.timeout(self._relay.timeout_seconds):
                code = await self._deliver(envelope, attempt)
        except AddressError:
            return HandoverResult(Handover.REFUSED, Cause.ADDRESS_REFUSED)
        except (SMTPException, OSError) as error:  # TimeoutError is an OSError
            return outcome(error, attempt.step)
        return HandoverResult(Handover.ACCEPTED, reply_code=code)

    async def _deliver(self, envelope: Envelope, attempt: Attempt) -> int:
        client = await self._connections.take(attempt)
        is_usable = False
        try:
            code = await transfer(client, envelope, attempt)
            is_usable = True
        except SMTPNotSupported:
            is_usable = True
            raise
        except SMTPResponseException as error:
            is_usable = error.code > 0 and error.code != SHUTTING_DOWN
            raise
        finally:
            if is_usable:
                self._connections.give_back(client)
            else:
                client.close()
        return code


def envelope_of(mail: EmailMessage, recipient: str) -> Envelope:
    """The envelope of a mail; the copy of a mail has the same bytes, whatever the server supports.

    Raises:
        AddressError: where one of the addresses is none.
    """
    sender, to = reachable(mail["From"].addresses[0].addr_spec), reachable(recipient)
    content = _LEADING_DOT.sub(b"..", normalize_message_line_endings(mail.as_bytes())) + b".\r\n"
    needs_utf8 = isinstance(mail.policy, EmailPolicy) and mail.policy.utf8
    return Envelope(sender, to, content, needs_utf8 or not (sender + to).isascii(), _identifier(mail))


async def transfer(client: SMTP, envelope: Envelope, attempt: Attempt) -> int:
    """One mail over an open connection; the reply code where it was taken.

    The content goes out in our own hand, because the library's `data` does not tell a connection that was lost before
    the end of the content from one lost after it, and all depends on that.
    """
    if envelope.is_international and not client.supports_extension("smtputf8"):
        raise SMTPNotSupported("SMTPUTF8")
    attempt.step = Step.SENDER
    await client.mail(envelope.sender, options=_options(client, envelope), encoding=envelope.encoding)
    attempt.step = Step.RECIPIENT
    wanted = ["NOTIFY=FAILURE,DELAY"] if client.supports_extension("dsn") else []
    await client.rcpt(envelope.recipient, options=wanted, encoding=envelope.encoding)
    attempt.step = Step.CONTENT
    reply = await client.execute_command(b"DATA")
    if reply.code != START_OF_CONTENT:
        raise SMTPDataError(reply.code, "")
    if client.protocol is None:
        raise SMTPServerDisconnected("")
    client.protocol.write(envelope.content)
    attempt.step = Step.ANSWER
    reply = await client.protocol.read_response()
    if reply.code // 100 != 2:  # noqa: PLR2004 - RFC 5321: 2yz is yes
        raise SMTPDataError(reply.code, "")
    return reply.code


def _options(client: SMTP, envelope: Envelope) -> list[str]:
    options = [f"SIZE={len(envelope.content)}"] if client.supports_extension("size") else []
    if envelope.is_international:
        options += ["SMTPUTF8", "BODY=8BITMIME"]
    if client.supports_extension("dsn"):
        # The headers alone: what comes back is read by a program, and the link in the text is nobody's business there.
        options += ["RET=HDRS", *([f"ENVID={envelope.identifier}"] if envelope.identifier else [])]
    return options


def _identifier(mail: EmailMessage) -> str:
    """The delivery that a mail is, as its Message-ID says."""
    text = str(mail["Message-ID"]).strip("<>").partition("@")[0]
    try:
        return str(UUID(text))
    except ValueError:
        return ""


def _note(mail: EmailMessage, result: HandoverResult) -> None:
    """The delivery and how it ended; never an address, and never the words of the server."""
    details = {
        "delivery": _identifier(mail),
        "message": mail["X-Doorstep-Message"],
        "outcome": result.kind.value,
        "cause": str(result.cause),
        "reply_code": result.reply_code,
    }
    if result.kind is Handover.ACCEPTED:
        _log.info("mail_accepted", **details)
    elif result.cause in OPERATOR_FAULTS:
        _log.error("mail_server_refuses_us", **details)
    else:
        _log.warning("mail_not_accepted", **details)
