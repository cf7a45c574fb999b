"""A word on the terminal about what takes longer than usual, where nobody knows how much there is."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from starter.commands.printing import console
from starter.commands.waiting_bar import SECONDS


@contextmanager
def patience(what: str) -> Iterator[Callable[[str], None]]:
    """Say on stderr what is being done, once a second has passed; with what is yielded it can be said anew."""
    terminal = console(stderr=True)
    status = terminal.status(what)
    later = asyncio.get_running_loop().call_later(SECONDS, status.start) if terminal.is_terminal else None
    try:
        yield status.update
    finally:
        if later is not None:
            later.cancel()
        status.stop()
