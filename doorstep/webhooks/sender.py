"""Hand one event over: signed as Standard Webhooks says, over a connection of its own, in ten seconds (T32)."""

from datetime import UTC, datetime
from importlib.metadata import version
from uuid import UUID

from aiohttp import (
    ClientConnectorCertificateError,
    ClientConnectorDNSError,
    ClientConnectorError,
    ClientError,
    ClientResponseError,
    ClientSession,
    ClientSSLError,
    ClientTimeout,
    InvalidURL,
    TCPConnector,
)
from standardwebhooks import Webhook

from doorstep.domain.errors import Invalid
from doorstep.domain.webhook_urls import Target, checked_url
from doorstep.webhooks.outcomes import Cause, Reply, by_answer
from doorstep.webhooks.resolving import OutwardResolver, PrivateAddressError, require_outside

TIMEOUT_SECONDS = 10.0
USER_AGENT = f"Doorstep/{version('doorstep')}"


class Sender:
    """Sends to any receiver of the public Internet; to this machine too where `may_be_loopback`."""

    def __init__(self, *, may_be_loopback: bool) -> None:
        self._may_be_loopback = may_be_loopback

    async def send(self, url: str, identifier: UUID, body: str, secrets: tuple[str, ...], now: datetime) -> Reply:
        """Try once; every end of it is a reply, none is raised.

        Args:
            url: of the receiver; checked anew, since the rules may be stricter than when it was saved.
            identifier: the same at every try and every replay, so that the receiver knows a copy.
            body: JSON, the same at every try.
            secrets: it is signed with each of them.
            now: the moment of this try, by the clock of the database.
        """
        if not secrets:
            return Reply(Cause.SECRET_LOST)
        try:
            target = checked_url(url, may_be_loopback=self._may_be_loopback)
        except Invalid:
            return Reply(Cause.ADDRESS_UNUSABLE)
        try:
            return await self._post(target, body.encode(), headers_of(identifier, body, secrets, now), now)
        except TimeoutError:
            return Reply(Cause.TIMED_OUT)
        except (ClientError, OSError, UnicodeError) as error:
            return Reply(_cause(error))

    async def _post(self, target: Target, body: bytes, headers: dict[str, str], now: datetime) -> Reply:
        if _is_number(target.host):  # never asks the resolver
            require_outside([target.host], may_be_loopback=target.may_be_loopback)
        connector = TCPConnector(
            resolver=OutwardResolver(may_be_loopback=target.may_be_loopback), use_dns_cache=False, force_close=True
        )
        timeout = ClientTimeout(total=TIMEOUT_SECONDS)
        # A redirect is not followed: it would have to pass every check again, and hides that the address is outdated.
        async with (
            ClientSession(connector=connector, timeout=timeout, auto_decompress=False) as session,
            session.post(target.url, data=body, headers=headers, allow_redirects=False) as answer,
        ):
            return by_answer(answer.status, answer.headers.get("Retry-After", ""), now)


def headers_of(identifier: UUID, body: str, secrets: tuple[str, ...], now: datetime) -> dict[str, str]:
    """The headers of one try: one signature a secret, so that either of two verifies while they are exchanged (T23)."""
    moment = now.astimezone(UTC)  # the library signs the digits of any other zone as if they were UTC (E9)
    signatures = [Webhook(secret).sign(str(identifier), moment, body) for secret in secrets]
    return {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "webhook-id": str(identifier),
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _is_number(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdecimal()


_CAUSES: tuple[tuple[tuple[type[Exception], ...], Cause], ...] = (
    ((PrivateAddressError,), Cause.ADDRESS_PRIVATE),
    ((ClientSSLError, ClientConnectorCertificateError), Cause.TLS_FAILED),
    ((ClientConnectorDNSError,), Cause.HOST_UNKNOWN),
    ((ClientConnectorError,), Cause.UNREACHABLE),
    ((InvalidURL, UnicodeError), Cause.ADDRESS_UNUSABLE),
    ((ClientResponseError,), Cause.BAD_REPLY),  # what came was no answer of a web server
)
"""The narrower ones first: most of them are kinds of each other."""


def _cause(error: Exception) -> Cause:
    if isinstance(error, ClientConnectorError) and isinstance(error.os_error, PrivateAddressError):
        return Cause.ADDRESS_PRIVATE
    return next((cause for kinds, cause in _CAUSES if isinstance(error, kinds)), Cause.CONNECTION_LOST)
