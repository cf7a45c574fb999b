"""Mail that came back: noted once, and the workflow told; from a pipe, or from a Maildir that the workers watch."""

import asyncio
import time
from pathlib import Path

import structlog
from sqlalchemy.exc import DBAPIError

from doorstep.domain.errors import Unavailable
from doorstep.mail.reports import Report, read_report
from doorstep.mail.returned import Claim, Maildir
from doorstep.store import returns
from doorstep.store.engine import transact
from starter.desk import Connected
from starter.pausing import pause

log = structlog.get_logger()


async def note_report(desk: Connected, report: Report) -> bool:
    """Note what became of a delivery, in one transaction; False for an unknown delivery and for old news (S3.7).

    Raises:
        Unavailable: nothing was written.
    """
    noted = await transact(desk.engine, lambda tx: returns.note(tx, desk.means, report))
    if noted.to_wake is not None:
        await desk.starter.wake(noted.to_wake)
    if noted.is_new:
        log.info(
            "report_noted",
            delivery=str(report.delivery_id),
            action=report.action.value,
            status=report.status,
            cause=report.cause,
        )
    return noted.is_new


async def collect_until(stop: asyncio.Event, desk: Connected, folder: Path, *, every: float) -> None:
    """Empty the Maildir every few seconds until `stop`; an outage is noted once and waited out.

    What was read stays for a week, should somebody want to look at it, and is thrown away then.
    """
    maildir = Maildir(folder)
    before = ""
    while not stop.is_set():
        trouble = ""
        try:
            await collect_once(desk, maildir, stop=stop)
            await asyncio.to_thread(maildir.throw_away, time.time())
        except Unavailable:
            trouble = "database unavailable"
        except OSError as error:
            trouble = f"the folder of DOORSTEP_RETURNS_MAILDIR: {error.strerror}"
        if trouble and trouble != before:
            log.warning("returned_mail_waits", reason=trouble)
        before = trouble
        await pause(stop, every)


async def collect_once(desk: Connected, maildir: Maildir, *, stop: asyncio.Event | None = None) -> int:
    """Read what waits in the Maildir, until `stop`; the number of reports that told something new.

    Raises:
        Unavailable: the database cannot serve; the mail waits for the next time.
        OSError: the Maildir is not there, or not ours to change.
    """
    noted = 0
    for name in await asyncio.to_thread(maildir.waiting, time.time()):
        if stop is not None and stop.is_set():
            break
        claim = await asyncio.to_thread(maildir.claim, name)
        if claim is not None:
            noted += await _handle(desk, claim)
    return noted


async def _handle(desk: Connected, claim: Claim) -> bool:
    """Read and note one mail; one that cannot be handled is put aside, so that it stands in no other's way."""
    is_new = False
    try:
        report = await asyncio.to_thread(lambda: read_report(claim.read()))
        is_new = report is not None and await note_report(desk, report)
    except Unavailable:
        await asyncio.to_thread(claim.give_back)
        raise
    except (OSError, ValueError, DBAPIError) as error:
        log.error("returned_mail_put_aside", error=type(error).__name__)
        await asyncio.to_thread(claim.put_aside)
    else:
        await asyncio.to_thread(claim.finish)
    return is_new
