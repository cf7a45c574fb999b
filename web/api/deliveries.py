"""Deliveries: what went out, to whom, and how far it got."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import ConfigDict, Field

from doorstep.domain.keys import Scope
from doorstep.domain.messages import Channel, DeliveryStatus, Message
from doorstep.store.delivery_pages import DeliveryFilter
from web.api.callers import Called
from web.api.operations import Operation, operation
from web.api.paging import Listed, Paged
from web.api.texts import Answer, Moment

router = APIRouter(prefix="/v1", tags=["deliveries"], route_class=Operation)
EXAMPLE: dict[str, Any] = {
    "id": "0199a7c2-5a80-7000-8000-000000000001",
    "subject_id": "0199a7c2-5a80-7000-8000-000000000000",
    "message": "invitation",
    "generation": 1,
    "recipient": "ana@example.org",
    "channel": "mail",
    "status": "delivered",
    "attempts": 1,
    "cause": "",
    "reply_code": 250,
    "created_at": "2026-11-22T08:00:00Z",
    "handed_over_at": "2026-11-22T08:00:01Z",
    "sent_at": "2026-11-22T08:00:01Z",
    "delivered_at": "2026-11-22T08:00:05Z",
}


class DeliveryDetail(Answer):
    """One message to one recipient; every copy of it that goes out is the same."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [EXAMPLE]})

    id: Annotated[UUID, Field(description="Its id.")]
    subject_id: Annotated[UUID, Field(description="The invitation, or the request for a password, or the webhook.")]
    message: Annotated[Message, Field(description="The key of the message.")]
    generation: Annotated[int, Field(description="Which link it carried; each resend makes a new one.")]
    recipient: Annotated[str, Field(description="The address or number.")]
    channel: Annotated[Channel, Field(description="How it travels.")]
    status: Annotated[DeliveryStatus, Field(description="How far it got.")]
    attempts: Annotated[int, Field(description="How often it was handed over.")]
    cause: Annotated[str, Field(description="What stood in the way last.")]
    reply_code: Annotated[int | None, Field(description="What the server said last.")]
    created_at: Annotated[datetime, Field(description="When it was queued.")]
    handed_over_at: Annotated[datetime | None, Field(description="When the last attempt began.")]
    sent_at: Annotated[datetime | None, Field(description="When a server took it.")]
    delivered_at: Annotated[datetime | None, Field(description="When a provider said that it arrived.")]


def _wanted(
    status: Annotated[DeliveryStatus | None, Query(description="Only those that got as far as this.")] = None,
    channel: Annotated[Channel | None, Query(description="Only those that travel like this.")] = None,
    message: Annotated[Message | None, Query(description="Only those of this message.")] = None,
    since: Annotated[Moment | None, Query(description="Only those queued then or later.")] = None,
) -> DeliveryFilter:
    return DeliveryFilter(status, channel, message, since)


Wanted = Annotated[DeliveryFilter, Depends(_wanted)]


@router.get("/deliveries", **operation(Scope.READ))
async def list_deliveries(response: Response, caller: Called, paging: Paged, wanted: Wanted) -> Listed[DeliveryDetail]:
    """List what the office sent, the newest first."""
    page = await caller.doorstep.delivery_page(caller.office, wanted, after=paging.after, limit=paging.limit)
    return paging.answer(response, page, DeliveryDetail.model_validate)


@router.get("/invitations/{invitation_id}/deliveries", **operation(Scope.READ, 404))
async def list_deliveries_of_invitation(
    response: Response, invitation_id: UUID, caller: Called, paging: Paged, wanted: Wanted
) -> Listed[DeliveryDetail]:
    """List what was sent about one invitation, the newest first."""
    page = await caller.doorstep.deliveries_of(invitation_id, wanted, after=paging.after, limit=paging.limit)
    return paging.answer(response, page, DeliveryDetail.model_validate)
