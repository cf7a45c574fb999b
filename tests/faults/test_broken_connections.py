"""A connection to Temporal that breaks under a question: the question is put again, and nobody notices."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from temporalio.client import Client

from starter import visibility
from tests.house import House


class BreakingWire:
    """A way to the server that drops every connection at the next word of the client, once `is_armed`."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port, self.is_armed = host, port, False
        self.open: set[asyncio.StreamWriter] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry bytes both ways until one side hangs up."""
        from_server, to_server = await asyncio.open_connection(self.host, self.port)
        self.open |= {writer, to_server}
        with suppress(OSError):
            await asyncio.gather(self._carry(reader, to_server, is_ours=True), self._carry(from_server, writer))

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, is_ours: bool = False) -> None:
        while content := await source.read(65536):
            if is_ours and self.is_armed:
                self.is_armed = False
                self.hang_up()
                return
            sink.write(content)
            await sink.drain()

    def hang_up(self) -> None:
        """Drop every connection."""
        for each in self.open:
            each.transport.abort()
        self.open.clear()


@pytest.fixture
async def wire(idle_house: House) -> AsyncIterator[tuple[BreakingWire, Client]]:
    """The way, and a client at its other end."""
    host, _, port = idle_house.client.service_client.config.target_host.rpartition(":")
    breaking = BreakingWire(host, int(port))
    server = await asyncio.start_server(breaking.serve, "127.0.0.1", 0)
    address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield breaking, await Client.connect(address)
    server.close()
    breaking.hang_up()


async def test_f05_a_question_survives_its_connection(idle_house: House, wire: tuple[BreakingWire, Client]) -> None:
    """F05: the connection breaks while somebody asks how a workflow stands, and the answer comes all the same."""
    breaking, client = wire
    before = await visibility.look(client, "invitation-nobody")
    breaking.is_armed = True

    after = await visibility.look(client, "invitation-nobody")

    assert not breaking.is_armed
    assert after == before
