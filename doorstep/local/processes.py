"""Children of a local stack: started in their own session, noted on disk, watched, and ended in bounded time."""

import asyncio
import contextlib
import json
import signal
import subprocess
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from doorstep.local.account import Account
from doorstep.local.errors import LocalError
from doorstep.local.home import write_json

POLL_SECONDS = 0.03
CLOCK_SLACK_SECONDS = 2.0
"""The system derives a start time from the time of boot, which moves a little when the clock is set."""
LOG_LIMIT_BYTES = 20_000_000
TAIL_LINES = 15


def _nothing() -> None:
    """Most parts need no preparation."""


@dataclass(frozen=True)
class Part:
    """One part of the stack: how to start it, how to know that it is ready and how to stop it."""

    name: str
    command: Sequence[str]
    log: Path
    note: Path
    is_ready: Callable[[], Awaitable[bool]]
    environment: Mapping[str, str]
    directory: Path
    prepare: Callable[[], None] = _nothing
    tidy: Callable[[], None] = _nothing
    account: Account | None = None
    ready_within: float = 60.0
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within: float = 10.0


class Child:
    """A running part."""

    def __init__(self, part: Part) -> None:
        """Start the process; the caller has an event loop running."""
        self.part = part
        self.gone = asyncio.Event()
        self._log_begin = _open_log(part.log)
        self._process = _spawn(part)
        write_json(part.note, _described(self._process.pid, part))
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._await_end, args=(loop,), name=f"wait-{part.name}", daemon=True).start()

    @property
    def pid(self) -> int:
        """The process id, for messages and tests."""
        return self._process.pid

    @property
    def status(self) -> int | None:
        """The exit status, once it has ended."""
        return self._process.returncode

    def _await_end(self, loop: asyncio.AbstractEventLoop) -> None:
        self._process.wait()
        with contextlib.suppress(RuntimeError):  # the loop has ended before the child did
            loop.call_soon_threadsafe(self.gone.set)

    async def until_ready(self) -> None:
        """Wait until the part answers.

        Raises:
            LocalError: when it ends before, or takes too long, with the end of its log.
        """
        deadline = time.monotonic() + self.part.ready_within
        while not await self.part.is_ready():
            if await self._gone_within(POLL_SECONDS):
                raise LocalError(self.obituary())
            if time.monotonic() > deadline:
                raise LocalError(f"{self.part.name} is not ready after {self.part.ready_within:.0f} s.{self._tail()}")

    def obituary(self) -> str:
        """How the part ended, with the end of its log."""
        return f"{self.part.name} ended with status {self.status}.{self._tail()}"

    def _tail(self) -> str:
        with self.part.log.open("rb") as file:
            file.seek(self._log_begin)
            lines = file.read().decode(errors="replace").splitlines()[-TAIL_LINES:]
        return "\n".join([f" The end of {self.part.log}:", *(f"  {line}" for line in lines)])

    async def stop(self) -> None:
        """Ask it to end, wait a bounded time, then end it with everything that it has started."""
        self._process.send_signal(self.part.stop_signal)
        if not await self._gone_within(self.part.stop_within):
            _kill_tree(psutil.Process(self._process.pid))
            await self.gone.wait()
        self.part.note.unlink(missing_ok=True)
        self.part.tidy()

    async def _gone_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.gone.wait(), seconds)
        return self.gone.is_set()


async def start(part: Part) -> Child:
    """Prepare and start a part and wait until it is ready; when that fails or is cancelled, nothing is left running."""
    preparing = asyncio.create_task(asyncio.to_thread(part.prepare))
    try:
        await asyncio.shield(preparing)
    except asyncio.CancelledError:
        await preparing  # a thread cannot be cancelled, and the home is ours only as long as we wait
        raise
    child = Child(part)
    try:
        await child.until_ready()
    except BaseException:
        await child.stop()
        raise
    return child


def _open_log(log: Path) -> int:
    """Make room for a log; the place in it where the new process begins."""
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
        log.replace(log.with_suffix(".old.log"))
    log.touch(mode=0o600)
    return log.stat().st_size


def _spawn(part: Part) -> subprocess.Popen[bytes]:
    account = part.account
    with part.log.open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - the commands are ours
            part.command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=part.directory,
            env=part.environment,
            # Ctrl-C reaches a whole process group: the children must outlive it to be stopped in order.
            start_new_session=True,
            user=account.user if account else None,
            group=account.group if account else None,
            extra_groups=[] if account else None,
            umask=0o077,
        )


def _described(pid: int, part: Part) -> dict[str, float]:
    try:
        created = psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        created = 0.0
    return {"pid": pid, "created": created, "signal": int(part.stop_signal), "stop_within": part.stop_within}


def bury(note: Path) -> bool:
    """End the process that a note speaks of, if it still is that process; True where there was one."""
    try:
        noted = json.loads(note.read_text(encoding="utf-8"))
        process = psutil.Process(noted["pid"])
        is_ours = abs(process.create_time() - noted["created"]) < CLOCK_SLACK_SECONDS and not has_ended(process)
    except (FileNotFoundError, ValueError, KeyError, psutil.NoSuchProcess):
        is_ours = False
    if is_ours:
        end(process, signal.Signals(noted["signal"]), noted["stop_within"])
    note.unlink(missing_ok=True)
    return is_ours


def end(process: psutil.Process, how: signal.Signals, within: float) -> None:
    """End a process that is not our child."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(how)
    deadline = time.monotonic() + within
    while not has_ended(process):
        if time.monotonic() > deadline:
            _kill_tree(process)
        time.sleep(POLL_SECONDS)  # nobody tells us about the end of somebody else's child


def has_ended(process: psutil.Process) -> bool:
    """True once it runs no more, even where the process 1 of a container never collects it."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _kill_tree(process: psutil.Process) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        for each in [process, *process.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
