"""The newest export in a folder, read only once nobody writes it any more; nothing is moved or deleted.

Only what lies below the folder of the setting is read, wherever a link may point (T32): a source is named by people who
must not read any other file of the worker.
"""

import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from doorstep.erp.fetched import MAX_BYTES, SIZE, Beat, Fetched, SourceFault

QUIET_SECONDS = 5.0
"""A file that was written to within these may still be written; a finished one is best renamed to its name."""
PIECE = 1_000_000

NOT_SET = "DOORSTEP_ERP_FOLDER is not set where the worker runs, so no folder is read. Set it, or use https://."
GONE = "The folder is not there, or the worker may not read it. Check the path, and whose the folder is."
OUTSIDE = "The folder or its newest file leads out of DOORSTEP_ERP_FOLDER by a link. Put the export itself there."
EMPTY = "There is no file in the folder whose name ends with .csv. Check where the ERP writes its export."
BUSY = "The newest file is still being written. Have the ERP write under another name, and rename it when it is done."
TOO_LARGE = f"The newest file is larger than {SIZE}. Have the ERP export fewer columns, or only what has changed."


@dataclass(frozen=True)
class _Candidate:
    path: Path
    changed_at: float


def fetch(base: Path | None, name: str, beat: Beat) -> Fetched:
    """The newest `*.csv` of the folder `name` below `base`; blocks, so that it belongs in a thread.

    Raises:
        SourceFault: with what to do.
    """
    if base is None:
        raise SourceFault(NOT_SET)
    try:
        root = base.resolve(strict=True)
        folder = _within(root, root / name)
        newest = max(_candidates(folder), key=lambda each: (each.changed_at, each.path.name), default=None)
    except OSError:
        raise SourceFault(GONE, is_passing=True) from None
    if newest is None:
        raise SourceFault(EMPTY)
    try:
        return Fetched(_read(_within(root, newest.path), beat), newest.path.name)
    except OSError:
        raise SourceFault(BUSY, is_passing=True) from None  # renamed or taken away at this very moment


def _within(root: Path, path: Path) -> Path:
    real = path.resolve(strict=True)
    if not real.is_relative_to(root):
        raise SourceFault(OUTSIDE)
    return real


def _candidates(folder: Path) -> Iterator[_Candidate]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.lower().endswith(".csv") and not entry.name.startswith("."):
                yield _Candidate(Path(entry.path), entry.stat(follow_symlinks=False).st_mtime)


def _read(path: Path, beat: Beat) -> bytes:
    """All of it, if it is a file, small enough, and the same at the end as at the beginning."""
    # Without waiting for whoever might write to a pipe, and without a link that took its place a moment ago.
    number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(number, "rb") as file:
        before = os.fstat(number)
        if not stat.S_ISREG(before.st_mode):
            raise SourceFault(EMPTY)
        if before.st_size > MAX_BYTES:
            raise SourceFault(TOO_LARGE)
        if time.time() - before.st_mtime < QUIET_SECONDS:
            raise SourceFault(BUSY, is_passing=True)
        pieces: list[bytes] = []
        size = 0
        while size <= before.st_size and (piece := file.read(PIECE)):
            pieces.append(piece)
            size += len(piece)
            beat(size)
        after = os.fstat(number)
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise SourceFault(BUSY, is_passing=True)
    return b"".join(pieces)
