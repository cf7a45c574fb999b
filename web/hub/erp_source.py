"""One source of the ERP's export: its pulls, the rows that were refused, and what can be done about it."""

from collections.abc import Awaitable, Callable

from fastapi import Response

from doorstep.domain.erp_sources import Source
from doorstep.domain.errors import Refused
from web.hub.erp import PATH, NameForm, faults_of, often, page_of, result, standing_of
from web.hub.forms import filled
from web.hub.visits import Visit, act, look


async def show(visit: Visit) -> Response:
    """How it stands, and its newest pulls."""
    return await _page(visit, visit.asked("name"))


async def pull(visit: Visit) -> Response:
    """Pull now; never beside a pull that is under way."""
    name = filled(NameForm, visit.sent).name
    try:
        source = await visit.doorstep.erp_run(visit.code, name)
    except Refused as refusal:
        return await _page(visit, name, refusal)
    return visit.go(page_of(source), done="erp-pulled")


async def remove(visit: Visit) -> Response:
    """Take it away; what was imported stays."""
    await visit.doorstep.erp_remove(visit.code, filled(NameForm, visit.sent).name)
    return visit.go(PATH.format(office=visit.code), done="erp-removed")


def _moved(done: str, change: Callable[[Visit, str], Awaitable[Source]]) -> Callable[[Visit], Awaitable[Response]]:
    """A button that comes back to the page of the source."""

    async def endpoint(visit: Visit) -> Response:
        return visit.go(page_of(await change(visit, filled(NameForm, visit.sent).name)), done=done)

    return endpoint


async def _page(visit: Visit, name: str, refusal: Refused | None = None) -> Response:
    standing, runs = await visit.doorstep.erp_story(visit.code, name)
    source, when = standing.source, standing.source.when
    every = "" if when.every is None else str(round(when.every.total_seconds()))
    return visit.page(
        "erp_source.html",
        status=200 if refusal is None else refusal.status,
        standing=standing,
        source=source,
        words=standing_of(standing),
        is_under_way=standing.is_under_way or (standing.last is not None and standing.last.outcome == "running"),
        runs=[(each, result(each)) for each in runs],
        problems=runs[0].problems if runs else (),
        here=page_of(source),
        often=often(when),
        values={"location": source.location, "every": every, "cron": when.cron, "time_zone": when.time_zone},
        faults=faults_of(refusal),
    )


ROUTES = [
    look(f"{PATH}/source", show),
    act(f"{PATH}/run", pull),
    act(f"{PATH}/pause", _moved("erp-paused", lambda visit, name: visit.doorstep.erp_pause(visit.code, name))),
    act(f"{PATH}/resume", _moved("erp-resumed", lambda visit, name: visit.doorstep.erp_resume(visit.code, name))),
    act(f"{PATH}/remove", remove),
]
