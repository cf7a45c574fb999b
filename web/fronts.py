"""Which office a page speaks for: by the host that was asked for, or because there is only one (S0.22, S2.15)."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from doorstep.domain.errors import Unavailable
from doorstep.domain.invitation import Invitation, Office
from doorstep.settings import LOOPBACK
from doorstep.store.offices import Front

Face = Office | Front
"""What a page shows of an office: name, help contact, guide, locale and zone."""

FRESH_SECONDS = 15.0


def face_of(invitation: Invitation) -> Office:
    """The office as an invitee meets it: in the language of the invitation, where that has one of its own."""
    return replace(invitation.office, locale=invitation.locale or invitation.office.locale)


class Fronts:
    """The fronts of all offices, read again now and then; the last known ones while the database cannot serve."""

    def __init__(self, read: Callable[[], Awaitable[Sequence[Front]]], public_url: str) -> None:
        """Nothing is read before the first page is."""
        self._read = read
        self._own = frozenset({host_of(public_url), *LOOPBACK})
        self._known: tuple[Front, ...] = ()
        self._stale_at = 0.0
        self._lock = asyncio.Lock()

    async def of_host(self, host: str) -> Front | None:
        """The office whose address was opened, else the only one."""
        await self._refresh()
        return self.remembered(host)

    def remembered(self, host: str) -> Front | None:
        """The same without asking the database."""
        there = [front for front in self._known if host and host_of(front.public_url) == host]
        found = there or self._known
        return found[0] if len(found) == 1 else None

    async def of_codes(self, codes: set[str], host: str) -> Front | None:
        """The office among `codes` if it is one, else that of the host."""
        await self._refresh()
        found = [front for front in self._known if front.code in codes]
        return found[0] if len(found) == 1 else self.remembered(host)

    async def is_ours(self, host: str) -> bool:
        """True for the portal's own host, for this machine, and for the host of an office (T17)."""
        if host in self._own:
            return True
        await self._refresh()
        return any(host_of(front.public_url) == host for front in self._known if host)

    async def _refresh(self) -> None:
        async with self._lock:
            if time.monotonic() < self._stale_at:
                return
            try:
                self._known = tuple(await self._read())
            except Unavailable:
                pass  # the page itself says so where it matters
            finally:
                self._stale_at = time.monotonic() + FRESH_SECONDS


def host_of(url: str) -> str:
    """The host of an address, in lower case; empty where there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
