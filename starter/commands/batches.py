"""Batches: thousands invited at once, rehearsed first, with a bar that grows while it works."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from doorstep.domain.batches import Batch, BatchState, RowResult
from starter.commands import batch_views
from starter.commands.answers import REFUSED, Answer, As, Yes, command
from starter.commands.arguments import Office, OfficeCode
from starter.commands.batch_options import OPTIONS, File, make
from starter.commands.batch_watching import watched
from starter.commands.printing import table
from starter.commands.session import ask

if TYPE_CHECKING:
    from doorstep.domain.batches import BatchRow
    from doorstep.domain.pages import Page
    from starter.client import Doorstep

app = typer.Typer(help="Invitations by the thousand, looked at before anything is sent.", no_args_is_help=True)

SHOWN = 20
"""Rows that a summary names; the others are in `batch rows`."""

Id = Annotated[str, typer.Argument(metavar="ID", help="The batch: its id, or that of its workflow.")]
Start = Annotated[bool, typer.Option("--start", help="Invite as soon as every row was looked at.")]
Result = Annotated[RowResult | None, typer.Option(help="Only rows that came to this.", show_default=False)]
After = Annotated[str, typer.Option(metavar="ROW", help="Those after this row.", show_default=False)]
Limit = Annotated[int, typer.Option(help="How many at most.", min=1, max=200)]
Target = Annotated[Path, typer.Argument(metavar="FILE.csv", dir_okay=False, help="What to write.")]


@command(app, options=OPTIONS)
def check(office: Office, file: File = None, actor: As = "", **options: Any) -> Answer:
    """Look at every row without sending anything: who would be invited, who not, and why."""
    batch, rows = ask(lambda doorstep: _rehearsed(doorstep, office, file, options), actor=actor)
    return _rehearsal(batch, rows)


@command(app, options=OPTIONS)
def create(office: Office, file: File = None, start: Start = False, actor: As = "", **options: Any) -> Answer:  # noqa: FBT002 - typed by name
    """Make a batch and leave the rest to the worker; it is looked at, and waits for a start."""
    batch = ask(lambda doorstep: make(doorstep, office, file, options, starts_by_itself=start), actor=actor)
    return Answer(batch_views.full(batch), batch_views.sheet(batch))


@command(app, options=OPTIONS)
def send(office: Office, file: File = None, yes: Yes = False, actor: As = "", **options: Any) -> Answer:  # noqa: FBT002 - typed by name
    """Look at every row and invite; without --yes only look."""

    async def work(doorstep: "Doorstep") -> "tuple[Batch, list[BatchRow]]":
        if not yes:
            return await _rehearsed(doorstep, office, file, options)
        made = await make(doorstep, office, file, options, starts_by_itself=True)
        done = await watched(doorstep, made)
        return done, await _left_out(doorstep, done)

    batch, rows = ask(work, actor=actor)
    return _outcome(batch, rows) if yes else _rehearsal(batch, rows, status=REFUSED)


@command(app)
def start(identifier: Id, actor: As = "") -> Answer:
    """Invite, now that every row was looked at."""
    return _told(identifier, actor, lambda doorstep, found: doorstep.batch_start(found))


@command(app)
def pause(identifier: Id, actor: As = "") -> Answer:
    """Invite nobody further for now; what is out stays out."""
    return _told(identifier, actor, lambda doorstep, found: doorstep.batch_pause(found))


@command(app)
def resume(identifier: Id, actor: As = "") -> Answer:
    """Go on after a pause."""
    return _told(identifier, actor, lambda doorstep, found: doorstep.batch_resume(found))


@command(app)
def cancel(identifier: Id, actor: As = "") -> Answer:
    """Invite nobody further, for good; what is out stays out."""
    return _told(identifier, actor, lambda doorstep, found: doorstep.batch_cancel(found))


@command(app)
def show(
    identifier: Id,
    watch: Annotated[bool, typer.Option("--watch", help="Stay until it is done, with a bar.")] = False,  # noqa: FBT002 - typed by name
    actor: As = "",
) -> Answer:
    """How far a batch is."""

    async def work(doorstep: "Doorstep") -> Batch:
        batch = await doorstep.batch(_id(identifier))
        return await watched(doorstep, batch) if watch else batch

    batch = ask(work, actor=actor)
    return Answer(batch_views.full(batch), batch_views.sheet(batch))


@command(app, "list")
def list_(office: OfficeCode, after: After = "", limit: Limit = 50, actor: As = "") -> Answer:
    """The batches of an office, the newest first."""
    page = ask(lambda doorstep: doorstep.batches(office, after=after, limit=limit), actor=actor)
    data = {"office": office, "batches": [batch_views.full(each) for each in page.items], "next": page.next}
    if not page.items:
        return Answer(data, ["No batch yet. Make one: doorstep batch check FILE.csv --office CODE"])
    rows = [(e.id, e.state, e.name, e.sent.rows, e.sent.ok, e.sent.skipped, e.sent.refused) for e in page.items]
    return Answer(data, [table(("id", "state", "name", "rows", "invited", "skipped", "refused"), rows)])


@command(app)
def rows(identifier: Id, result: Result = None, after: After = "", limit: Limit = 50, actor: As = "") -> Answer:
    """The rows of a batch, with what the rehearsal said of each or what became of it."""

    async def work(doorstep: "Doorstep") -> "Page[BatchRow]":
        return await doorstep.batch_rows(_id(identifier), result=result, after=after, limit=limit)

    page = ask(work, actor=actor)
    data = {"rows": [batch_views.row(each) for each in page.items], "next": page.next}
    notes = [f"There are more: --after {page.next}"] if page.next else []
    return Answer(data, [batch_views.in_a_table(page.items)], notes=notes)


@command(app)
def results(identifier: Id, file: Target, actor: As = "") -> Answer:
    """Write every row and its result to a file that can be corrected and sent again; nobody is invited twice."""

    async def work(doorstep: "Doorstep") -> int:
        lines = [line async for line in doorstep.batch_results_csv(_id(identifier))]
        await asyncio.to_thread(file.write_text, "".join(lines), encoding="utf-8", newline="")
        return len(lines) - 1

    count = ask(work, actor=actor)
    return Answer({"file": str(file), "rows": count}, [f"{count} rows written to {file}."])


async def _rehearsed(
    doorstep: "Doorstep", office: str, file: Path | None, options: dict[str, Any]
) -> "tuple[Batch, list[BatchRow]]":
    batch = await watched(doorstep, await make(doorstep, office, file, options, starts_by_itself=False))
    return batch, await _left_out(doorstep, batch)


async def _left_out(doorstep: "Doorstep", batch: Batch) -> "list[BatchRow]":
    """The first rows that are not invited, the refused ones before the skipped ones."""
    found: list[BatchRow] = []
    for result in (RowResult.REFUSED, RowResult.SKIPPED):
        page = await doorstep.batch_rows(batch.id, result=result, limit=SHOWN)
        found += page.items
    return found[:SHOWN]


def _rehearsal(batch: Batch, rows: "list[BatchRow]", status: int = 0) -> Answer:
    title = "Would not be invited"
    return Answer(_data(batch, rows), [*_shown(rows, title), *batch_views.sheet(batch)], status)


def _outcome(batch: Batch, rows: "list[BatchRow]") -> Answer:
    is_done = batch.state is BatchState.DONE
    shown = [*_shown(rows, "Not invited"), *batch_views.sheet(batch)]
    return Answer(_data(batch, rows), shown, 0 if is_done else REFUSED)


def _data(batch: Batch, rows: "list[BatchRow]") -> dict[str, object]:
    return batch_views.full(batch) | {"left_out": [batch_views.row(each) for each in rows]}


def _shown(rows: "list[BatchRow]", title: str) -> list[Any]:
    return [batch_views.in_a_table(rows, title=title)] if rows else []


def _told(identifier: str, actor: str, tell: "Callable[[Doorstep, UUID], Awaitable[Batch]]") -> Answer:
    batch = ask(lambda doorstep: tell(doorstep, _id(identifier)), actor=actor)
    return Answer(batch_views.full(batch), batch_views.sheet(batch))


def _id(text: str) -> UUID:
    try:
        return UUID(text.removeprefix("batch-"))
    except ValueError:
        raise typer.BadParameter("That is no id of a batch. See them with: doorstep batch list OFFICE") from None
