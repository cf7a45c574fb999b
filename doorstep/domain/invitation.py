"""What an invitation, its office and its deliveries look like outside the database."""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType
from uuid import UUID

from doorstep.domain.messages import Channel, DeliveryStatus, Message, channel_of
from doorstep.domain.policy import Policy
from doorstep.domain.states import State

InvitationId = NewType("InvitationId", UUID)


@dataclass(frozen=True)
class Office:
    """An office as invitations see it; `public_url` is where its people reach the pages."""

    code: str
    name: str
    region: str
    locale: str
    time_zone: str
    public_url: str
    sender: str
    help_email: str
    help_phone: str
    client_guide: str
    welcome_template: str
    any_staff_invites: bool
    policy: Policy
    policy_id: int
    policy_version: int
    approvers: tuple[str, ...] = ()
    has_templates: bool = False


@dataclass(frozen=True)
class Account:
    """A reference to an account of the ERP; never a copy of its business data (S3.12).

    `is_closed` is said of a contact's accounts alone: an invitation is to none that is closed.
    """

    id: UUID
    code: str
    name: str
    is_closed: bool = False


@dataclass(frozen=True)
class Delivery:
    """One message to one recipient, and how far it got."""

    id: UUID
    message: Message
    generation: int
    recipient: str
    status: DeliveryStatus
    attempts: int
    is_attempt_open: bool
    cause: str
    reply_code: int | None
    facts: dict[str, object]
    created_at: datetime
    handed_over_at: datetime | None
    sent_at: datetime | None
    delivered_at: datetime | None = None

    @property
    def is_unsent(self) -> bool:
        """True while it still has to go out."""
        return self.status in (DeliveryStatus.QUEUED, DeliveryStatus.DEFERRED)


@dataclass(frozen=True)
class Invitation:
    """One invitation with all that belongs to it, as of `now` by the database's clock.

    `address` is where its messages go, an e-mail address or a number in E.164; `other_address` is how else the person
    can be reached. `is_existing`: it is about a user that was there before (S2.17).
    """

    id: InvitationId
    office: Office
    state: State
    rev: int
    seen_rev: int
    generation: int
    address: str
    address_key: str
    other_address: str | None
    other_key: str | None
    name: str
    locale: str
    template: str
    contact_id: UUID | None
    is_existing: bool
    job_id: UUID | None
    job: str | None
    batch_id: UUID | None
    roles: tuple[str, ...]
    permissions: tuple[str, ...]
    granted: tuple[str, ...] | None
    is_test: bool
    invited_by: str
    user_id: UUID | None
    username: str
    attention: tuple[str, ...]
    last_refusal: str | None
    decided_by: str | None
    decision_note: str
    is_reminded: bool
    is_nudged: bool
    is_escalated: bool
    is_silent: bool
    created_at: datetime
    changed_at: datetime
    since: datetime
    link_made_at: datetime | None
    expires_at: datetime | None
    set_up_at: datetime | None
    decided_at: datetime | None
    activated_at: datetime | None
    expired_at: datetime | None
    closed_at: datetime | None
    accounts: tuple[Account, ...]
    deliveries: tuple[Delivery, ...]
    now: datetime

    @property
    def policy(self) -> Policy:
        """The policy that it started with."""
        return self.office.policy

    @property
    def workflow_id(self) -> str:
        """The id of its workflow."""
        return f"invitation-{self.id}"

    @property
    def channel(self) -> Channel:
        """How its messages travel."""
        return channel_of(self.address)

    @property
    def email(self) -> str:
        """The e-mail address of the person, where one is known."""
        return self._reached_by(Channel.MAIL)

    @property
    def phone(self) -> str:
        """The number of the person, where one is known."""
        return self._reached_by(Channel.TEXT)

    @property
    def keys(self) -> tuple[str, ...]:
        """What the person is recognised by."""
        return tuple(key for _, key in self.ways())

    @property
    def is_over(self) -> bool:
        """True once the time of its link has ended, whether anybody has noticed yet or not."""
        end = self.expires_at
        return self.state is State.PENDING and end is not None and self.now >= end + self.policy.grace

    def ways(self) -> tuple[tuple[str, str], ...]:
        """How the person can be reached: each address with its key, the one in use first."""
        other = () if not (self.other_address and self.other_key) else ((self.other_address, self.other_key),)
        return ((self.address, self.address_key), *other)

    def _reached_by(self, channel: Channel) -> str:
        return next((address for address, _ in self.ways() if channel_of(address) is channel), "")

    def unsent(self) -> tuple[Delivery, ...]:
        """The messages that still have to go out."""
        return tuple(delivery for delivery in self.deliveries if delivery.is_unsent)

    def of(self, message: Message) -> tuple[Delivery, ...]:
        """The deliveries of one message in this generation."""
        return tuple(d for d in self.deliveries if d.message is message and d.generation == self.generation)
