"""The messages that Doorstep sends, and the values a template may use."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Message(StrEnum):
    """Keys of the messages; each has a folder of that name in the templates."""

    INVITATION = "invitation"
    REMINDER = "reminder"
    SET_UP_RECEIVED = "set_up_received"
    APPROVAL_NEEDED = "approval_needed"
    APPROVAL_REMINDER = "approval_reminder"
    APPROVAL_ESCALATION = "approval_escalation"
    APPROVED = "approved"
    WELCOME = "welcome"
    REJECTED = "rejected"
    DECLINED_NOTICE = "declined_notice"
    READDRESSED_NOTICE = "readdressed_notice"
    BOUNCE_NOTICE = "bounce_notice"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - the name of a message
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of a message


LINK_MESSAGES = frozenset({Message.INVITATION, Message.REMINDER})
"""The messages that print the link of an invitation."""


class DeliveryStatus(StrEnum):
    """How far a message got."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    DEFERRED = "deferred"
    BOUNCED = "bounced"
    FAILED = "failed"


@dataclass(frozen=True)
class Letter:
    """One message to one recipient, complete: equal letters become byte-equal mails (invariant 6).

    `values` are the template's variables: texts, and aware datetimes that the template formats in `locale` and
    `time_zone`. `handed_over_at` becomes the Date header; `delivery_id` the Message-ID.
    """

    message: Message
    delivery_id: UUID
    recipient_address: str
    recipient_name: str
    sender: str
    reply_to: str
    handed_over_at: datetime
    locale: str
    time_zone: str
    values: Mapping[str, object]


class Handover(StrEnum):
    """How an attempt to hand a message over ended."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class HandoverResult:
    """The end of one attempt: its kind, the server's reply code if there was one, and a stable word for the cause.

    `cause` never holds an address or the server's own words, which may repeat one.
    """

    kind: Handover
    cause: str = ""
    reply_code: int | None = None
