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
    WELCOME_EXISTING = "welcome_existing"
    SET_PASSWORD = "set_password"  # noqa: S105 - the name of a message
    REJECTED = "rejected"
    DECLINED_NOTICE = "declined_notice"
    READDRESSED_NOTICE = "readdressed_notice"
    BOUNCE_NOTICE = "bounce_notice"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - the name of a message
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of a message
    WEBHOOK_DISABLED = "webhook_disabled"
    STAFF_LINK = "staff_link"
    STAFF_CODE_OFF = "staff_code_off"


LINK_MESSAGES = frozenset({Message.INVITATION, Message.REMINDER})
"""The messages that print the link of an invitation."""


class Channel(StrEnum):
    """How a message travels (S0.17)."""

    MAIL = "mail"
    TEXT = "text"


def channel_of(recipient: str) -> Channel:
    """The channel that a recipient is reached by: an e-mail address has an @, a number in E.164 has none."""
    return Channel.MAIL if "@" in recipient else Channel.TEXT


class DeliveryStatus(StrEnum):
    """How far a message got."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    DEFERRED = "deferred"
    BOUNCED = "bounced"
    FAILED = "failed"


@dataclass(frozen=True)
class CustomText:
    """What an office wrote in place of the text of ours: a subject and a body, both templates (S2.20, S4.14).

    `version` counts within the template and its locale; `version_id` names this very text among all.
    """

    name: str
    version: int
    subject: str
    body: str
    version_id: int = 0


@dataclass(frozen=True)
class Letter:
    """One message to one recipient, complete: equal letters become byte-equal mails (invariant 6).

    `values` are the template's variables: texts, and aware datetimes that the template formats in `locale` and
    `time_zone`. `handed_over_at` becomes the Date header; `delivery_id` the Message-ID. `recipient_address` is a number
    in E.164 where the message goes out as a text. `custom` is what the office wrote instead of our text.
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
    custom: CustomText | None = None


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
