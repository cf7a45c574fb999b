"""Figures, seats and exports: as JSON, as charts, and as tables that a spreadsheet opens safely."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from doorstep.domain.events import Event
from doorstep.domain.figures import By, Figures
from doorstep.domain.keys import Scope
from doorstep.domain.states import State
from doorstep.store.audit_pages import AuditFilter
from doorstep.store.invitation_exports import InvitationFilter
from starter.charts.figures import figures_svg
from starter.charts.seats import seats_svg
from starter.exports import figures_csv
from web.api import files
from web.api import statistics_models as models
from web.api.callers import Called
from web.api.operations import Operation, operation
from web.api.paging import Listed, Paged
from web.api.texts import Code, Moment
from web.files import CSV, SVG, table, text

router = APIRouter(prefix="/v1", tags=["statistics"], route_class=Operation)
Since = Annotated[Moment | None, Query(description="Only what was made then or later.")]
Until = Annotated[Moment | None, Query(description="Only what was made before.")]


async def _counted(
    caller: Called,
    since: Since = None,
    until: Until = None,
    by: Annotated[By | None, Query(description="Take them apart by that too.")] = None,
) -> Figures:
    return await caller.doorstep.figures(caller.office, since=since, until=until, by=by)


Counted = Annotated[Figures, Depends(_counted)]


@router.get("/statistics", **operation(Scope.READ))
async def show_statistics(counted: Counted) -> models.FiguresAnswer:
    """Count how far invitations got, how long each step took, and what is open."""
    return models.FiguresAnswer.model_validate(counted)


@router.get("/statistics/chart", **files.file(operation(Scope.READ), SVG))
async def draw_statistics(counted: Counted, caller: Called) -> Response:
    """Draw the funnel as SVG."""
    office = await caller.doorstep.office(caller.office)
    drawn = await asyncio.to_thread(figures_svg, counted, office_name=office.name, time_zone=office.time_zone)
    return text(drawn, SVG, "statistics.svg")


@router.get("/statistics/table", **files.file(operation(Scope.READ), CSV))
async def download_statistics(counted: Counted) -> Response:
    """Download the figures as CSV: a row for all, and one for each group."""
    return text(figures_csv(counted), CSV, "statistics.csv")


@router.get("/seats", **operation(Scope.READ))
async def show_seats(caller: Called) -> models.SeatsAnswer:
    """Count the seats that the office uses, by state, by account and by day."""
    return models.SeatsAnswer.model_validate(await caller.doorstep.seat_report(caller.office))


@router.get("/seats/chart", **files.file(operation(Scope.READ), SVG))
async def draw_seats(caller: Called) -> Response:
    """Draw the seats as SVG."""
    report, office = await caller.doorstep.seat_report(caller.office), await caller.doorstep.office(caller.office)
    drawn = await asyncio.to_thread(seats_svg, report, office_name=office.name)
    return text(drawn, SVG, "seats.svg")


@router.get("/seats/usernames", **operation(Scope.READ))
async def list_seats(response: Response, caller: Called, paging: Paged) -> Listed[models.SeatAnswer]:
    """List the usernames that count as seats, and why."""
    page = await caller.doorstep.seat_list(caller.office, after=paging.after, limit=paging.limit)
    return paging.answer(response, page, models.SeatAnswer.model_validate)


@router.get("/seats/table", **files.file(operation(Scope.READ), CSV))
async def download_seats(caller: Called) -> Response:
    """Download the usernames that count as seats as CSV, and why."""
    return await table(caller.doorstep.export_seats(caller.office), "seats")


@router.get("/exports/invitations", **files.file(operation(Scope.READ), CSV))
async def export_invitations(
    caller: Called,
    state: Annotated[State | None, Query(description="Only those in this state.")] = None,
    account: Annotated[Code | None, Query(description="Only those for the account of this code.")] = None,
    batch: Annotated[UUID | None, Query(description="Only those that this batch made.")] = None,
    since: Since = None,
    until: Until = None,
) -> Response:
    """Download the invitations of the office as CSV, oldest first."""
    wanted = InvitationFilter(caller.office, state, account, batch, since, until)
    return await table(caller.doorstep.export_invitations(wanted), "invitations")


@router.get("/exports/audit", **files.file(operation(Scope.READ), CSV))
async def export_audit(
    caller: Called,
    event: Annotated[Event | None, Query(description="Only what happened like this.")] = None,
    subject: Annotated[UUID | None, Query(description="Only what is about this invitation, user, contact …")] = None,
    since: Since = None,
) -> Response:
    """Download what is recorded about the office as CSV, newest first."""
    wanted = AuditFilter(event=event, subject=subject, since=since)
    return await table(caller.doorstep.export_audit(caller.office, wanted), "audit")
