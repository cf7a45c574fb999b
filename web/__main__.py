"""Composition root of the web: settings and client become an application behind a server; SIGTERM drains it.

The handler is set before anything heavy is imported, so that a stop during the start is a clean stop too.
"""

import os
import signal
import sys


def _leave_at_once(_number: int, _frame: object) -> None:
    os._exit(0)  # nothing was begun yet


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _leave_at_once)
    signal.signal(signal.SIGINT, _leave_at_once)

import asyncio  # noqa: E402 - the handlers come first

import structlog  # noqa: E402

from doorstep import logs  # noqa: E402
from doorstep import settings as settings_module  # noqa: E402
from doorstep.security import passwords  # noqa: E402
from doorstep.security.links import KeyRingError  # noqa: E402
from doorstep.settings import Settings, SettingsError  # noqa: E402
from starter.client import connect  # noqa: E402
from web.app import create_app  # noqa: E402
from web.serving import build_server, listen  # noqa: E402

log = structlog.get_logger()


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Serve until `stop`, then let what is under way finish."""
    with listen(settings.web_host, settings.web_port) as listener:
        async with connect(settings, via="page") as doorstep:
            # Makes what the first person with an unknown name would otherwise wait for, and could be told by (T08).
            await passwords.verify_password("", None)
            server = build_server(create_app(doorstep), settings)
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            stopping = asyncio.create_task(stop.wait())
            log.info("web_ready", port=listener.getsockname()[1])
            await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            server.should_exit = True
            await serving


async def main() -> int:
    """Run until SIGTERM or SIGINT; the exit status."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        settings = settings_module.load()
        logs.set_up(settings.log_level)
        await run(settings, stop)
    except (SettingsError, KeyRingError, OSError) as error:
        sys.stderr.write(f"The web cannot start:\n{error}\n")
        return 2
    log.info("web_stopped")
    return 0


if __name__ == "__main__":
    status = asyncio.run(main())
    sys.stdout.flush()
    sys.stderr.flush()
    # It holds a Temporal client, whose threads sometimes crash the interpreter while it is being torn down, after all
    # work is done and everything is closed; leaving without that teardown keeps the exit status that was earned.
    os._exit(status)
