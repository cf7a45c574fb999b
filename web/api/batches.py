"""Batches: made of rows, ids, a filter or a file, looked at first, then started, held and read."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, HTTPException, Query, Request, Response

from doorstep.domain.batch_file import read_batch
from doorstep.domain.batches import RowResult
from doorstep.domain.keys import Scope
from web.api import batch_models as models
from web.api import files
from web.api.callers import Called
from web.api.operations import Operation, operation
from web.api.paging import Listed, Paged
from web.files import CSV, table

router = APIRouter(prefix="/v1", tags=["batches"], route_class=Operation)
FILE = "email,name,account\nana@example.org,Ana,1042\n"


@router.post("/batches", status_code=201, **operation(Scope.INVITE, 404, 409, 413))
async def create_batch(response: Response, new: models.NewBatch, caller: Called) -> models.BatchAnswer:
    """Make a batch, which is looked at row by row at once.

    Nothing is sent before it is started. A row that is wrong stops no other, and nobody is invited twice.
    """
    batch = await caller.doorstep.batch_create(caller.office, idempotency_key=caller.repeat_key, **new.as_asked())
    response.headers["Location"] = f"/v1/batches/{batch.id}"
    return models.BatchAnswer.of(batch)


def _of_a_file() -> dict[str, Any]:
    declared = operation(Scope.INVITE, 404, 409, 413, 415)
    schema = {"type": "string", "format": "binary", "description": "A line of headings, and a row for each person."}
    body = {"required": True, "content": {CSV: {"schema": schema, "example": FILE}}}
    return declared | {"openapi_extra": declared["openapi_extra"] | {"requestBody": body}}


@router.post("/batches/csv", status_code=201, **_of_a_file())
async def create_batch_of_file(
    request: Request, response: Response, caller: Called, said: Annotated[models.FileOptions, Query()]
) -> models.BatchAnswer:
    """Make a batch of a CSV file, a file of results among them.

    The headings are `email`, `phone`, `name`, `account`, `job`, `contact` and `invitation`, in any order and with the
    names that exports give them; one of the first two, or `contact`, has to be there.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != CSV:
        raise HTTPException(415)
    rows = await asyncio.to_thread(read_batch, await request.body())
    batch = await caller.doorstep.batch_create(
        caller.office,
        rows=rows,
        options=said.as_asked(),
        name=said.name,
        starts_by_itself=said.starts_by_itself,
        idempotency_key=caller.repeat_key,
    )
    response.headers["Location"] = f"/v1/batches/{batch.id}"
    return models.BatchAnswer.of(batch)


@router.get("/batches", **operation(Scope.READ))
async def list_batches(response: Response, caller: Called, paging: Paged) -> Listed[models.BatchAnswer]:
    """List the batches of the office, the newest first."""
    page = await caller.doorstep.batches(caller.office, after=paging.after, limit=paging.limit)
    return paging.answer(response, page, models.BatchAnswer.of)


@router.get("/batches/{batch_id}", **operation(Scope.READ, 404))
async def show_batch(batch_id: UUID, caller: Called) -> models.BatchAnswer:
    """Look at one batch, and how far it is."""
    return models.BatchAnswer.of(await caller.doorstep.batch(batch_id))


@router.get("/batches/{batch_id}/rows", **operation(Scope.READ, 404))
async def list_rows(
    response: Response,
    batch_id: UUID,
    caller: Called,
    paging: Paged,
    result: Annotated[RowResult | None, Query(description="Only those that came to this.")] = None,
) -> Listed[models.BatchRowAnswer]:
    """List the rows of a batch, in their order."""
    page = await caller.doorstep.batch_rows(batch_id, result=result, after=paging.after, limit=paging.limit)
    return paging.answer(response, page, models.BatchRowAnswer.model_validate)


@router.get("/batches/{batch_id}/results", **files.file(operation(Scope.READ, 404), CSV))
async def download_results(batch_id: UUID, caller: Called) -> Response:
    """Download every row with what became of it, as CSV.

    The file can be corrected and sent again as a batch: whoever was invited is invited no second time.
    """
    await caller.doorstep.batch(batch_id)
    return await table(caller.doorstep.batch_results_csv(batch_id), f"batch-{batch_id}")


@router.post("/batches/{batch_id}/start", **operation(Scope.INVITE, 404, 409))
async def start_batch(batch_id: UUID, caller: Called) -> models.BatchAnswer:
    """Start a batch, now that every row was looked at."""
    return models.BatchAnswer.of(await caller.doorstep.batch_start(batch_id))


@router.post("/batches/{batch_id}/pause", **operation(Scope.INVITE, 404, 409))
async def pause_batch(batch_id: UUID, caller: Called) -> models.BatchAnswer:
    """Pause a batch: nobody further is invited for now."""
    return models.BatchAnswer.of(await caller.doorstep.batch_pause(batch_id))


@router.post("/batches/{batch_id}/resume", **operation(Scope.INVITE, 404, 409))
async def resume_batch(batch_id: UUID, caller: Called) -> models.BatchAnswer:
    """Go on with a batch after a pause."""
    return models.BatchAnswer.of(await caller.doorstep.batch_resume(batch_id))


@router.post("/batches/{batch_id}/cancel", **operation(Scope.INVITE, 404, 409))
async def cancel_batch(batch_id: UUID, caller: Called) -> models.BatchAnswer:
    """Cancel a batch for good; whoever is invited stays invited."""
    return models.BatchAnswer.of(await caller.doorstep.batch_cancel(batch_id))
