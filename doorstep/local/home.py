"""The folder of a local stack: what lies where in it, the ports and keys it keeps, and the lock of the one `up`."""

import base64
import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from doorstep.local.errors import LocalError
from doorstep.local.ports import LOOPBACK, Claims
from doorstep.settings import home_values

USUAL_PORTS: Mapping[str, int] = {
    "web": 8080,
    "temporal": 7233,
    "temporal_ui": 8233,
    "smtp": 1025,
    "mailbox_page": 8025,
}
ANY_PORTS: Mapping[str, int] = dict.fromkeys(USUAL_PORTS, 0)
"""For tests, where many stacks start at the same moment: whichever is free."""

TEXT_SENDER = "+15005550006"
"""The number that texts come from here; Twilio keeps it for tests."""

PORT_IS_KEPT_IN: Mapping[str, str] = {
    "web": "DOORSTEP_WEB_PORT",
    "temporal": "TEMPORAL_ADDRESS",
    "temporal_ui": "DOORSTEP_TEMPORAL_UI_URL",
    "smtp": "DOORSTEP_SMTP_URL",
    "mailbox_page": "DOORSTEP_MAILBOX_URL",
}

OURS = frozenset(
    {".gitignore", "lock", "logs", "mail", "postgres", "postgres.new", "run", "settings.json", "settings.json.new"}
    | {"stack.json", "stack.json.new", "temporal.db", "temporal.db-journal", "temporal.db-shm", "temporal.db-wal"}
)
"""Everything that a home consists of; `--fresh` deletes these names and no others."""


@dataclass(frozen=True)
class Home:
    """The paths of a home."""

    folder: Path

    @classmethod
    def at(cls, folder: Path) -> "Home":
        """The home in `folder`, which need not exist yet."""
        return cls(folder.expanduser().absolute())

    @property
    def postgres(self) -> Path:
        """The data of PostgreSQL."""
        return self.folder / "postgres"

    @property
    def temporal(self) -> Path:
        """The SQLite file of the Temporal server."""
        return self.folder / "temporal.db"

    @property
    def mail(self) -> Path:
        """The Maildir that every message lands in."""
        return self.folder / "mail"

    @property
    def settings(self) -> Path:
        """The ports and keys that survive from one `up` to the next, by the names of the environment."""
        return self.folder / "settings.json"

    @property
    def stack(self) -> Path:
        """Where the running stack can be reached; there only while it runs."""
        return self.folder / "stack.json"

    @property
    def lock(self) -> Path:
        """Held by the one `up` of this home."""
        return self.folder / "lock"

    def log(self, name: str) -> Path:
        """What a child printed."""
        return self.folder / "logs" / f"{name}.log"

    def note(self, name: str) -> Path:
        """Which process a child is, for an `up` after one that was killed."""
        return self.folder / "run" / f"{name}.json"


@contextmanager
def locked(home: Home) -> Iterator[None]:
    """Hold the home for this process; the system lets go of it when the process ends, however it ends."""
    _make(home)
    with home.lock.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LocalError(_taken(home)) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def _make(home: Home) -> None:
    home.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    others = {entry.name for entry in home.folder.iterdir()} - OURS
    if others and not home.settings.is_file():
        example = min(others)
        raise LocalError(
            f"{home.folder} is no home of Doorstep: it holds {example}. Name an empty folder, or a new one."
        )
    # The keys in here must not slip into somebody's repository.
    (home.folder / ".gitignore").write_text("*\n", encoding="utf-8")


def _taken(home: Home) -> str:
    holder = home.lock.read_text(encoding="utf-8").strip()
    who = f"process {holder}" if holder else "another process"
    return (
        f"Doorstep already runs in {home.folder} ({who}); {home.stack.name} there tells its addresses. "
        "Stop that one with Ctrl-C first, or start another with --home FOLDER."
    )


def erase(home: Home) -> None:
    """Delete everything that a home consists of but the lock, which the caller holds, and nothing else."""
    for name in sorted(OURS - {home.lock.name}):
        path = home.folder / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def settle(home: Home, claims: Claims, *, usual: Mapping[str, int], database_url: str) -> dict[str, str]:
    """Choose the ports and keys, those kept from the last time first, and keep them for the next."""
    kept = _kept(home)
    ports = {
        name: claims.claim(name, kept=_port(kept.get(PORT_IS_KEPT_IN[name], "")), usual=port)
        for name, port in usual.items()
    }
    values = {
        "DOORSTEP_WEB_HOST": LOOPBACK,
        "DOORSTEP_PUBLIC_URL": f"http://{LOOPBACK}:{ports['web']}",
        "DOORSTEP_LINK_KEYS": new_link_keys(),
        **kept,
        "DOORSTEP_DATABASE_URL": database_url,
        "DOORSTEP_WEB_PORT": str(ports["web"]),
        "DOORSTEP_SMTP_URL": f"smtp://{LOOPBACK}:{ports['smtp']}",
        "DOORSTEP_TEXT_URL": text_url(kept.get("DOORSTEP_TEXT_URL", ""), ports["mailbox_page"]),
        "DOORSTEP_MAILBOX_URL": f"http://{LOOPBACK}:{ports['mailbox_page']}",
        "DOORSTEP_TEMPORAL_UI_URL": f"http://{LOOPBACK}:{ports['temporal_ui']}",
        "TEMPORAL_ADDRESS": f"{LOOPBACK}:{ports['temporal']}",
    }
    write_json(home.settings, values)
    return values


def port_of(values: Mapping[str, str], name: str) -> int:
    """The port of one of `USUAL_PORTS` in the values of a home."""
    return _port(values[PORT_IS_KEPT_IN[name]])


def _port(value: str) -> int:
    digits = value.rpartition(":")[2].strip("/")
    return int(digits) if digits.isdecimal() else 0


def _kept(home: Home) -> dict[str, str]:
    try:
        return home_values(home.folder)
    except ValueError:
        raise LocalError(f"{home.settings} is not readable as JSON. Mend it, or begin anew with --fresh.") from None


def new_link_keys() -> str:
    """A key ring with one new key."""
    return "k1:" + base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")


def text_url(kept: str, port: int) -> str:
    """The text gateway at that port, with the account that is kept, or with a new one."""
    made = f"twilio+http://AC{secrets.token_hex(16)}:{secrets.token_hex(16)}"
    account = kept.partition("@")[0] if kept.startswith("twilio+http://") else made
    return f"{account}@{LOOPBACK}:{port}?from={TEXT_SENDER}"


def write_json(path: Path, value: object) -> None:
    """Write a file for this user alone, so that a reader finds the old one or the new one and never a half."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:  # noqa: PTH123 - Path.open takes no mode
        file.write(json.dumps(value, indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
