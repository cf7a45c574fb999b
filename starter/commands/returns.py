"""Mail that came back, as a mail server hands it to a program: a report is noted, every other mail passed over."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from doorstep.domain.errors import Unavailable
from starter.commands.answers import Answer, command
from starter.commands.faults import fault_of
from starter.commands.printing import console, plain
from starter.commands.session import ask

if TYPE_CHECKING:
    from doorstep.mail.reports import Report
    from starter.client import Doorstep

app = typer.Typer(help="Mail that came back to the sender address.", no_args_is_help=True)

TRY_LATER = 75
"""EX_TEMPFAIL: a mail server that pipes to a program tries again at this status, and bounces at any other but 0."""

STDIN = "-"
CHUNK = 64 * 1024
File = Annotated[str, typer.Argument(metavar="FILE", help="The mail; `-` reads it from the standard input.")]

NO_REPORT = "This is no report about a delivery of ours. Nothing was changed."
OLD_NEWS = "The delivery is unknown, or this was noted before. Nothing was changed."


@command(app)
def read(file: File = STDIN) -> Answer:
    """Note what a mail that came back says of a delivery; a mail that says nothing of one is passed over."""
    from doorstep.mail.reports import read_report  # noqa: PLC0415 - takes a second, and `--help` needs it not
    from doorstep.settings import SettingsError  # noqa: PLC0415 - see above

    report = read_report(_content(file))
    if report is None:
        return Answer({"is_report": False, "is_noted": False}, [NO_REPORT])
    try:
        is_noted = ask(lambda doorstep: _note(doorstep, report))
    except (Unavailable, SettingsError) as error:
        return _later(error)
    data = {
        "is_report": True,
        "is_noted": is_noted,
        "delivery": str(report.delivery_id),
        "action": report.action.value,
        "status": report.status,
        "is_permanent": report.is_permanent,
        "cause": report.cause,
    }
    said = ", ".join(filter(None, (report.action.value, report.status, report.cause)))
    return Answer(data, [f"Delivery {report.delivery_id}: {said}." if is_noted else OLD_NEWS])


async def _note(doorstep: "Doorstep", report: "Report") -> bool:
    from starter.returns import note_report  # noqa: PLC0415 - loaded with the client, which takes seconds

    return await note_report(doorstep, report)


def _content(file: str) -> bytes:
    """The beginning of the mail; the rest is read and dropped, because a mail server minds a pipe that closes."""
    if file == STDIN:
        return _beginning(sys.stdin.buffer)
    with Path(file).open("rb") as opened:
        return _beginning(opened)


def _beginning(source: BinaryIO) -> bytes:
    from doorstep.mail.report_parts import MAX_BYTES  # noqa: PLC0415 - see above

    content = source.read(MAX_BYTES)
    while source.read(CHUNK):
        pass
    return content


def _later(error: Exception) -> Answer:
    """No fault of the mail: whoever sent it here is to try again."""
    fault = fault_of(error)
    console(stderr=True).print(plain(fault.message), soft_wrap=True)
    return Answer({"error": {"code": fault.code, "message": fault.message, "status": fault.status}}, [], TRY_LATER)
