"""Webhooks as systems see and ask for them."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from doorstep.domain.webhooks import SendingStatus, WebhookState
from web.api.texts import Address, Answer, Code, Moment, Request

MOST_EVENTS = 100
LONGEST_URL = 2000
ID = "0199a7c2-5a80-7000-8000-000000000000"
WEBHOOK: dict[str, Any] = {
    "id": ID,
    "url": "https://erp.example/doorstep",
    "events": ["invitation.*"],
    "owner": "ops@kauri.example",
    "state": "active",
    "last_sequence": 12,
    "created_by": "key erp",
    "created_at": "2026-11-22T08:00:00Z",
    "failing_since": None,
    "last_success_at": "2026-11-22T08:00:00Z",
    "disabled_at": None,
}
SECRET: dict[str, Any] = {"secret": "whsec_…"}
SENDING: dict[str, Any] = {
    "id": ID,
    "sequence": 12,
    "event": "invitation.activated",
    "subject_id": ID,
    "status": "delivered",
    "attempts": 1,
    "reply_code": 204,
    "cause": "",
    "created_at": "2026-11-22T08:00:00Z",
    "tried_at": "2026-11-22T08:00:00Z",
    "due_at": None,
    "delivered_at": "2026-11-22T08:00:00Z",
}
TESTED: dict[str, Any] = {"id": ID, "is_taken": True, "reply_code": 204, "cause": ""}


def _shown_by(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(from_attributes=True, json_schema_extra={"examples": [example]})


class NewWebhook(Request):
    """Where to send what."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"url": WEBHOOK["url"], "events": WEBHOOK["events"], "owner": WEBHOOK["owner"]}]
        }
    )

    url: Annotated[str, Field(max_length=LONGEST_URL, description="An https address of the public Internet.")]
    events: Annotated[
        tuple[Code, ...],
        Field(min_length=1, max_length=MOST_EVENTS, description="Events, families such as `invitation.*`, or `*`."),
    ]
    owner: Annotated[Address, Field(description="Who is told when the webhook is disabled.")]


class WebhookPatch(Request):
    """What to change of a webhook; what is left out or null stays, the secret and what is queued too."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"events": ["invitation.*", "message.bounced"]}]})

    url: Annotated[
        str | None, Field(max_length=LONGEST_URL, description="An https address of the public Internet.")
    ] = None
    events: Annotated[
        tuple[Code, ...] | None,
        Field(min_length=1, max_length=MOST_EVENTS, description="What is sent from now on, in place of all before."),
    ] = None
    owner: Annotated[Address | None, Field(description="Who is told when the webhook is disabled.")] = None


class Replay(Request):
    """From when on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"since": "2026-11-22T08:00:00Z"}]})

    since: Annotated[Moment, Field(description="Everything from then on is sent again.")]


class WebhookAnswer(Answer):
    """One subscription; a disabled one collects what happens, and sends it once it is enabled again."""

    model_config = _shown_by(WEBHOOK)

    id: Annotated[UUID, Field(description="Its id.")]
    url: Annotated[str, Field(description="Where to.")]
    events: Annotated[list[str], Field(description="What is sent.")]
    owner: Annotated[str, Field(description="Who is told when it is disabled.")]
    state: Annotated[WebhookState, Field(description="Whether it sends.")]
    last_sequence: Annotated[int, Field(description="The number of the newest event.")]
    created_by: Annotated[str, Field(description="Who made it.")]
    created_at: Annotated[datetime, Field(description="When it was made.")]
    failing_since: Annotated[datetime | None, Field(description="Since when the receiver has taken nothing.")]
    last_success_at: Annotated[datetime | None, Field(description="When it took something last.")]
    disabled_at: Annotated[datetime | None, Field(description="When it was given up.")]


class WebhooksAnswer(Answer):
    """The webhooks of the office."""

    model_config = _shown_by({"data": [WEBHOOK]})

    data: Annotated[list[WebhookAnswer], Field(description="The webhooks.")]


class WebhookSecretAnswer(Answer):
    """What deliveries are signed with, as Standard Webhooks has it."""

    model_config = _shown_by(SECRET)

    secret: Annotated[str, Field(description="Enter it at the receiver; it is kept nowhere here.")]


class NewWebhookAnswer(WebhookAnswer):
    """A new webhook, with the secret of its signatures."""

    model_config = _shown_by(WEBHOOK | SECRET)

    secret: Annotated[str, Field(description="Enter it at the receiver; it is kept nowhere here.")]


class SendingAnswer(Answer):
    """One event on its way to the receiver."""

    model_config = _shown_by(SENDING)

    id: Annotated[UUID, Field(description="Its id, the same at every try.")]
    sequence: Annotated[int, Field(description="Its place in the order of events.")]
    event: Annotated[str, Field(description="What happened.")]
    subject_id: Annotated[UUID | None, Field(description="To which invitation, user or batch.")]
    status: Annotated[SendingStatus, Field(description="How far it got.")]
    attempts: Annotated[int, Field(description="How often it was tried.")]
    reply_code: Annotated[int | None, Field(description="What the receiver answered last.")]
    cause: Annotated[str, Field(description="What stood in the way last.")]
    created_at: Annotated[datetime, Field(description="When it was queued.")]
    tried_at: Annotated[datetime | None, Field(description="When it was tried last.")]
    due_at: Annotated[datetime | None, Field(description="When it is tried next.")]
    delivered_at: Annotated[datetime | None, Field(description="When the receiver took it.")]


class ReplayAnswer(Answer):
    """How much is sent again."""

    model_config = _shown_by({"count": 12})

    count: Annotated[int, Field(description="Events that are sent again, with the same ids and bodies.")]


class WebhookTestAnswer(Answer):
    """What the receiver made of a test event."""

    model_config = _shown_by(TESTED)

    id: Annotated[UUID, Field(description="The id of the test event.")]
    is_taken: Annotated[bool, Field(description="The receiver took it.")]
    reply_code: Annotated[int | None, Field(description="What it answered.")]
    cause: Annotated[str, Field(description="What stood in the way.")]
