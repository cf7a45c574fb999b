"""What a fetch brings, or why it brings nothing; no sentence names an address or quotes what was read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

MAX_BYTES: Final = 50_000_000
SIZE: Final = f"{MAX_BYTES // 1_000_000} MB"

Beat = Callable[[int], None]
"""Told of every piece, with the bytes so far."""


@dataclass(frozen=True)
class Known:
    """What the server said of the export that was imported last."""

    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True)
class Fetched:
    """An export; `data` is None where the server says that it has not changed."""

    data: bytes | None
    file: str = ""
    etag: str = ""
    last_modified: str = ""


class SourceFault(Exception):
    """Why nothing could be fetched, in a sentence; `is_passing` where it is worth another try soon."""

    def __init__(self, sentence: str, *, is_passing: bool = False) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.is_passing = is_passing
