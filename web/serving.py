"""The HTTP server around the application."""

import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI

from doorstep.settings import Settings

DRAIN_SECONDS = 5


class Server(uvicorn.Server):
    """A server that leaves the signals to its composition root."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing: uvicorn's own handlers would raise each signal a second time after the end."""
        yield


def build_server(app: FastAPI, settings: Settings) -> Server:
    """The server, not yet started."""
    return Server(
        uvicorn.Config(
            app,
            access_log=False,  # it would hold the tokens of mailed links (T02); the application keeps its own
            log_config=None,
            lifespan="off",
            proxy_headers=True,
            forwarded_allow_ips=settings.trusted_proxies,
            server_header=False,
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
    )


def listen(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        OSError: the port is taken, or the address is not one of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=512)
