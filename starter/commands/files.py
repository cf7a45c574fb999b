"""Files that a command writes: whole or not at all, and for nobody else's eyes."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import typer

STDOUT = "-"


def require_one_answer(context: typer.Context, *names: str | None) -> None:
    """Stdout has room for one: a file of several, or the object of `--json`.

    Raises:
        typer.BadParameter: where it was asked for two.
    """
    if names.count(STDOUT) + bool(context.params.get("as_json")) > 1 and STDOUT in names:
        raise typer.BadParameter("Only one thing can be printed at a time. Name a file instead of `-`.")


@contextmanager
def written(name: str) -> Iterator[Callable[[str], None]]:
    """What writes texts to the file, or to stdout for `-`; the file takes its place when all of it is there.

    Raises:
        OSError: naming the file.
    """
    if name == STDOUT:
        yield _to(sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    beside = Path(f"{name}.part")
    try:
        with open(beside, "wb", opener=_for_the_owner) as opened:
            yield _to(opened)
        beside.replace(name)
    finally:
        beside.unlink(missing_ok=True)


def _to(opened: BinaryIO) -> Callable[[str], None]:
    def write(text: str) -> None:
        opened.write(text.encode())

    return write


def _for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
