"""Which ports are free, and keeping two stacks that start together from choosing the same."""

import contextlib
import secrets
import socket

from doorstep.local.errors import LocalError

LOOPBACK = "127.0.0.1"
NEIGHBOURS = 200
QUIET = range(20_000, 32_000)
"""Ports that no system hands out by itself: any other may go to a connection before its server listens."""


class Claims:
    """The ports of one stack, for as long as it runs.

    Between the choice of a port and the moment its server listens there is a second in which another stack would find
    the port free. So the claim is a UDP socket of the same number, which nothing else here uses: no file to clean up,
    and the system takes it back when the process ends, however it ends.
    """

    def __init__(self) -> None:
        """Nothing is claimed yet."""
        self._held = contextlib.ExitStack()

    def claim(self, name: str, *, kept: int, usual: int) -> int:
        """The port for `name`: the kept one, else the usual one, else one of the next; without one a quiet one.

        Raises:
            LocalError: when the kept port of the web is taken; links that were mailed point there.
        """
        if kept and self._take(kept):
            return kept
        if kept and name == "web":
            raise LocalError(
                f"Port {kept} is taken by another program, and the links that this home has mailed point there. "
                f"Stop that program (`lsof -i :{kept}` names it), or begin anew with --fresh."
            )
        first = usual or QUIET[secrets.randbelow(len(QUIET) - NEIGHBOURS)]
        port = next((taken for taken in map(self._take, range(first, first + NEIGHBOURS)) if taken), 0)
        if not port:
            raise LocalError(f"No port between {first} and {first + NEIGHBOURS} is free on {LOOPBACK}.")
        return port

    def close(self) -> None:
        """Let go of every port."""
        self._held.close()

    def _take(self, port: int) -> int:
        """The port, or 0 where it is not free."""
        with contextlib.ExitStack() as attempt:
            try:
                number = _bind(attempt, socket.SOCK_DGRAM, port)
                with contextlib.ExitStack() as probe:
                    _bind(probe, socket.SOCK_STREAM, number)
            except OSError:
                return 0
            self._held.push(attempt.pop_all())
        return number


def _bind(until: contextlib.ExitStack, kind: socket.SocketKind, port: int) -> int:
    held = until.enter_context(socket.socket(socket.AF_INET, kind))
    if kind == socket.SOCK_STREAM:  # without it a port stays busy for a minute after its last server has gone
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind((LOOPBACK, port))
    number: int = held.getsockname()[1]
    return number
