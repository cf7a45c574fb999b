"""The audit in words: what each event means to somebody who reads it, and through which door it came."""

from collections.abc import Iterator, Mapping

from doorstep.domain.events import Event
from doorstep.store.audit_pages import AuditRecord

SENTENCES: Mapping[Event, str] = {
    Event.CREATED: "Made an invitation",
    Event.RELEASED: "Sent a draft on its way",
    Event.SENT: "Handed messages over to be sent",
    Event.BOUNCED: "A message came back",
    Event.REMINDED: "Reminded the invitee",
    Event.SET_UP: "The invitee set up a user",
    Event.EXISTING_USER: "The invitee has a user already",
    Event.EXPIRED: "The link expired unused",
    Event.CLOSED: "The time to send it again is over",
    Event.RESENT: "Sent it again with a new link",
    Event.NEW_LINK_REQUESTED: "The invitee asked for a new link",
    Event.READDRESSED: "Changed the address",
    Event.DECLINED: "The invitee declined",
    Event.REVOKED: "Took the invitation back",
    Event.APPROVED: "Approved the user",
    Event.REJECTED: "Rejected the user, whose username is deleted",
    Event.ACTIVATED: "The account is active",
    Event.ACTIVATION_FAILED: "The activation failed, and is tried again",
    Event.APPROVERS_REMINDED: "Reminded the username administrators",
    Event.ESCALATED: "Told the username administrators that the decision is overdue",
    Event.LINK_SHOWN: "Looked at the live link",
    Event.RESTARTED: "Started the workflow again",
    Event.ERASED: "Erased the person from the invitation",
    Event.REFUSED: "Was refused",
    Event.USER_ADDED: "Added a user directly",
    Event.USER_SUSPENDED: "Suspended a user",
    Event.USER_RESUMED: "Let a suspended user in again",
    Event.USER_DELETED: "Deleted a user",
    Event.USER_ERASED: "Erased a user",
    Event.PERMISSIONS_SET: "Changed what a user may do",
    Event.SIGNED_IN: "Signed in to the portal",
    Event.SIGN_IN_REFUSED: "A sign-in to the portal was refused",
    Event.SIGNED_OUT: "Signed out of the portal",
    Event.PASSWORD_RESET_ASKED: "Asked for a link to set a password",
    Event.PASSWORD_LINK_MADE: "A link to set a password was made",
    Event.PASSWORD_CHANGED: "Set a password",
    Event.OFFICE_SET: "Changed the settings of the office",
    Event.APPROVERS_SET: "Changed the username administrators",
    Event.GROUP_SET: "Set a group role",
    Event.GROUP_REMOVED: "Took a group role away",
    Event.IMPORTED: "Imported customers",
    Event.CONTACT_ADDED: "Added a contact",
    Event.CONTACT_SET: "Changed a contact",
    Event.STAFF_SET: "Added or changed a member of staff",
    Event.STAFF_REMOVED: "Removed a member of staff",
    Event.STAFF_LINK_ASKED: "Asked for a link to the Team Hub",
    Event.STAFF_PASSWORD_SET: "Set a password for the Team Hub",
    Event.STAFF_SIGNED_IN: "Signed in to the Team Hub",
    Event.STAFF_SIGN_IN_REFUSED: "A sign-in to the Team Hub was refused",
    Event.STAFF_SIGNED_OUT: "Signed out of the Team Hub",
    Event.STAFF_SESSION_ENDED: "Ended a session of the Team Hub",
    Event.STAFF_CODE_SET: "Turned on one-time codes for the Team Hub",
    Event.STAFF_CODE_REMOVED: "Turned off one-time codes for the Team Hub",
    Event.STAFF_OIDC_TIED: "Tied a sign-in elsewhere to the Team Hub",
    Event.STAFF_OIDC_UNTIED: "Untied a sign-in elsewhere from the Team Hub",
    Event.TEMPLATE_ADDED: "Added a template",
    Event.TEMPLATE_SAVED: "Changed a template",
    Event.TEMPLATE_RESTORED: "Brought back an earlier text of a template",
    Event.FAILED_OVER: "Sent it to the other address",
    Event.DELIVERED: "A message was delivered",
    Event.ACCOUNT_SET: "Made or changed an account",
    Event.ACCOUNT_CLOSED: "Closed an account",
    Event.KEY_MADE: "Made an API key",
    Event.KEY_REVOKED: "Revoked an API key",
    Event.BATCH_CREATED: "Made a batch",
    Event.BATCH_STARTED: "Started a batch",
    Event.BATCH_PAUSED: "Paused a batch",
    Event.BATCH_RESUMED: "Let a batch go on",
    Event.BATCH_CANCELLED: "Cancelled a batch",
    Event.BATCH_DONE: "A batch is done",
    Event.WEBHOOK_ADDED: "Added a webhook",
    Event.WEBHOOK_SET: "Changed a webhook",
    Event.WEBHOOK_ROTATED: "Made a new secret for a webhook",
    Event.WEBHOOK_REPLAYED: "Had a webhook send again",
    Event.WEBHOOK_DISABLED: "A webhook was disabled",
    Event.WEBHOOK_ENABLED: "Enabled a webhook",
    Event.WEBHOOK_REMOVED: "Removed a webhook",
    Event.WEBHOOK_SECRET_SHOWN: "Looked at the secret of a webhook",
    Event.SOURCE_ADDED: "Added a delivery source",
    Event.SOURCE_ROTATED: "Made a new secret for a delivery source",
    Event.SOURCE_REMOVED: "Removed a delivery source",
    Event.ERP_SOURCE_SET: "Set a source of the ERP",
    Event.ERP_SOURCE_REMOVED: "Removed a source of the ERP",
    Event.ERP_PULLED: "Pulled customers from the ERP",
}

