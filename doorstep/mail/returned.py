"""A Maildir that a mail server fills with mail that came back, and that any number of workers empty.

A mail is claimed by renaming it out of `new`: of several workers the file system lets one do it. It stays in `tmp`
while it is read, and goes to `cur` with the flag S (seen) when that is done, and F (flagged) beside it where it failed.
What a worker left claimed when it died is taken back after a while; what was read is thrown away after a week, and what
is flagged stays for a person.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from doorstep.mail.report_parts import MAX_BYTES

AT_ONCE = 200
CLAIM_SECONDS = 600.0
KEPT_SECONDS = 7 * 24 * 3600.0
_READ = ":2,S"
_CLAIMED = ":2,"  # where the flags of a mail begin; a mail server's own names in `tmp` never end so


@dataclass(frozen=True)
class Claim:
    """One mail that is ours alone to handle."""

    folder: Path
    name: str

    @property
    def path(self) -> Path:
        """Where the mail is while we have it."""
        return self.folder / "tmp" / f"{self.name}{_CLAIMED}"

    def read(self) -> bytes:
        """The beginning of the mail, as much of it as a report is read to."""
        with self.path.open("rb") as file:
            return file.read(MAX_BYTES)

    def finish(self) -> None:
        """It was handled."""
        self._move("cur", f"{_CLAIMED}S")

    def put_aside(self) -> None:
        """It cannot be handled, and a person should look at it."""
        self._move("cur", f"{_CLAIMED}FS")

    def give_back(self) -> None:
        """It waits again, for whoever comes next."""
        self._move("new", "")

    def _move(self, place: str, flags: str) -> None:
        self.path.rename(self.folder / place / f"{self.name}{flags}")


@dataclass(frozen=True)
class Maildir:
    """The folder with `new`, `cur` and `tmp` in it."""

    folder: Path

    def waiting(self, now: float) -> list[str]:
        """The names of the oldest mails in `new`, those included that were claimed long before `now` (epoch seconds).

        Raises:
            OSError: the folder is not there, or not ours to read and change.
        """
        if (self.folder / "tmp").is_dir():
            self._take_back(now - CLAIM_SECONDS)
        names = sorted(entry.name for entry in _files(self.folder / "new"))[:AT_ONCE]
        for place in ("cur", "tmp") if names else ():
            (self.folder / place).mkdir(exist_ok=True)
        return names

    def claim(self, name: str) -> Claim | None:
        """The mail, or None where another worker was faster."""
        claim = Claim(self.folder, name.partition(_CLAIMED)[0])
        try:
            (self.folder / "new" / name).rename(claim.path)
        except FileNotFoundError:
            return None
        return claim

    def throw_away(self, now: float) -> None:
        """Delete what was read a week before `now` (epoch seconds); what failed stays until a person has seen to it.

        Raises:
            OSError: the folder is not ours to change.
        """
        if not (self.folder / "cur").is_dir():
            return
        for entry in _files(self.folder / "cur"):
            with suppress(FileNotFoundError):  # another worker throws away as well
                if entry.name.endswith(_READ) and entry.stat().st_ctime < now - KEPT_SECONDS:
                    (self.folder / "cur" / entry.name).unlink()

    def _take_back(self, then: float) -> None:
        """Put back what was claimed before `then`; the time of the last rename tells, that of the content does not."""
        for entry in _files(self.folder / "tmp"):
            # Another worker may finish it, or take it back, at this very moment.
            with suppress(FileNotFoundError):
                if entry.name.endswith(_CLAIMED) and entry.stat().st_ctime < then:
                    Claim(self.folder, entry.name.removesuffix(_CLAIMED)).give_back()


def _files(folder: Path) -> Iterator["os.DirEntry[str]"]:
    """Plain files alone: whoever opens a pipe may wait for ever."""
    with os.scandir(folder) as entries:
        yield from (
            entry for entry in entries if not entry.name.startswith(".") and entry.is_file(follow_symlinks=False)
        )
