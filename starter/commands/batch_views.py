"""Batches as JSON and as tables; the names of the fields are promised to scripts."""

from collections.abc import Iterable, Sequence

from rich.console import RenderableType

from doorstep.domain.batches import Batch, BatchRow, BatchState, Counts, RowResult
from starter.commands.printing import iso, pairs, table

NEXT = {
    BatchState.CHECKING: "Every row is being looked at. See how far it is: doorstep batch show {id}",
    BatchState.CHECKED: "Nothing was sent. Start it with: doorstep batch start {id}",
    BatchState.RUNNING: "See how far it is: doorstep batch show {id}",
    BatchState.PAUSED: "Go on with: doorstep batch resume {id}",
    BatchState.CANCELLED: "Nobody further is invited. See what became of each row: doorstep batch rows {id}",
    BatchState.DONE: "To correct rows and send them again: doorstep batch results {id} FILE.csv",
}


def full(batch: Batch) -> dict[str, object]:
    """Everything about a batch but its rows."""
    instants = ("created_at", "started_at", "ended_at")
    as_they_are = ("office", "name", "source", "starts_by_itself", "created_by")
    return (
        {"id": str(batch.id), "state": batch.state.value, "workflow_id": batch.workflow_id}
        | {name: getattr(batch, name) for name in as_they_are}
        | {name: iso(getattr(batch, name)) for name in instants}
        | {"checked": counted(batch.checked), "sent": counted(batch.sent)}
    )


def counted(counts: Counts) -> dict[str, int]:
    """What rows came to, by name."""
    return {name: getattr(counts, name) for name in ("rows", "ok", "skipped", "refused", "failing", "left")}


def row(found: BatchRow) -> dict[str, object]:
    """One row, with what the rehearsal said and what became of it."""
    return {
        "row": found.number,
        "given": dict(found.given),
        "checked": found.checked,
        "checked_code": found.checked_code,
        "checked_message": found.checked_message,
        "checked_field": found.checked_field,
        "result": found.result,
        "code": found.code,
        "message": found.message,
        "field": found.field,
        "invitation": None if found.invitation_id is None else str(found.invitation_id),
    }


def sheet(batch: Batch) -> list[RenderableType]:
    """A batch for a person, with what can be done next."""
    rows = [
        ("id", batch.id),
        ("state", batch.state),
        ("name", batch.name),
        ("rows", batch.sent.rows),
        ("looked at", _in_words(batch.checked, "would be invited")),
        ("sent", _in_words(batch.sent, "invited") if batch.started_at else ""),
    ]
    return [pairs(rows), NEXT[batch.state].format(id=batch.id)]


def _in_words(counts: Counts, ok: str) -> str:
    said = [f"{counts.ok} {ok}", f"{counts.skipped} skipped", f"{counts.refused} refused"]
    failing = [f"{counts.failing} failing, and tried again"] if counts.failing else []
    return ", ".join([*said, *failing, f"{counts.left} left"])


def in_a_table(found: Iterable[BatchRow], *, title: str | None = None) -> RenderableType:
    """Rows with the reason of each."""
    return table(("row", "whom", "result", "code", "about"), [_cells(each) for each in found], title=title)


def _cells(found: BatchRow) -> Sequence[object]:
    is_done = found.result is not None
    result: RowResult | None = found.result if is_done else found.checked
    whom = next((found.given[name] for name in ("email", "phone", "contact") if found.given.get(name)), "")
    code, message = (found.code, found.message) if is_done else (found.checked_code, found.checked_message)
    field = found.field if is_done else found.checked_field
    return found.number, whom, result or "open", code, f"{field}: {message}" if field else message