FAMILIES = {
    "command": "Refusals",
    "invitation": "Invitations",
    "message": "Messages",
    "user": "Users of the portal",
    "contact": "Contacts",
    "account": "Accounts",
    "directory": "Imports",
    "batch": "Batches",
    "office": "Settings",
    "staff": "Staff",
    "template": "Templates",
    "key": "API keys",
    "webhook": "Webhooks",
    "delivery_source": "Delivery sources",
    "erp_source": "Sources of the ERP",
}

DOORS = {
    "hub": "Team Hub",
    "page": "portal",
    "api": "API",
    "cli": "command line",
    "temporal": "Temporal",
    "clock": "by itself",
}

LEFT_OUT = frozenset({"office", "message_id", "command"})
"""Details that stand elsewhere on the page, or tell a person nothing."""


def sentence(record: AuditRecord) -> str:
    """What happened; an event that a newer Doorstep wrote is told by its name."""
    known = {event.value: words for event, words in SENTENCES.items()}
    words = known.get(record.event, record.event.replace(".", ": ").replace("_", " "))
    command = record.detail.get("command")
    return f"{words}: {_plain(str(command))}" if command else words


def reason(record: AuditRecord) -> str:
    """Why, where a code tells it."""
    return _plain(record.code)


def details(record: AuditRecord) -> Iterator[tuple[str, str]]:
    """What else is known, by name."""
    for name, value in record.detail.items():
        if name not in LEFT_OUT and value not in (None, "", [], {}):
            yield _plain(name), _said(value)


def door(record: AuditRecord) -> str:
    """Through which door somebody came."""
    return DOORS.get(record.via, record.via)


def choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """The events to choose from, by family."""
    families: dict[str, list[tuple[str, str]]] = {name: [] for name in FAMILIES.values()}
    for event, words in SENTENCES.items():
        families[FAMILIES[event.partition(".")[0]]].append((event.value, words))
    return list(families.items())


def _plain(name: str) -> str:
    return name.replace("_", " ").replace(".", " ").replace("-", " ")


def _said(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(str, value))
        case dict():
            return ", ".join(f"{_plain(str(name))} {each}" for name, each in value.items())
    return str(value)
