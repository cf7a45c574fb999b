"""An export behind an address of the public Internet: never of our own network, never endless, never huge (T32)."""

import asyncio
from collections.abc import Mapping
from importlib.metadata import version
from ipaddress import ip_address

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, TCPConnector
from yarl import URL

from doorstep.domain.erp_sources import checked_web
from doorstep.domain.errors import Invalid
from doorstep.erp.fetched import MAX_BYTES, SIZE, Beat, Fetched, Known, SourceFault
from doorstep.webhooks.resolving import OutwardResolver, PrivateAddressError, require_outside

IN_ALL_SECONDS, CONNECT_SECONDS, SILENCE_SECONDS = 300.0, 15.0, 20.0
PIECE = 256 * 1024
OK, NOT_MODIFIED, TOO_MANY, SERVER_ERROR = 200, 304, 429, 500
REDIRECTS, REFUSALS = range(300, 400), (401, 403)
LONGEST_VALIDATOR = 500

UNUSABLE = "The address is not one that may be fetched from any more. Set it again: doorstep erp set"
PRIVATE = "The host of the address leads to a private or reserved network, so nothing was fetched. Use a folder."
UNREACHABLE = "The server cannot be reached, or broke the connection off. Check that it runs, and its certificate."
TOO_SLOW = f"The server took too long: nothing for {SILENCE_SECONDS:.0f} s, or not all within {IN_ALL_SECONDS:.0f} s."
MOVED = "The server sends us on to another address, which is not followed. Set the address that it is at now."
NO_ENTRY = "The server does not let us in. Check the token of its host in DOORSTEP_ERP_TOKENS."
ODD = "The server answered {} instead of the export. Check the address."
TOO_LARGE = f"The export is larger than {SIZE}. Have the ERP export fewer columns, or only what has changed."
PACKED = "The server sends the export compressed, which is not read. Have it sent as it is."


async def fetch(url: str, tokens: Mapping[str, str], known: Known, beat: Beat, *, may_be_loopback: bool) -> Fetched:
    """The export at `url`; `tokens` by host are sent to that very host and to no other.

    Raises:
        SourceFault: with what to do.
    """
    try:
        async with asyncio.timeout(IN_ALL_SECONDS):
            return await _fetch(url, tokens, known, beat, may_be_loopback=may_be_loopback)
    except Invalid:
        raise SourceFault(UNUSABLE) from None
    except TimeoutError:
        raise SourceFault(TOO_SLOW, is_passing=True) from None
    except (ClientError, OSError, UnicodeError) as error:
        if _is_private(error):
            raise SourceFault(PRIVATE) from None
        raise SourceFault(UNREACHABLE, is_passing=True) from None


async def _fetch(url: str, tokens: Mapping[str, str], known: Known, beat: Beat, *, may_be_loopback: bool) -> Fetched:
    target = checked_web(url, may_be_loopback=may_be_loopback)
    address = URL(target.url)
    if _is_number(address.host or ""):  # never asks the resolver
        require_outside([address.host or ""], may_be_loopback=target.may_be_loopback)
    resolver = OutwardResolver(may_be_loopback=target.may_be_loopback)
    timeout = ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENCE_SECONDS)
    connector = TCPConnector(resolver=resolver, use_dns_cache=False, force_close=True)
    # What would be unpacked on the way could be a thousand times as large as what came.
    async with (
        ClientSession(connector=connector, timeout=timeout, auto_decompress=False) as session,
        session.get(address, headers=headers_for(address, tokens, known), allow_redirects=False) as answer,
    ):
        return await _taken(answer, address, beat)


def headers_for(address: URL, tokens: Mapping[str, str], known: Known) -> dict[str, str]:
    """The headers: only a changed export is sent, and a token only to whom it belongs."""
    headers = {"Accept": "text/csv, */*;q=0.5", "Accept-Encoding": "identity"}
    headers["User-Agent"] = f"Doorstep/{version('doorstep')}"
    headers |= {"If-None-Match": known.etag} if known.etag else {}
    headers |= {"If-Modified-Since": known.last_modified} if known.last_modified else {}
    token = tokens.get(address.host_port_subcomponent or "") if address.scheme == "https" else None
    return headers | ({"Authorization": f"Bearer {token}"} if token else {})


async def _taken(answer: ClientResponse, address: URL, beat: Beat) -> Fetched:
    if answer.status == NOT_MODIFIED:
        return Fetched(None, address.name)
    _require_export(answer)
    pieces: list[bytes] = []
    size = 0
    async for piece in answer.content.iter_chunked(PIECE):
        size += len(piece)
        if size > MAX_BYTES:
            raise SourceFault(TOO_LARGE)
        pieces.append(piece)
        beat(size)
    validators = (answer.headers.get(name, "")[:LONGEST_VALIDATOR] for name in ("ETag", "Last-Modified"))
    return Fetched(b"".join(pieces), address.name, *validators)


def _require_export(answer: ClientResponse) -> None:
    if answer.status in REDIRECTS:
        raise SourceFault(MOVED)
    if answer.status in REFUSALS:
        raise SourceFault(NO_ENTRY)
    if answer.status != OK:
        is_passing = answer.status == TOO_MANY or answer.status >= SERVER_ERROR
        raise SourceFault(ODD.format(answer.status), is_passing=is_passing)
    if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise SourceFault(PACKED)
    if (answer.content_length or 0) > MAX_BYTES:
        raise SourceFault(TOO_LARGE)


def _is_private(error: BaseException) -> bool:
    return isinstance(error, PrivateAddressError) or isinstance(getattr(error, "os_error", None), PrivateAddressError)


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
