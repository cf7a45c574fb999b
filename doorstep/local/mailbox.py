"""A mail server that delivers nothing: each message lands in a Maildir, and a page shows them, with the texts.

    python -m doorstep.local.mailbox --folder MAILDIR --smtp-port N --page-port N

Messages are kept as they came, with Unix line ends as a Maildir has them and the envelope in two headers on top.
"""

import argparse
import asyncio
import itertools
import os
import time
from pathlib import Path

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session

from doorstep.local.mailbox_page import mailbox_page
from doorstep.local.ports import LOOPBACK


class MaildirKeeper:
    """The handler of the SMTP server."""

    def __init__(self, folder: Path) -> None:
        """Make the Maildir where there is none yet."""
        for part in ("tmp", "new", "cur"):
            (folder / part).mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._numbers = itertools.count()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep one message; its sender hears of success only when it is there."""
        content = envelope.original_content or b""
        lines = [f"X-MailFrom: {envelope.mail_from}", *(f"X-RcptTo: {address}" for address in envelope.rcpt_tos)]
        head = "".join(f"{line}\n" for line in lines).encode(errors="surrogateescape")
        self._keep(head + content.replace(b"\r\n", b"\n"))
        return "250 Message accepted"

    def _keep(self, message: bytes) -> None:
        # Names sort by time of arrival. The page and the tests read `new` alone, where a message appears whole.
        name = f"{time.time_ns()}.P{os.getpid()}Q{next(self._numbers)}.doorstep"
        partial = self._folder / "tmp" / name
        partial.write_bytes(message)
        partial.rename(self._folder / "new" / name)


async def serve(folder: Path, *, smtp_port: int, page_port: int) -> None:
    """Take mail and show it until SIGTERM or SIGINT."""
    keeper = MaildirKeeper(folder)
    loop = asyncio.get_running_loop()

    def session() -> SMTP:
        # The name is given, since looking one up can take seconds without a network.
        return SMTP(keeper, hostname="localhost", ident="Doorstep mailbox", enable_SMTPUTF8=True, loop=loop)

    page = uvicorn.Config(
        mailbox_page(folder),
        host=LOOPBACK,
        port=page_port,
        lifespan="off",
        log_level="warning",
        timeout_graceful_shutdown=1,
    )
    smtp = await loop.create_server(session, LOOPBACK, smtp_port)
    try:
        await uvicorn.Server(page).serve()
    finally:
        smtp.close()


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="python -m doorstep.local.mailbox", description="Keep and show mail.")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--page-port", type=int, required=True)
    given = parser.parse_args()
    asyncio.run(serve(given.folder, smtp_port=given.smtp_port, page_port=given.page_port))


if __name__ == "__main__":
    main()
