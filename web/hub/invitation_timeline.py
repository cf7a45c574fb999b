"""The timeline of an invitation in words: what was recorded, and how far each message got."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from doorstep.domain.events import Event
from doorstep.domain.invitation import Delivery, Invitation
from doorstep.domain.messages import Channel, DeliveryStatus, Message, channel_of
from doorstep.domain.permissions import SECTIONS
from doorstep.store.audit import AuditEntry
from starter.stories import Story

TOLD_BY_MESSAGES = frozenset({Event.SENT, Event.DELIVERED, Event.BOUNCED})
REFUSALS = frozenset({Event.REFUSED, Event.SIGN_IN_REFUSED})

WORDS: dict[str, str] = {
    Event.CREATED: "Invited",
    Event.RELEASED: "The draft was sent",
    Event.REMINDED: "Reminded of the link",
    Event.SET_UP: "Set up a user",
    Event.EXISTING_USER: "Has a user already; no set-up is needed",
    Event.EXPIRED: "The link expired",
    Event.CLOSED: "Closed: the time to send it again is over",
    Event.RESENT: "Sent again",
    Event.NEW_LINK_REQUESTED: "Asked for a new link",
    Event.READDRESSED: "Sent to another address",
    Event.DECLINED: "Declined: not for them",
    Event.REVOKED: "Revoked",
    Event.APPROVED: "Approved",
    Event.REJECTED: "Rejected",
    Event.ACTIVATED: "The account became active",
    Event.ACTIVATION_FAILED: "The activation failed and is tried again",
    Event.APPROVERS_REMINDED: "The username administrators were reminded",
    Event.ESCALATED: "The decision is overdue",
    Event.LINK_SHOWN: "The live link was handed out",
    Event.RESTARTED: "The workflow was started again",
    Event.ERASED: "The person was erased",
    Event.FAILED_OVER: "Sent to the other address, because the first one could not be reached",
    Event.USER_SUSPENDED: "The user was suspended",
    Event.USER_RESUMED: "The user was let in again",
    Event.USER_DELETED: "The user was deleted",
    Event.PERMISSIONS_SET: "The permissions were changed",
    Event.SIGNED_IN: "Signed in",
    Event.SIGN_IN_REFUSED: "A sign-in was refused",
    Event.SIGNED_OUT: "Signed out",
    Event.PASSWORD_RESET_ASKED: "Asked for a link to a new password",
    Event.PASSWORD_LINK_MADE: "A link to the first password was made",
    Event.PASSWORD_CHANGED: "Chose a new password",
}

MESSAGES: dict[Message, str] = {
    Message.INVITATION: "The invitation",
    Message.REMINDER: "The reminder",
    Message.SET_UP_RECEIVED: "The thanks for the set-up",
    Message.APPROVAL_NEEDED: "The request to approve",
    Message.APPROVAL_REMINDER: "The reminder to approve",
    Message.APPROVAL_ESCALATION: "The last reminder to approve",
    Message.APPROVED: "The good news",
    Message.WELCOME: "The welcome",
    Message.WELCOME_EXISTING: "The welcome",
    Message.REJECTED: "The refusal",
    Message.DECLINED_NOTICE: "The news that they declined",
    Message.READDRESSED_NOTICE: "The news to the old address",
    Message.BOUNCE_NOTICE: "The news that it could not be delivered",
}

STATUS: dict[DeliveryStatus, str] = {
    DeliveryStatus.QUEUED: "waits to go out",
    DeliveryStatus.DEFERRED: "was not taken yet, and is tried again",
    DeliveryStatus.SENT: "was handed over",
    DeliveryStatus.DELIVERED: "arrived",
    DeliveryStatus.BOUNCED: "did not arrive",
    DeliveryStatus.FAILED: "was not sent",
}

DOORS = {
    "page": "on the portal",
    "hub": "in the Team Hub",
    "api": "through the API",
    "cli": "at the command line",
    "temporal": "through Temporal",
}


@dataclass(frozen=True)
class Happening:
    """One line of the timeline; `by` is who did it, empty where nobody did, `door` through which door.

    `status` is that of a message, empty for anything else.
    """

    at: datetime
    what: str
    by: str = ""
    door: str = ""
    more: str = ""
    status: str = ""
    is_refusal: bool = False


def timeline(story: Story) -> list[Happening]:
    """Everything, the newest first."""
    found = [*_recorded(story), *map(_message, story.invitation.deliveries)]
    return sorted(found, key=lambda each: each.at, reverse=True)


def _recorded(story: Story) -> Iterator[Happening]:
    invitation = story.invitation
    for each in story.records:
        if each.event in TOLD_BY_MESSAGES:
            continue
        is_refusal = each.event in REFUSALS
        what = _refused(each) if each.event == Event.REFUSED else WORDS.get(each.event, each.event)
        door = DOORS.get(each.via, "")
        yield Happening(each.at, what, _who(each, invitation), door, _more(each, invitation), is_refusal=is_refusal)


def _refused(each: AuditEntry) -> str:
    command = str(each.detail.get("command", "")).replace("_", " ")
    return f"Refused: {command or 'a step'}"


def _who(each: AuditEntry, invitation: Invitation) -> str:
    if each.via == "clock":
        return ""
    is_person = each.via == "page" and (each.actor == "invitee" or each.actor == str(invitation.user_id))
    return (invitation.name or invitation.address or "the invitee") if is_person else each.actor


def _more(each: AuditEntry, invitation: Invitation) -> str:
    """What else is worth telling."""
    if each.event in REFUSALS:
        return each.code.replace("_", " ")
    if each.event in (Event.APPROVED, Event.REJECTED) and invitation.decision_note:
        note = f"“{invitation.decision_note}”"
        return f"{_granted(each)} {note}".strip()
    if each.event in (Event.APPROVED, Event.PERMISSIONS_SET):
        return _granted(each)
    if each.event == Event.READDRESSED:
        return f"from {each.detail.get('before', '?')} to {each.detail.get('after', '?')}"
    return ""


def _granted(each: AuditEntry) -> str:
    held = each.detail.get("granted", [])
    names = [words for name, words in SECTIONS.items() if isinstance(held, list) and name in held]
    return f"Granted: {', '.join(names)}." if names else ""


def _message(each: Delivery) -> Happening:
    at = each.delivered_at or each.sent_at or each.handed_over_at or each.created_at
    name = MESSAGES.get(each.message, each.message.value.replace("_", " ").capitalize())
    way = "text" if channel_of(each.recipient) is Channel.TEXT else "mail"
    to = f" to {each.recipient}" if each.recipient else ""
    return Happening(at, f"{name} by {way}{to}", more=_fate(each), status=each.status.value)


def _fate(each: Delivery) -> str:
    told = [STATUS[each.status]]
    if each.cause:
        told.append(each.cause.replace("_", " "))
    if each.reply_code is not None and each.sent_at is None:
        told.append(f"reply {each.reply_code}")
    if each.attempts > 1:
        told.append(f"tried {each.attempts} times")
    return ", ".join(told)
