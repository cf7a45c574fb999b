"""Jobs, and how many of their places are left."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field

from doorstep.domain.keys import Scope
from web.api.callers import Called
from web.api.operations import Operation, operation
from web.api.paging import Listed, Paged
from web.api.texts import Answer, Line

router = APIRouter(prefix="/v1", tags=["jobs"], route_class=Operation)
EXAMPLE: dict[str, Any] = {
    "id": "0199a7c2-5a80-7000-8000-000000000000",
    "name": "12 Barn Road",
    "places": 3,
    "taken": 1,
    "left": 2,
    "created_at": "2026-11-22T08:00:00Z",
}


class JobAnswer(Answer):
    """A job, made at its first use; so many people and no more are invited to it."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [EXAMPLE]})

    id: Annotated[UUID, Field(description="Its id.")]
    name: Annotated[str, Field(description="What an invitation names it by.")]
    places: Annotated[int, Field(description="How many people it has place for, by the rules of the office.")]
    taken: Annotated[int, Field(description="How many invitations count; one taken back frees its place.")]
    left: Annotated[int, Field(description="How many more people can be invited.")]
    created_at: Annotated[datetime, Field(description="When it was first named.")]


@router.get("/jobs", **operation(Scope.READ))
async def list_jobs(
    response: Response,
    caller: Called,
    paging: Paged,
    q: Annotated[Line, Query(description="A part of the name, in any case.")] = "",
) -> Listed[JobAnswer]:
    """List the jobs of the office with their places, in order of their names."""
    page = await caller.doorstep.job_page(caller.office, search=q, after=paging.after, limit=paging.limit)
    return paging.answer(response, page, JobAnswer.model_validate)


@router.get("/jobs/{job_id}", **operation(Scope.READ, 404))
async def show_job(job_id: UUID, caller: Called) -> JobAnswer:
    """Look at one job and its places."""
    return JobAnswer.model_validate(await caller.doorstep.job(job_id))
