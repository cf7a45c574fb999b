"""Batches of an office, and one of them: how far it is, what became of each row, and what can be done now (S4.35)."""

from typing import Any
from urllib.parse import urlencode

from fastapi import Response

from doorstep.domain.authority import Right
from doorstep.domain.batches import ENDED, BatchState, RowResult
from doorstep.domain.errors import Conflict
from doorstep.mail.letters import Desk, workflow_url
from doorstep.store.batch_sheets import BatchSheet
from web.files import table
from web.hub.batches_place import BATCH, BATCHES, batch_path
from web.hub.batches_rows import line_of
from web.hub.forms import ButtonForm, filled
from web.hub.navigation import home_of
from web.hub.visits import Visit, act, look

AT_WORK = frozenset({BatchState.CHECKING, BatchState.RUNNING})
RESULTS: tuple[tuple[str, str], ...] = (("", "All"), ("ok", "Invited"), ("skipped", "Skipped"), ("refused", "Refused"))
COMMANDS = ("start", "pause", "resume", "cancel")


async def show_all(visit: Visit) -> Response:
    """The batches of the office, the newest first."""
    after = visit.asked("after")
    found = await visit.doorstep.batches(visit.code, after=after)
    path = f"{home_of(visit.code)}/batches"
    return visit.page("batches.html", found=found, path=path, after=after, may_invite=visit.may(Right.INVITE))


async def show(visit: Visit) -> Response:
    """One batch; while it works the page asks again, and is opened anew once it does something else."""
    asked = visit.asked("result")
    result = RowResult(asked) if asked in set(RowResult) else None
    after = visit.asked("after")
    sheet = await visit.doorstep.batch_sheet(visit.identifier("batch"), result=result, after=after)
    within = visit.within(sheet.batch.office)
    response = within.page("batch.html", **_seen(within, sheet, asked if result else "", after))
    known = visit.asked("seen")
    if known and known != sheet.batch.state:
        response.headers["HX-Refresh"] = "true"
    return response


def _seen(visit: Visit, sheet: BatchSheet, result: str, after: str) -> dict[str, Any]:
    batch, path = sheet.batch, batch_path(sheet.batch.id)
    asked = {"result": result} if result else {}
    is_open = batch.state not in ENDED
    return {
        "batch": batch,
        "counts": batch.sent if batch.started_at else batch.checked,
        "is_at_work": batch.state in AT_WORK,
        "is_open": is_open,
        "lines": [line_of(row, sheet.people) for row in sheet.rows.items],
        "results": RESULTS,
        "result": result,
        "path": path,
        "next": f"{path}?{urlencode(asked | {'after': sheet.rows.next})}" if sheet.rows.next else "",
        "first": f"{path}?{urlencode(asked)}".rstrip("?") if after else "",
        "may_invite": visit.may(Right.INVITE),
        "home": home_of(batch.office),
        "workflow_url": _workflow_url(visit, batch.workflow_id),
    }


def _workflow_url(visit: Visit, workflow_id: str) -> str:
    doorstep = visit.doorstep
    return workflow_url(Desk("", "", doorstep.settings.temporal_ui_url, doorstep.starter.client.namespace), workflow_id)


async def start(visit: Visit) -> Response:
    """Invite, now that every row was looked at."""
    return await _tell(visit, "start")


async def pause(visit: Visit) -> Response:
    """Invite nobody further for now."""
    return await _tell(visit, "pause")


async def resume(visit: Visit) -> Response:
    """Go on."""
    return await _tell(visit, "resume")


async def cancel(visit: Visit) -> Response:
    """Invite nobody further, for good."""
    return await _tell(visit, "cancel")


async def _tell(visit: Visit, command: str) -> Response:
    filled(ButtonForm, visit.sent)
    batch, done = visit.identifier("batch"), f"batch-{command}"
    say = getattr(visit.doorstep, f"batch_{command}")
    try:
        await say(batch)
    except Conflict:
        done = "batch-moved-on"
    return visit.go(batch_path(batch), done=done)


async def results(visit: Visit) -> Response:
    """Every row with what became of it, as a file that can be corrected and sent again (T31)."""
    batch = visit.identifier("batch")
    await visit.doorstep.batch(batch)  # refused before the line of headings is sent
    return await table(visit.doorstep.batch_results_csv(batch), f"batch-{batch}")


ROUTES = [
    look(BATCHES, show_all),
    look(BATCH, show),
    look(f"{BATCH}/results.csv", results),
    act(f"{BATCH}/start", start),
    act(f"{BATCH}/pause", pause),
    act(f"{BATCH}/resume", resume),
    act(f"{BATCH}/cancel", cancel),
]
