"""The frame around the scenes: a stack of their own, the timeline at the end, and what to read when a scene fails."""

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from doorstep.local.home import ANY_PORTS, USUAL_PORTS, Home
from doorstep.local.stack import Stack
from starter.commands.answers import print_json
from starter.commands.faults import fault_of
from starter.commands.printing import console, plain
from starter.demo.scenes import play
from starter.demo.stage import SceneError, open_stage, step
from starter.demo.timeline import as_data, drawn, moments

FAILED, INTERRUPTED = 1, 130
TAIL_LINES, TAIL_WIDTH = 8, 400


def run(home: Path | None, *, as_json: bool) -> int:
    """Play the demo; 0 where every scene went as it should, and nothing is left running whatever happens."""
    terminal = console(stderr=as_json)
    with _folder(home) as folder:
        # Beside a stack that runs already: other ports, unless the folder keeps its own.
        stack = Stack(Home.at(folder), ports=ANY_PORTS if home is None else USUAL_PORTS)
        try:
            asyncio.run(_perform(stack, terminal, as_json=as_json))
        except (KeyboardInterrupt, asyncio.CancelledError):
            terminal.print("\nInterrupted; everything is stopped.")
            return INTERRUPTED
        except SceneError as error:
            _mourn(error, terminal, as_json=as_json)
            return FAILED
    return 0


@contextlib.contextmanager
def _folder(home: Path | None) -> Iterator[Path]:
    if home is not None:
        yield home
        return
    with TemporaryDirectory(prefix="doorstep-demo-") as folder:
        yield Path(folder)


async def _perform(stack: Stack, terminal: Console, *, as_json: bool) -> None:
    _stop_on_sigterm()
    begin = time.monotonic()
    async with contextlib.AsyncExitStack() as running, _logs_of_a_failure(stack.home, terminal):
        with step(terminal, "PostgreSQL, Temporal, a mailbox, the worker and the pages start"):
            await running.enter_async_context(stack)
            stage = await running.enter_async_context(open_stage(stack, terminal))
        ended = await play(stage)
        with step(terminal, "The timelines are read from the audit and the deliveries"):
            timelines = [(each, await moments(stage, each)) for each in ended]
        with step(terminal, "Everything stops"):
            await running.aclose()
    seconds = time.monotonic() - begin
    for invitation, lines in timelines:
        terminal.print(drawn(invitation, lines))
    terminal.print(f"The main job from beginning to end, with a day that was skipped, in {seconds:.0f} s.")
    if as_json:
        told = [as_data(invitation, lines) for invitation, lines in timelines]
        print_json({"is_ok": True, "seconds": round(seconds, 1), "invitations": told})


def _stop_on_sigterm() -> None:
    """SIGINT cancels the task that runs; let SIGTERM do the same, so that the stack is stopped in order."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


@contextlib.asynccontextmanager
async def _logs_of_a_failure(home: Home, terminal: Console) -> AsyncIterator[None]:
    """Print the ends of the logs while they still end with the failure, and not with the stop of everything."""
    try:
        yield
    except SceneError:
        for log in sorted(home.log("any").parent.glob("*.log")):
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:]
            ends = [f"  {line[:TAIL_WIDTH]}" for line in lines]
            terminal.print(plain("\n".join([f"\nThe end of {log.name}:", *ends])), soft_wrap=True)
        raise


def _mourn(error: SceneError, terminal: Console, *, as_json: bool) -> None:
    cause = error.__cause__
    reason = (
        fault_of(cause).message if isinstance(cause, Exception) and not isinstance(cause, SceneError) else str(cause)
    )
    sentence = f"The demo failed at: {error}\n{reason}"
    terminal.print(f"\n{plain(sentence)}\nEverything is stopped.", soft_wrap=True)
    if as_json:
        print_json({"error": {"code": "demo_failed", "message": sentence, "status": 500}})
