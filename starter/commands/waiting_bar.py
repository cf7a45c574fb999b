"""A bar for what usually takes no time: it shows on stderr once a second has passed, where there is a terminal."""

import time
from types import TracebackType
from typing import Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from starter.commands.printing import console

SECONDS = 1.0


class WaitingBar:
    """`with WaitingBar("Comparing") as progress: progress(done, of)`."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._began = time.monotonic()
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        terminal = console(stderr=True)
        self._bar = Progress(*columns, console=terminal, transient=True, disable=not terminal.is_terminal)
        self._task = self._bar.add_task(what)

    def __call__(self, done: int, of: int) -> None:
        """Say how far it is."""
        if time.monotonic() - self._began >= SECONDS:
            self._bar.start()
            self._bar.update(self._task, completed=done, total=of)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bar.stop()
