"""One way to fetch an export, wherever it lies."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from doorstep.domain.erp_sources import is_web
from doorstep.erp import folder, web
from doorstep.erp.fetched import Beat, Fetched, Known
from doorstep.settings import Settings


@dataclass(frozen=True)
class Fetcher:
    """The folder below which folders may be named, the tokens by host, and whether this machine may be asked."""

    base: Path | None
    tokens: Mapping[str, str]
    may_be_loopback: bool

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """As the settings have it."""
        return cls(settings.erp_folder, tokens_in(settings.erp_tokens.get_secret_value()), settings.webhook_loopback)

    async def fetch(self, location: str, known: Known, beat: Beat) -> Fetched:
        """The export at a location.

        Raises:
            SourceFault: with what to do.
        """
        if is_web(location):
            return await web.fetch(location, self.tokens, known, beat, may_be_loopback=self.may_be_loopback)
        loop = asyncio.get_running_loop()

        def beat_from_a_thread(size: int) -> None:
            loop.call_soon_threadsafe(beat, size)

        return await asyncio.to_thread(folder.fetch, self.base, location, beat_from_a_thread)


def tokens_in(text: str) -> dict[str, str]:
    """The tokens of `host=token,host:port=token`, by host in small letters."""
    pairs = (part.strip().partition("=") for part in text.split(",") if "=" in part)
    return {host.strip().lower(): token.strip() for host, _, token in pairs}
