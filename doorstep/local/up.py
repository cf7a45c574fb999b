"""`doorstep up`: the whole stack on this machine until Ctrl-C."""

import asyncio
import contextlib
import json
import shlex
import signal
import sys
import time
from collections.abc import Collection, Mapping
from pathlib import Path

from rich.console import Console

from doorstep.local.errors import LocalError
from doorstep.local.home import Home
from doorstep.local.postgres import DURABLE
from doorstep.local.stack import EVERYTHING, Stack
from doorstep.settings import DEFAULT_HOME

WORTH_TRYING = (
    "doorstep office set nz",
    "doorstep approvers set nz boss@office.example",
    "doorstep staff add nz boss@office.example --permission administrator",
    "doorstep invite --office nz --email ana@example.org",
)


def run(
    home: Path,
    *,
    fresh: bool,
    parts: Collection[str] = EVERYTHING,
    postgres: Mapping[str, str] = DURABLE,
    as_json: bool = False,
) -> int:
    """Run the stack until SIGINT, SIGTERM or the end of the terminal; the exit status of the command.

    With `as_json` stdout gets the addresses as one JSON object once all is ready, and everything else goes to stderr.
    """
    console = Console(stderr=as_json)
    stack = Stack(Home.at(home), parts=parts, fresh=fresh, postgres=postgres, say=lambda line: _print(console, line))
    try:
        asyncio.run(_until_signal(stack, console))
    except LocalError as error:
        _print(Console(stderr=True), str(error))
        return 1
    except OSError as error:
        _print(Console(stderr=True), f"{error.filename or home}: {error.strerror or error}")
        return 1
    return 0


async def _until_signal(stack: Stack, console: Console) -> None:
    # Before anything starts, so that no moment is left in which a signal would leave children behind.
    stop = _stop_on_signals()
    serving = asyncio.create_task(_serve(stack, console))
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if serving.done():
        return await serving
    _print(console, "\nStopping ...")
    serving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await serving
    _print(console, "Stopped. The next `up` finds everything again.")
    return None


async def _serve(stack: Stack, console: Console) -> None:
    begin = time.monotonic()
    async with contextlib.AsyncExitStack() as running:
        with console.status("Starting ..."):
            await running.enter_async_context(stack)
        _print(console, _welcome(stack, time.monotonic() - begin))
        if console.stderr:
            sys.stdout.write(json.dumps(stack.addresses(), indent=2) + "\n")
            sys.stdout.flush()
        await stack.failure()


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):  # also where a script's background job began with SIGINT ignored
        loop.add_signal_handler(number, stop.set)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup: meant to outlive its terminal
        loop.add_signal_handler(signal.SIGHUP, stop.set)
    return stop


def _welcome(stack: Stack, seconds: float) -> str:
    addresses = stack.addresses()
    elsewhere = stack.home.folder != DEFAULT_HOME.absolute()
    first = [f"export DOORSTEP_HOME={shlex.quote(str(stack.home.folder))}"] if elsewhere else []
    lines = [
        f"\nDoorstep is ready after {seconds:.1f} s.\n",
        f"  Portal and Team Hub  {addresses['web']}",
        f"  Mailbox              {addresses['mailbox_page']}",
        f"  Temporal UI          {addresses['temporal_ui']}",
        "\nWorth trying, in another terminal:\n",
        *(f"  {command}" for command in [*first, *WORTH_TRYING]),
        "\nCtrl-C stops it.",
    ]
    return "\n".join(lines)


def _print(console: Console, text: str) -> None:
    # Addresses and commands are copied from here: no markup, no colours inside them, no line breaks added.
    console.print(text, markup=False, highlight=False, soft_wrap=True)
