"""One letter of each message, as a busy day would bring it: for previews and for the tests."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from doorstep.domain.messages import Letter, Message

HANDED_OVER_AT = datetime(2026, 11, 21, 2, 4, tzinfo=UTC)
EXPIRES_AT = HANDED_OVER_AT + timedelta(hours=24)
INVITATION_ID = "0199a4c2-7c1e-7e55-9d0b-3f6a52c4e871"
PORTAL = "https://portal.riverbend.example"

INVITEE = ("Ana Ruiz", "ana.ruiz@lowerflats.example")
APPROVER = ("Mere Walker", "mere.walker@riverbend.example")
INVITER = ("Tom Becker", "tom.becker@riverbend.example")

OFFICE: dict[str, object] = {
    "office_name": "Riverbend Farm Supplies",
    "help_email": "help@riverbend.example",
    "help_phone": "+64 9 555 0142",
    "client_guide": "https://www.riverbend.example/portal-guide",
}
ACCOUNTS = [("1042", "Ruiz Orchards"), ("1077", "Lower Flats Dairy")]
_INVITATION: dict[str, object] = {
    "link": f"{PORTAL}/invitation/7Jq0s3n1mX8bV2kTzYw5RfHcLdQeGaUoPi9NvM4tBxE",
    "validity_hours": 24,
    "expires_at": EXPIRES_AT,
    "accounts": ACCOUNTS,
    "is_existing": False,
    "username": "",
}
_WORKFLOW = f"invitation-{INVITATION_ID}"
_SIGNAL = f"temporal workflow signal --workflow-id {_WORKFLOW}"
_APPROVE_JSON = (
    '{"approver": "mere.walker@riverbend.example", "permissions": ["invoices", "statements", "contracts.grain"]}'
)
_APPROVAL: dict[str, object] = {
    "invitee_name": INVITEE[0],
    "invitee_address": INVITEE[1],
    "username": INVITEE[1],
    "accounts": ACCOUNTS,
    "permissions": ["invoices", "statements", "contracts.grain"],
    "is_existing": False,
    "invited_by": f"{INVITER[0]}, {INVITER[1]}",
    "set_up_at": HANDED_OVER_AT - timedelta(minutes=2),
    "waiting_since": HANDED_OVER_AT - timedelta(minutes=2),
    "review_url": f"{PORTAL}/hub/invitations/{INVITATION_ID}/review",
    "workflow_id": _WORKFLOW,
    "workflow_url": f"https://temporal.riverbend.example/namespaces/default/workflows/{_WORKFLOW}",
    "approve_command": f"{_SIGNAL} --name approve --input '{_APPROVE_JSON}'",
    "reject_command": f'{_SIGNAL} --name reject --input \'{{"approver": "mere.walker@riverbend.example"}}\'',
    "approve_json": _APPROVE_JSON,
}
_INVITED: dict[str, object] = {
    "invitee_name": INVITEE[0],
    "invitee_address": INVITEE[1],
    "invitation_id": INVITATION_ID,
}
_USER: dict[str, object] = {"username": INVITEE[1]}
_WELCOME: dict[str, object] = {
    "grants": [("1042", "Ruiz Orchards", ["invoices", "statements"]), ("1077", "", ["contracts.grain"])],
    "sign_in_url": f"{PORTAL}/sign-in",
}
_RESET: dict[str, object] = {
    "link": f"{PORTAL}/reset/Zk3vQp8LxT0rYb6NwC1sJf4HgD9aMeU2iKo7VtXcBqE",
    "expires_at": EXPIRES_AT,
    "validity_hours": 24,
}
_LATE = {Message.APPROVAL_REMINDER: timedelta(hours=24), Message.APPROVAL_ESCALATION: timedelta(hours=74)}

VALUES: dict[Message, dict[str, object]] = {
    Message.INVITATION: _INVITATION | {"is_resent": False},
    Message.REMINDER: _INVITATION,
    Message.SET_UP_RECEIVED: _USER | {"is_existing": False},
    Message.APPROVAL_NEEDED: _APPROVAL,
    **{
        message: _APPROVAL | {"set_up_at": HANDED_OVER_AT - late, "waiting_since": HANDED_OVER_AT - late}
        for message, late in _LATE.items()
    },
    Message.APPROVED: _USER | {"sign_in_url": f"{PORTAL}/sign-in", "forgot_url": f"{PORTAL}/forgot"},
    Message.WELCOME: _WELCOME | _USER | {"forgot_url": f"{PORTAL}/forgot", "is_new_user": False},
    Message.WELCOME_EXISTING: _WELCOME | _USER | {"forgot_url": f"{PORTAL}/forgot"},
    Message.SET_PASSWORD: _RESET | {"username": "ruiz", "staff_username": "ruizS", "forgot_url": f"{PORTAL}/forgot"},
    Message.REJECTED: {
        "reason": "The account is with our Hamilton office; they will write to you.",
        "is_existing": False,
    },
    Message.DECLINED_NOTICE: _INVITED,
    Message.READDRESSED_NOTICE: {},
    Message.BOUNCE_NOTICE: _INVITED | {"is_text": False, "is_about_link": True, "went_to": "", "went_by": ""},
    Message.PASSWORD_RESET: _USER | _RESET,
    Message.PASSWORD_CHANGED: _USER | {"changed_at": HANDED_OVER_AT, "forgot_url": f"{PORTAL}/forgot"},
    Message.STAFF_LINK: {
        "username": APPROVER[1],
        "is_first": True,
        "link": f"{PORTAL}/hub/password/Mx4cRt9KpW2sLq7VbYn0GdHf6JzUeAo3XiTvBw8NyQk",
        "expires_at": EXPIRES_AT,
        "validity_hours": 24,
        "forgot_url": f"{PORTAL}/hub/forgot",
    },
    Message.STAFF_CODE_OFF: {
        "username": APPROVER[1],
        "changed_at": HANDED_OVER_AT,
        "forgot_url": f"{PORTAL}/hub/forgot",
    },
    Message.WEBHOOK_DISABLED: {
        "host": "erp.riverbend.example",
        "webhook_id": "0199a4c2-9b77-7f2e-8c41-5e0a92d1b364",
        "cause": "answered (503)",
        "disabled_at": HANDED_OVER_AT,
    },
}
"""What each template needs, beside the values of the office."""

_RECIPIENTS = {
    Message.APPROVAL_NEEDED: APPROVER,
    Message.APPROVAL_REMINDER: APPROVER,
    Message.APPROVAL_ESCALATION: APPROVER,
    Message.DECLINED_NOTICE: INVITER,
    Message.BOUNCE_NOTICE: INVITER,
    Message.STAFF_LINK: APPROVER,
    Message.STAFF_CODE_OFF: APPROVER,
    Message.WEBHOOK_DISABLED: ("", "it@riverbend.example"),
}


def example(message: Message, **changes: object) -> Letter:
    """The example letter of a message; `changes` replace or add values of its template."""
    name, address = _RECIPIENTS.get(message, INVITEE)
    return Letter(
        message=message,
        delivery_id=UUID("0199a4c2-8d10-7b3c-a1f2-6b0de94c7735"),
        recipient_address=address,
        recipient_name=name,
        sender="Riverbend Farm Supplies <no-reply@riverbend.example>",
        reply_to="help@riverbend.example",
        handed_over_at=HANDED_OVER_AT,
        locale="en_NZ",
        time_zone="Pacific/Auckland",
        values=OFFICE | VALUES[message] | changes,
    )
