"""A way to PostgreSQL that cuts the line at the commit: before the server hears of it, or after, before we hear."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal
from urllib.parse import parse_qs, quote, urlsplit

SOCKET = ".s.PGSQL.5432"
WRITES = b"INSERT INTO audit"
"""What every transaction that changes something does too; others only look, and nothing is lost with their commit."""
Cut = Literal["", "before", "after"]


@dataclass
class CuttingProxy:
    """The proxy; `cut` says what to do at the next commit of a change and is used up by it."""

    database_url: str
    socket: Path
    cut: Cut = ""

    @property
    def url(self) -> str:
        """The database by this way."""
        url = urlsplit(self.database_url)
        return f"{url.scheme}://{url.netloc}{url.path}?host={quote(str(self.socket.parent))}&port=5432"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        folder = Path(parse_qs(urlsplit(self.database_url).query)["host"][0])
        far_reader, far_writer = await asyncio.open_unix_connection(str(folder / SOCKET))
        back = asyncio.create_task(_pump(far_reader, writer))
        has_written = False
        with suppress(OSError):
            while said := await reader.read(65536):
                has_written = has_written or WRITES in said
                if self.cut and has_written and b"COMMIT" in said:
                    await self._end(said, far_writer, back)
                    break
                far_writer.write(said)
                await far_writer.drain()
        back.cancel()
        for each in (writer, far_writer):
            each.transport.abort()

    async def _end(self, said: bytes, far_writer: asyncio.StreamWriter, back: asyncio.Task[None]) -> None:
        cut, self.cut = self.cut, ""
        if cut == "after":
            back.cancel()  # the answer is for nobody
            far_writer.write(said)
            far_writer.write_eof()  # the server carries out what it has heard before it notices
            await far_writer.drain()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while said := await reader.read(65536):
            writer.write(said)
            await writer.drain()


@asynccontextmanager
async def cutting_proxy(database_url: str) -> AsyncIterator[CuttingProxy]:
    """A proxy in front of a database that is reached over a Unix socket."""
    with TemporaryDirectory(prefix="doorstep-") as folder:
        proxy = CuttingProxy(database_url, Path(folder) / SOCKET)
        server = await asyncio.start_unix_server(proxy.serve, proxy.socket)
        try:
            yield proxy
        finally:
            server.close()
