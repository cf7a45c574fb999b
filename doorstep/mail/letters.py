"""From an invitation and one of its deliveries to the letter that goes out."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from doorstep.domain.invitation import Delivery, Invitation, Office
from doorstep.domain.messages import LINK_MESSAGES, Channel, CustomText, Letter, Message, channel_of
from doorstep.domain.passwords import RESET_VALIDITY

TO_APPROVERS = frozenset({Message.APPROVAL_NEEDED, Message.APPROVAL_REMINDER, Message.APPROVAL_ESCALATION})
TO_STAFF = TO_APPROVERS | {Message.DECLINED_NOTICE, Message.BOUNCE_NOTICE}


@dataclass(frozen=True)
class Desk:
    """What letters need to know of the installation: addresses of the pages, of the Temporal UI, and the sender."""

    public_url: str
    sender: str
    temporal_ui_url: str = ""
    temporal_namespace: str = "default"
    temporal_address: str = ""


@dataclass(frozen=True)
class Person:
    """Whom a letter about a password is for; `expires_at` is the end of the link, where there is one.

    `has_password`: there is one already, so that a link is about another.

    `grants` are the accounts with their permissions, for the welcome of somebody who was added directly.
    """

    username: str
    name: str
    expires_at: datetime | None = None
    staff_username: str = ""
    grants: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    has_password: bool = True


def letter_for(
    desk: Desk, invitation: Invitation, delivery: Delivery, token: str = "", custom: CustomText | None = None
) -> Letter:
    """The letter of `delivery`; `token` opens the link where the message has one, `custom` is the office's own text.

    Raises:
        ValueError: for a delivery whose attempt was not opened, so that it has no moment to print.
    """
    is_to_staff = delivery.message in TO_STAFF
    is_old_address = delivery.message is Message.READDRESSED_NOTICE
    letter = office_letter(desk, invitation.office, delivery, _values(desk, invitation, delivery, token))
    return replace(
        letter,
        recipient_name="" if is_to_staff or is_old_address else invitation.name,
        locale=letter.locale if is_to_staff else invitation.locale or letter.locale,
        custom=custom,
    )


def password_letter(
    desk: Desk, office: Office, person: Person, delivery: Delivery, link: str = "", custom: CustomText | None = None
) -> Letter:
    """The letter about a password, or about why there is none to set yet, or the welcome of way A.

    Raises:
        ValueError: for a delivery whose attempt was not opened, so that it has no moment to print.
    """
    portal = office.public_url or desk.public_url
    values: dict[str, object] = {
        "staff_username": person.staff_username,
        "grants": [(code, name, list(permissions)) for code, name, permissions in person.grants],
        "is_new_user": True,
        "is_existing": False,
        "link": f"{portal}/reset/{link}" if link else "",
    }
    values |= _password_values(person, delivery, portal)
    return replace(office_letter(desk, office, delivery, values), recipient_name=person.name, custom=custom)


def staff_letter(desk: Desk, office: Office, person: Person, delivery: Delivery, link: str = "") -> Letter:
    """The letter to a member of staff, or a username administrator, about their password for the Team Hub.

    Raises:
        ValueError: for a delivery whose attempt was not opened, so that it has no moment to print.
    """
    door = f"{desk.public_url}/hub"
    values: dict[str, object] = {
        "is_first": not person.has_password,
        "link": f"{door}/password/{link}" if link else "",
    }
    values |= _password_values(person, delivery, door)
    return replace(office_letter(desk, office, delivery, values), recipient_name=person.name)


def _password_values(person: Person, delivery: Delivery, door: str) -> dict[str, object]:
    """What every letter about a password says; `door` is where the person signs in: the portal, or the Team Hub."""
    return {
        "username": person.username,
        "validity_hours": round(RESET_VALIDITY.total_seconds() / 3600),
        "expires_at": person.expires_at or delivery.handed_over_at,
        "changed_at": delivery.created_at,
        "sign_in_url": f"{door}/sign-in",
        "forgot_url": f"{door}/forgot",
    }


def office_letter(desk: Desk, office: Office, delivery: Delivery, values: Mapping[str, object]) -> Letter:
    """A letter from an office in its own language, to nobody by name; `values` beside those of the office.

    Raises:
        ValueError: for a delivery whose attempt was not opened, so that it has no moment to print.
    """
    if delivery.handed_over_at is None:
        raise ValueError("the attempt was not opened")
    return Letter(
        message=delivery.message,
        delivery_id=delivery.id,
        recipient_address=delivery.recipient,
        recipient_name="",
        sender=office.sender or desk.sender,
        reply_to=office.help_email,
        handed_over_at=delivery.handed_over_at,
        locale=office.locale,
        time_zone=office.time_zone,
        values=_office_values(office) | dict(values),
    )


def _office_values(office: Office) -> dict[str, object]:
    return {
        "office_name": office.name,
        "help_email": office.help_email,
        "help_phone": office.help_phone,
        "client_guide": office.client_guide,
    }


def _values(desk: Desk, invitation: Invitation, delivery: Delivery, token: str) -> dict[str, object]:
    message = delivery.message
    portal = invitation.office.public_url or desk.public_url
    pages: dict[str, object] = {
        "sign_in_url": f"{portal}/sign-in",
        "forgot_url": f"{portal}/forgot",
        "username": invitation.username,
        "is_existing": invitation.is_existing,
    }
    if message in LINK_MESSAGES:
        return pages | _link_values(invitation, delivery, f"{portal}/invitation/{token}")
    if message in TO_APPROVERS:
        return pages | _approval_values(desk, invitation, delivery)
    if message in (Message.WELCOME, Message.WELCOME_EXISTING):
        return pages | {"grants": _grants(invitation), "is_new_user": False}
    if message is Message.REJECTED:
        return pages | {"reason": invitation.decision_note}
    invited: dict[str, object] = {
        "invitee_name": invitation.name,
        "invitee_address": invitation.address,
        "invitation_id": str(invitation.id),
    }
    return pages | invited | (_lost_values(invitation, delivery) if message is Message.BOUNCE_NOTICE else {})


def _lost_values(invitation: Invitation, notice: Delivery) -> dict[str, object]:
    """What was lost, and where it went instead: looked up by generation, since it may have moved on meanwhile."""
    lost = Message(str(notice.facts.get("lost", Message.INVITATION)))
    missed = _recipient(invitation, notice.generation, lost) or invitation.address
    instead = _recipient(invitation, notice.generation + 1, Message.INVITATION) if "went_by" in notice.facts else ""
    return {
        "invitee_address": missed,
        "is_text": channel_of(missed) is Channel.TEXT,
        "is_about_link": lost in LINK_MESSAGES,
        "went_to": instead,
        "went_by": str(notice.facts.get("went_by", "")),
    }


def _recipient(invitation: Invitation, generation: int, message: Message) -> str:
    same = (d.recipient for d in invitation.deliveries if d.message is message and d.generation == generation)
    return next(same, "")


def _link_values(invitation: Invitation, delivery: Delivery, link: str) -> dict[str, object]:
    return {
        "link": link,
        "validity_hours": round(invitation.policy.validity.total_seconds() / 3600),
        "expires_at": invitation.expires_at or delivery.handed_over_at,
        "accounts": _accounts(invitation),
        "is_resent": invitation.generation > 1,
    }


def _accounts(invitation: Invitation) -> list[tuple[str, str]]:
    return [(account.code, account.name) for account in invitation.accounts]


def _grants(invitation: Invitation) -> list[tuple[str, str, list[str]]]:
    granted = list(invitation.permissions if invitation.granted is None else invitation.granted)
    accounts = _accounts(invitation) or [("", invitation.office.name)]
    return [(code, name, granted) for code, name in accounts]


def _approval_values(desk: Desk, invitation: Invitation, delivery: Delivery) -> dict[str, object]:
    decision = {"approver": delivery.recipient, "permissions": list(invitation.permissions)}
    approve_json = json.dumps(decision, ensure_ascii=False)
    since: datetime | None = invitation.set_up_at or delivery.handed_over_at
    return {
        "invitee_name": invitation.name,
        "invitee_address": invitation.address,
        "username": invitation.username,
        "accounts": _accounts(invitation),
        "permissions": list(invitation.permissions),
        "invited_by": invitation.invited_by,
        "set_up_at": since,
        "waiting_since": since,
        "review_url": f"{desk.public_url}/hub/invitations/{invitation.id}/review",
        "workflow_id": invitation.workflow_id,
        "workflow_url": workflow_url(desk, invitation.workflow_id),
        "approve_command": signal_line(desk, invitation.workflow_id, "approve", approve_json),
        "reject_command": signal_line(
            desk,
            invitation.workflow_id,
            "reject",
            json.dumps({"approver": delivery.recipient, "reason": ""}, ensure_ascii=False),
        ),
        "approve_json": approve_json,
    }


def workflow_url(desk: Desk, workflow_id: str) -> str:
    """The page of a workflow in the Temporal UI; empty where no UI is known."""
    if not desk.temporal_ui_url:
        return ""
    return f"{desk.temporal_ui_url.rstrip('/')}/namespaces/{desk.temporal_namespace}/workflows/{workflow_id}"


def signal_line(desk: Desk, workflow_id: str, name: str, payload: str) -> str:
    """The line to type, or to paste, that sends one signal."""
    words = ["temporal", "workflow", "signal"]
    if desk.temporal_address:
        words += ["--address", desk.temporal_address]
    words += ["--workflow-id", workflow_id, "--name", name, "--input", payload]
    return shlex.join(words)
