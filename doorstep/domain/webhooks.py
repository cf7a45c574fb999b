"""Webhooks: which events are offered, what a body says, and how long a delivery is tried."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from doorstep.domain.errors import Conflict, Invalid, NotFound
from doorstep.domain.events import Event

TEST_EVENT = "webhook.test"

FAMILIES = ("invitation", "message", "user", "batch")
KEPT_BACK = frozenset(
    {
        *(Event.LINK_SHOWN, Event.RESTARTED),  # what support did by hand
        *(Event.SIGN_IN_REFUSED, Event.SIGNED_OUT, Event.PASSWORD_RESET_ASKED, Event.PASSWORD_LINK_MADE),
    }
)
OFFERED = tuple(event for event in Event if event.partition(".")[0] in FAMILIES and event not in KEPT_BACK)
"""Whatever moves an invitation, a message, a user or a batch on; no refusals, and nothing about keys or settings."""

FIRST_PAUSE = timedelta(seconds=5)
PAUSE_GROWS = 3
LONGEST_PAUSE = timedelta(hours=4)
LONGEST_RETRY_AFTER = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(days=3)
"""How long one delivery is tried; a webhook that took nothing for as long is disabled."""


class WebhookState(StrEnum):
    """A disabled one collects what happens and sends it once it is enabled again."""

    ACTIVE = "active"
    DISABLED = "disabled"
    REMOVED = "removed"


class SendingStatus(StrEnum):
    """How far one delivery got; `dropped` with its webhook."""

    QUEUED = "queued"
    DELIVERED = "delivered"
    FAILED = "failed"
    DROPPED = "dropped"


@dataclass(frozen=True)
class Webhook:
    """One subscription of an office, as it is kept; its secret is derived and stands nowhere."""

    id: UUID
    office: str
    url: str
    events: tuple[str, ...]
    owner: str
    state: WebhookState
    last_sequence: int
    created_by: str
    created_at: datetime
    failing_since: datetime | None
    last_success_at: datetime | None
    disabled_at: datetime | None


@dataclass(frozen=True)
class Sending:
    """One event on its way to one webhook; `due_at` is the next try after one that failed."""

    id: UUID
    sequence: int
    event: str
    subject_id: UUID | None
    status: SendingStatus
    attempts: int
    reply_code: int | None
    cause: str
    created_at: datetime
    tried_at: datetime | None
    due_at: datetime | None
    delivered_at: datetime | None


def checked_events(names: Sequence[str]) -> tuple[str, ...]:
    """What to listen to: names of events, a family such as `invitation.*`, or `*` for everything.

    Raises:
        Invalid: `unknown_event`, with the families.
    """
    known = {"*", *(f"{family}.*" for family in FAMILIES), *map(str, OFFERED)}
    asked = tuple(dict.fromkeys(name.strip() for name in names))
    if not asked or not known.issuperset(asked):
        families = ", ".join(f"{family}.*" for family in FAMILIES)
        sentence = f"Name the events to send: {families}, one of their events such as {Event.ACTIVATED}, or *."
        raise Invalid("unknown_event", sentence, field="events")
    return asked


def body_text(body: Mapping[str, object]) -> str:
    """The body as it is signed and sent: the same text at every try."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"))


def pause_after(attempt: int) -> timedelta:
    """How long to wait after that many tries: 5 seconds, three times as long each time, 4 hours at most."""
    pause: timedelta = FIRST_PAUSE * PAUSE_GROWS ** (min(attempt, 20) - 1)
    return min(pause, LONGEST_PAUSE)


def no_such_webhook() -> NotFound:
    """The one answer for a webhook that is unknown, removed or out of sight."""
    return NotFound("no_such_webhook", "There is no such webhook.")


def secret_lost() -> Conflict:
    """The refusal where the key that the secret comes from was taken out of the ring."""
    sentence = (
        "The key of this secret is not in DOORSTEP_LINK_KEYS any more. Make a new secret: doorstep webhook rotate"
    )
    return Conflict("secret_lost", sentence)
