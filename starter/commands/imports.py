"""The import of an ERP export: a bar that grows row by row, and what a person should look at."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from doorstep.domain.errors import Invalid, NotFound
from starter.commands.answers import Answer, As, command
from starter.commands.arguments import SomeOffice
from starter.commands.printing import console, table
from starter.commands.session import ask

if TYPE_CHECKING:
    from doorstep.store.importing import Import
    from starter.client import Doorstep

app = typer.Typer()

File = Annotated[Path, typer.Argument(metavar="FILE.csv", exists=True, dir_okay=False, help="What the ERP wrote.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and change nothing.")]


@command(app, "import")
def import_(file: File, office: SomeOffice = None, dry_run: DryRun = False, actor: As = "") -> Answer:  # noqa: FBT002 - typed by name
    """Take accounts and contacts from an ERP export, row by row; a bad row never stops the others."""

    async def work(doorstep: "Doorstep") -> "tuple[str, Import]":
        chosen = office or await _only_office(doorstep)
        return chosen, await carry_out(doorstep, file, chosen, is_dry_run=dry_run)

    chosen, done = ask(work, actor=actor)
    return Answer(_data(chosen, done, is_dry_run=dry_run), shown(done, is_dry_run=dry_run))


async def carry_out(
    doorstep: "Doorstep", file: Path, office: str, *, is_dry_run: bool = False, terminal: Console | None = None
) -> "Import":
    """Import a file with a progress bar, on stderr by default, where there is a terminal to see it."""
    terminal = terminal or console(stderr=True)
    under_way = await doorstep.import_rows(await asyncio.to_thread(file.read_bytes), office, is_dry_run=is_dry_run)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=terminal, disable=not terminal.is_terminal) as progress:
        task = progress.add_task(file.name, total=under_way.summary.rows)
        async for _row in under_way:
            progress.advance(task)
    return under_way


async def _only_office(doorstep: "Doorstep") -> str:
    codes = await doorstep.offices()
    if not codes:
        raise NotFound("no_such_office", "There is no office yet. Make one first: doorstep office set nz")
    if len(codes) > 1:
        sentence = f"There are several offices. Say which one with --office: {', '.join(codes)}"
        raise Invalid("office_needed", sentence, field="office")
    return codes[0]


def _data(office: str, done: "Import", *, is_dry_run: bool) -> dict[str, object]:
    report, summary = done.report, done.summary
    refused = [
        {"line": r.line, "column": r.column, "code": r.code.value, "reason": r.reason, "remedy": r.remedy}
        for r in report.refused
    ]
    return {
        "office": office,
        "is_dry_run": is_dry_run,
        "rows": report.rows,
        "new_accounts": report.new_accounts,
        "new_contacts": report.new_contacts,
        "merged": report.merged,
        "changed": report.changed,
        "taken_back": report.taken_back,
        "refused": refused,
        "warned": [{"line": line, "warning": warning} for line, warning in report.warned],
        "encoding": summary.encoding,
        "delimiter": summary.delimiter,
        "ignored_columns": list(summary.ignored_columns),
    }


def shown(done: "Import", *, is_dry_run: bool = False) -> list[RenderableType]:
    """The tables of what was refused and what was taken with a warning, and the sum."""
    report = done.report
    parts: list[RenderableType] = []
    if report.refused:
        rows = [(r.line, r.column, r.code, r.reason, r.remedy) for r in report.refused]
        parts.append(table(("line", "column", "refused as", "reason", "what to do"), rows, title="Refused"))
    if report.warned:
        parts.append(table(("line", "warning"), report.warned, title="Taken, with a warning"))
    parts.append(summed_up(done, is_dry_run=is_dry_run))
    if report.taken_back:
        parts.append(f"Open invitations taken back, or gone on without a closed account: {report.taken_back}.")
    if done.summary.ignored_columns:
        parts.append(f"Columns that are not read: {', '.join(done.summary.ignored_columns)}.")
    return [*parts, "Nothing was changed: this was a dry run."] if is_dry_run else parts


def summed_up(done: "Import", *, is_dry_run: bool = False) -> str:
    """The sum of it."""
    report = done.report
    would = "would be " if is_dry_run else ""
    return (
        f"{report.rows} rows: {report.rows - len(report.refused)} {would}taken, {len(report.refused)} refused. "
        f"New accounts {report.new_accounts}, new contacts {report.new_contacts}, known already {report.merged}."
    )
