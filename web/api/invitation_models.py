"""Invitations as systems see them; the names are promised, as those of `--json` are."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Channel, DeliveryStatus
from doorstep.domain.states import Command, State
from starter.commands import views
from web.api.texts import Answer

ID = "0199a7c2-5a80-7000-8000-000000000000"
EXAMPLE: dict[str, Any] = {
    "id": ID,
    "state": "pending",
    "office": "nz",
    "workflow_id": f"invitation-{ID}",
    "address": "ana@example.org",
    "other_address": None,
    "channel": "mail",
    "name": "Ana",
    "accounts": [{"code": "1042", "name": "Hill Road Farm"}],
    "job": None,
    "roles": [],
    "permissions": ["invoices", "statements"],
    "granted": None,
    "contact": None,
    "batch": None,
    "locale": "",
    "template": "",
    "username": "",
    "is_existing": False,
    "is_test": False,
    "invited_by": "key erp",
    "decided_by": None,
    "decision_note": "",
    "attention": [],
    "last_refusal": None,
    "waiting_for": "the invitee to open the link and set up a user",
    "allowed_commands": ["resend", "change_address", "revoke"],
    "deliveries": [],
    "time_zone": "Pacific/Auckland",
    "created_at": "2026-11-22T08:00:00Z",
    "changed_at": "2026-11-22T08:00:00Z",
    "since": "2026-11-22T08:00:00Z",
    "expires_at": "2026-11-23T08:00:00Z",
    "set_up_at": None,
    "decided_at": None,
    "activated_at": None,
    "expired_at": None,
    "closed_at": None,
}


class AccountAnswer(Answer):
    """An account of the ERP."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": EXAMPLE["accounts"]})

    code: Annotated[str, Field(description="Its code in the ERP.")]
    name: Annotated[str, Field(description="Its name.")]


class DeliveryAnswer(Answer):
    """One message to one recipient, and how far it got."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "examples": [
                {
                    "id": ID,
                    "message": "invitation",
                    "generation": 1,
                    "recipient": "ana@example.org",
                    "status": "sent",
                    "attempts": 1,
                    "cause": "",
                    "reply_code": 250,
                    "created_at": "2026-11-22T08:00:00Z",
                    "sent_at": "2026-11-22T08:00:01Z",
                }
            ]
        },
    )

    id: Annotated[UUID, Field(description="The delivery.")]
    message: Annotated[str, Field(description="The key of the message, such as `invitation`.")]
    generation: Annotated[int, Field(description="Which link it carried; each resend makes a new one.")]
    recipient: Annotated[str, Field(description="The address or number.")]
    status: Annotated[DeliveryStatus, Field(description="How far it got.")]
    attempts: Annotated[int, Field(description="How often it was handed over.")]
    cause: Annotated[str, Field(description="What stood in the way last.")]
    reply_code: Annotated[int | None, Field(description="What the server said last.")]
    created_at: Annotated[datetime, Field(description="When it was queued.")]
    sent_at: Annotated[datetime | None, Field(description="When a server took it.")]


class InvitationAnswer(Answer):
    """One invitation; no link and no password is among it."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [EXAMPLE]})

    id: Annotated[UUID, Field(description="Its id.")]
    state: Annotated[State, Field(description="Where it stands.")]
    office: Annotated[str, Field(description="The code of the office.")]
    workflow_id: Annotated[str, Field(description="Its workflow in Temporal.")]
    address: Annotated[str, Field(description="Where its messages go; empty once erased.")]
    other_address: Annotated[str | None, Field(description="How else the person can be reached.")]
    channel: Annotated[Channel, Field(description="How its messages travel.")]
    name: Annotated[str, Field(description="Who it is.")]
    accounts: Annotated[list[AccountAnswer], Field(description="The accounts that it is for.")]
    job: Annotated[str | None, Field(description="The job.")]
    roles: Annotated[list[str], Field(description="The roles that were asked for.")]
    permissions: Annotated[list[str], Field(description="The permissions that follow from the roles.")]
    granted: Annotated[list[str] | None, Field(description="What was granted; null while nobody has decided.")]
    contact: Annotated[UUID | None, Field(description="The contact that it was made for.")]
    batch: Annotated[UUID | None, Field(description="The batch that made it.")]
    locale: Annotated[str, Field(description="The language of its messages; the office's where empty.")]
    template: Annotated[str, Field(description="The welcome message; the office's own where empty.")]
    username: Annotated[str, Field(description="The username, once there is one.")]
    is_existing: Annotated[bool, Field(description="It is about a user who was there before.")]
    is_test: Annotated[bool, Field(description="A rehearsal.")]
    invited_by: Annotated[str, Field(description="Who invited: an address, or the name of a key.")]
    decided_by: Annotated[str | None, Field(description="Who decided.")]
    decision_note: Annotated[str, Field(description="What was said with the decision.")]
    attention: Annotated[list[str], Field(description="Flags that ask for a person.")]
    last_refusal: Annotated[str | None, Field(description="The code of the last refusal.")]
    waiting_for: Annotated[str, Field(description="What it waits for, in words.")]
    allowed_commands: Annotated[list[Command], Field(description="What its state allows now.")]
    deliveries: Annotated[list[DeliveryAnswer], Field(description="Its messages, and how far each got.")]
    time_zone: Annotated[str, Field(description="The zone of the office, for showing the moments to people.")]
    created_at: Annotated[datetime, Field(description="When it was made.")]
    changed_at: Annotated[datetime, Field(description="When anything of it was changed last.")]
    since: Annotated[datetime, Field(description="Since when it is in its state.")]
    expires_at: Annotated[datetime | None, Field(description="When its link dies.")]
    set_up_at: Annotated[datetime | None, Field(description="When the person set up a user.")]
    decided_at: Annotated[datetime | None, Field(description="When it was approved or rejected.")]
    activated_at: Annotated[datetime | None, Field(description="When the account became active.")]
    expired_at: Annotated[datetime | None, Field(description="When it expired.")]
    closed_at: Annotated[datetime | None, Field(description="When the time to send it again was over.")]

    @classmethod
    def of(cls, invitation: Invitation) -> Self:
        """What is told of an invitation."""
        return cls.model_validate(told(invitation))


class InvitedAnswer(InvitationAnswer):
    """An invitation that was asked for, and whether it was made by that."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [EXAMPLE | {"is_new": True}]})

    is_new: Annotated[
        bool, Field(description="False where the person had this open invitation already; nothing was sent.")
    ]


def told(invitation: Invitation) -> dict[str, Any]:
    """The fields of an invitation, as both answers have them."""
    own = {name: getattr(invitation, name) for name in InvitationAnswer.model_fields if hasattr(invitation, name)}
    return own | {
        "office": invitation.office.code,
        "contact": invitation.contact_id,
        "batch": invitation.batch_id,
        "waiting_for": views.waiting_for(invitation),
        "allowed_commands": views.full(invitation)["allowed_commands"],
        "time_zone": invitation.office.time_zone,
    }


class LinkAnswer(Answer):
    """The live link; whoever has it can set up the user."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"url": "https://portal.example/invitation/…", "expires_at": "2026-11-23T08:00:00Z"},
            ]
        }
    )

    url: Annotated[str, Field(description="Pass it on by hand, to the person alone.")]
    expires_at: Annotated[datetime | None, Field(description="When it dies.")]
