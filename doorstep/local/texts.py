"""The folder of the texts that the local gateway took: a file each, in order of arrival."""

import heapq
import itertools
import json
import os
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from doorstep.text.segments import Segments, segments

FOLDER = "texts"
MAX_TITLE = 70


@dataclass(frozen=True)
class Text:
    """One text as the gateway took it."""

    sid: str
    sender: str
    recipient: str
    body: str

    @property
    def segments(self) -> Segments:
        """What the network would make of it."""
        return segments(self.body)


@dataclass(frozen=True)
class KeptText:
    """One text as the pages show it."""

    name: str
    text: Text
    arrived: datetime

    @property
    def path(self) -> str:
        """Where its page is, without the slash in front."""
        return f"text/{self.name}"

    @property
    def title(self) -> str:
        """How it begins."""
        body = self.text.body
        return body if len(body) <= MAX_TITLE else f"{body[:MAX_TITLE]}…"

    @property
    def recipient(self) -> str:
        """Whom it is for."""
        return self.text.recipient

    @property
    def words(self) -> str:
        """What a search looks in."""
        return f"{self.text.recipient} {self.text.body}"


class TextKeeper:
    """Takes texts into their folder, which lies beside the parts of the Maildir."""

    def __init__(self, mailbox: Path) -> None:
        """Make the folder where there is none yet."""
        self._folder = mailbox / FOLDER
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._numbers = itertools.count()

    def keep(self, text: Text) -> None:
        """Write one text; a reader finds it whole or not at all, and names sort by time of arrival."""
        name = f"{time.time_ns()}.P{os.getpid()}Q{next(self._numbers)}.json"
        partial = self._folder / f".{name}"
        partial.write_text(json.dumps(asdict(text), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        partial.rename(self._folder / name)


def newest_texts(mailbox: Path, count: int) -> Iterable[KeptText]:
    """The last texts, newest first; none where no gateway ever ran."""
    files = (mailbox / FOLDER).glob("[!.]*.json")
    return [read_text(path) for path in heapq.nlargest(count, files, key=lambda path: path.name)]


def read_text(path: Path) -> KeptText:
    """A text that was kept."""
    text = Text(**json.loads(path.read_text(encoding="utf-8")))
    return KeptText(path.name, text, datetime.fromtimestamp(path.stat().st_mtime, UTC))
