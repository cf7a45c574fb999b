"""What the text of an office may use in each message: names, what stands behind them, and the links it must show."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from doorstep.domain.messages import Message


class Kind(StrEnum):
    """What a variable holds, and so how a text may use it."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "yes or no"
    URL = "address"
    CODE = "line to copy"
    MOMENT = "moment"
    SECTION = "section"
    SECTIONS = "list of sections"
    ACCOUNTS = "list of accounts"
    GRANTS = "list of accounts with their sections"


@dataclass(frozen=True)
class Variable:
    """One name that a text may use; `may_be_empty`: there are mails without it, so a text should ask first."""

    kind: Kind
    meaning: str
    may_be_empty: bool = False


_CODE, _NAME = Variable(Kind.TEXT, "the code"), Variable(Kind.TEXT, "the name", may_be_empty=True)
ITEMS: Mapping[Kind, tuple[Variable, ...]] = {
    Kind.SECTIONS: (Variable(Kind.SECTION, "a section"),),
    Kind.ACCOUNTS: (_CODE, _NAME),
    Kind.GRANTS: (_CODE, _NAME, Variable(Kind.SECTIONS, "the sections", may_be_empty=True)),
}
"""What one turn of a loop over a list gives, in this order."""

_OFFICE: dict[str, Variable] = {
    "office_name": Variable(Kind.TEXT, "the name of the office"),
    "help_email": Variable(Kind.TEXT, "the help address of the office", may_be_empty=True),
    "help_phone": Variable(Kind.TEXT, "the help number of the office", may_be_empty=True),
    "client_guide": Variable(Kind.URL, "the client guide of the office", may_be_empty=True),
}
_PERSON: dict[str, Variable] = _OFFICE | {
    "recipient_name": Variable(Kind.TEXT, "the name of whoever gets the mail", may_be_empty=True)
}
_IS_EXISTING = {"is_existing": Variable(Kind.FLAG, "whether the person had a user before this invitation")}
_ACCOUNTS = Variable(Kind.ACCOUNTS, "the accounts that the invitation opens: code and name", may_be_empty=True)
_USER: dict[str, Variable] = {
    "username": Variable(Kind.TEXT, "the username of the person"),
    "sign_in_url": Variable(Kind.URL, "the page to sign in"),
    "forgot_url": Variable(Kind.URL, "the page to ask for a new password"),
}
_GRANTS = Variable(Kind.GRANTS, "what the person may use: code and name of each account, and its sections")
_IS_NEW_USER = Variable(Kind.FLAG, "whether staff added the user, who sets the password by a second mail")
_APPROVAL: dict[str, Variable] = {
    **_OFFICE,
    **_IS_EXISTING,
    "invitee_name": Variable(Kind.TEXT, "the name of whoever waits for the decision", may_be_empty=True),
    "invitee_address": Variable(Kind.TEXT, "the address or number of whoever waits for the decision"),
    "username": Variable(Kind.TEXT, "the username that was set up"),
    "accounts": _ACCOUNTS,
    "permissions": Variable(Kind.SECTIONS, "the sections of the portal that were asked for", may_be_empty=True),
    "invited_by": Variable(Kind.TEXT, "who invited"),
    "set_up_at": Variable(Kind.MOMENT, "when the user was set up"),
    "waiting_since": Variable(Kind.MOMENT, "since when the decision is due"),
    "review_url": Variable(Kind.URL, "the page to look and decide", may_be_empty=True),
    "workflow_url": Variable(Kind.URL, "the page of the workflow in the Temporal Web UI", may_be_empty=True),
    "workflow_id": Variable(Kind.CODE, "the id of the workflow"),
    "approve_command": Variable(Kind.CODE, "the line that approves"),
    "reject_command": Variable(Kind.CODE, "the line that rejects"),
    "approve_json": Variable(Kind.CODE, "the input of the signal that approves"),
}

VARIABLES: Mapping[Message, Mapping[str, Variable]] = {
    Message.REMINDER: {
        **_PERSON,
        **_IS_EXISTING,
        "link": Variable(Kind.URL, "the link of the invitation, the same as in the first mail"),
        "expires_at": Variable(Kind.MOMENT, "until when the link works"),
        "validity_hours": Variable(Kind.NUMBER, "for how many hours in all the link works"),
        "accounts": _ACCOUNTS,
    },
    Message.SET_UP_RECEIVED: {**_PERSON, **_IS_EXISTING, "username": _USER["username"]},
    Message.APPROVAL_NEEDED: _APPROVAL,
    Message.APPROVAL_REMINDER: _APPROVAL,
    Message.APPROVAL_ESCALATION: _APPROVAL,
    Message.APPROVED: {**_PERSON, **_USER},
    Message.WELCOME: {**_PERSON, **_USER, "grants": _GRANTS, "is_new_user": _IS_NEW_USER},
    Message.WELCOME_EXISTING: {**_PERSON, **_USER, "grants": _GRANTS},
    Message.REJECTED: {
        **_PERSON,
        **_IS_EXISTING,
        "reason": Variable(Kind.TEXT, "the reason that was given", may_be_empty=True),
    },
}
"""The allow-list; a message that is missing here is locked (T14)."""

_WAYS_TO_DECIDE = ("review_url", "workflow_url", "approve_command")
REQUIRED: Mapping[Message, tuple[str, ...]] = {
    Message.REMINDER: ("link",),
    Message.APPROVAL_NEEDED: _WAYS_TO_DECIDE,
    Message.APPROVAL_REMINDER: _WAYS_TO_DECIDE,
    Message.APPROVAL_ESCALATION: _WAYS_TO_DECIDE,
    Message.APPROVED: ("sign_in_url",),
    Message.WELCOME: ("sign_in_url",),
    Message.WELCOME_EXISTING: ("sign_in_url",),
}
"""Every mail of these messages has to show at least one of the names, or its reader could not go on."""
