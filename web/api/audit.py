"""The audit of the office: everything that happened, and everything that was refused."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field

from doorstep.domain.events import Event
from doorstep.domain.keys import Scope
from doorstep.store.audit_pages import AuditFilter
from web.api.callers import Called
from web.api.operations import Operation, operation
from web.api.paging import Listed, Paged
from web.api.texts import Address, Answer, Moment

router = APIRouter(prefix="/v1", tags=["audit"], route_class=Operation)
EXAMPLE: dict[str, Any] = {
    "id": 4711,
    "at": "2026-11-22T08:00:00Z",
    "subject_id": "0199a7c2-5a80-7000-8000-000000000000",
    "actor": "key erp",
    "via": "api",
    "event": "invitation.created",
    "code": "",
    "detail": {"office": "nz"},
}


class AuditAnswer(Answer):
    """One line of the audit, which nobody can change."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [EXAMPLE]})

    id: Annotated[int, Field(description="Its number; a later line has a higher one.")]
    at: Annotated[datetime, Field(description="When.")]
    subject_id: Annotated[UUID | None, Field(description="The invitation, user, contact … that it is about.")]
    actor: Annotated[str, Field(description="Who.")]
    via: Annotated[str, Field(description="Through which door: api, cli, page, temporal, clock.")]
    event: Annotated[str, Field(description="What, such as `invitation.created`.")]
    code: Annotated[str, Field(description="The code of a refusal.")]
    detail: Annotated[dict[str, Any], Field(description="What else is known; addresses only masked.")]


@router.get("/audit", **operation(Scope.READ))
async def list_audit(
    response: Response,
    caller: Called,
    paging: Paged,
    event: Annotated[Event | None, Query(description="Only what happened like this.")] = None,
    actor: Annotated[Address | None, Query(description="Only what exactly this one did.")] = None,
    subject: Annotated[UUID | None, Query(description="Only what is about this invitation, user, contact …")] = None,
    since: Annotated[Moment | None, Query(description="Only what happened then or later.")] = None,
) -> Listed[AuditAnswer]:
    """List what is recorded about the office and its invitations, the newest first."""
    wanted = AuditFilter(event, actor, subject, since)
    page = await caller.doorstep.audit_page(caller.office, wanted, after=paging.after, limit=paging.limit)
    return paging.answer(response, page, AuditAnswer.model_validate)
