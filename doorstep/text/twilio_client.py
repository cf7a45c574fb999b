"""Twilio's own client, held to what we need to know of an attempt: how far it came, and how long to leave them alone.

Importing it takes more than a second, so that happens where the first text is sent.
"""

import json
import logging
from base64 import b64encode
from contextvars import ContextVar
from typing import Self

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientResponseError,
    ClientSession,
    ClientSSLError,
    TCPConnector,
    TraceConfig,
    TraceRequestEndParams,
    TraceRequestHeadersSentParams,
)
from twilio.base.exceptions import TwilioRestException, TwilioServiceException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client

from doorstep.domain.messages import Handover, HandoverResult
from doorstep.text.gateway import Gateway
from doorstep.text.outcomes import LATER, Attempt, Cause, Step, by_answer, by_loss

CREATED = 201

_current: ContextVar[Attempt] = ContextVar("_current")  # the client has no room for it on its way to the connection
_NO_ENVIRONMENT = {"TWILIO_REGION": ""}  # else it would read a region from the environment, which is not its to read

# It writes the address and all the headers of every request; what there is to say of an attempt, we say.
_quiet = logging.getLogger(f"{__name__}.requests")
_quiet.setLevel(logging.CRITICAL)


class Password:
    """The account and its token as a header; the library's own way wants a class that aiohttp is about to take away.

    It is a credential provider and the strategy that one provides, by shape: the library ships no types.
    """

    def __init__(self, gateway: Gateway) -> None:
        self._key = b64encode(f"{gateway.account}:{gateway.token}".encode()).decode()

    def to_auth_strategy(self) -> Self:
        """What a request asks of a provider."""
        return self

    def get_auth_string(self) -> str:
        """What a request asks of a strategy: the value of its header."""
        return f"Basic {self._key}"


class TwilioClient:
    """One account at one gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self._http = AsyncTwilioHttpClient(pool_connections=False, logger=_quiet)
        client = Client(
            gateway.account,
            credential_provider=Password(gateway),
            http_client=self._http,
            environment=_NO_ENVIRONMENT,
        )
        client.api.base_url = gateway.base_url
        self._messages = client.messages
        self._sender = {"from_": gateway.sender} if gateway.sender else {"messaging_service_sid": gateway.service}

    async def open(self) -> None:
        """Get ready to connect; before the first text.

        Each text has a connection of its own: one that was kept may be closed while we write to it, and then nobody
        could tell whether the text was taken.
        """
        self._http.session = ClientSession(connector=TCPConnector(force_close=True), trace_configs=[_trace()])

    async def create(self, attempt: Attempt, recipient: str, text: str, status_callback: str) -> HandoverResult:
        """Ask once for one text to be sent, without a time limit."""
        _current.set(attempt)
        callback = {"status_callback": status_callback} if status_callback else {}
        try:
            await self._messages.create_async(to=recipient, body=text, **self._sender, **callback)
        except (TwilioRestException, TwilioServiceException) as error:
            return by_answer(error.status, error.code if isinstance(error.code, int) else None)
        except (ClientError, OSError) as error:
            return by_loss(_cause(error), attempt.step)
        except (json.JSONDecodeError, AttributeError):  # a yes whose words are not Twilio's
            return by_loss(Cause.BAD_REPLY, attempt.step)
        return HandoverResult(Handover.ACCEPTED, reply_code=CREATED)

    async def close(self) -> None:
        """Close what is open."""
        await self._http.close()


def _cause(error: Exception) -> Cause:
    if isinstance(error, TimeoutError):
        return Cause.TIMED_OUT
    if isinstance(error, ClientSSLError):
        return Cause.TLS_FAILED
    if isinstance(error, ClientConnectorError):
        return Cause.UNREACHABLE
    if isinstance(error, ClientResponseError):  # what came was no answer of a web server
        return Cause.BAD_REPLY
    return Cause.CONNECTION_LOST


def _trace() -> TraceConfig:
    trace = TraceConfig()
    trace.on_request_headers_sent.append(_note_request)
    trace.on_request_end.append(_note_answer)
    return trace


async def _note_request(_session: ClientSession, _context: object, _sent: TraceRequestHeadersSentParams) -> None:
    _current.get().step = Step.ANSWER


async def _note_answer(_session: ClientSession, _context: object, answer: TraceRequestEndParams) -> None:
    seconds = answer.response.headers.get("Retry-After", "")
    if answer.response.status in LATER and seconds.isascii() and seconds.isdecimal():
        _current.get().retry_after = float(seconds)
