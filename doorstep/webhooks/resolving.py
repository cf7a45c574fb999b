"""Finding the address of a receiver: the one that is checked is the one that is connected to (T32).

A name that led to a good address a moment ago may lead into our own network now, so nothing is looked up twice.
"""

import asyncio
import socket

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from doorstep.domain.webhook_urls import Target, address_private, host_unknown, may_be_sent_to

PATIENCE_SECONDS = 10.0


class PrivateAddressError(OSError):
    """The host of a receiver leads into a private or reserved network."""


class OutwardResolver(AbstractResolver):
    """Resolves names as the system does, and takes none of which any address leads back into a network of ours."""

    def __init__(self, *, may_be_loopback: bool) -> None:
        self._system = ThreadedResolver()
        self._may_be_loopback = may_be_loopback

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of `host`, each of them checked.

        Raises:
            PrivateAddressError: one of them is not of the public Internet; OSError: there are none.
        """
        found = await self._system.resolve(host, port, family)
        require_outside([each["host"] for each in found], may_be_loopback=self._may_be_loopback)
        return found

    async def close(self) -> None:
        """Nothing stays open."""


def require_outside(addresses: list[str], *, may_be_loopback: bool) -> None:
    """Let it pass if every address is one to send to.

    Raises:
        PrivateAddressError: one is not.
    """
    if not all(may_be_sent_to(each, may_be_loopback=may_be_loopback) for each in addresses):
        raise PrivateAddressError


async def require_reachable(target: Target) -> None:
    """Let a receiver pass whose host leads outside just now; it is checked again at every delivery.

    Raises:
        Invalid: `webhook_address_private`, `webhook_host_unknown`.
    """
    resolver = OutwardResolver(may_be_loopback=target.may_be_loopback)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await resolver.resolve(target.host)
    except PrivateAddressError:
        raise address_private() from None
    except (OSError, UnicodeError):  # a time-out is the first, a label that is too long the second
        raise host_unknown() from None
