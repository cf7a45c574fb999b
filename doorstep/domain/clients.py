"""Contacts and companies as those who work with them look at them: each with what is open beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from doorstep.domain.contact import Contact
from doorstep.domain.invitation import Account, Invitation
from doorstep.domain.messages import DeliveryStatus
from doorstep.domain.states import IN_THE_WAY, Command, State, allowed_commands

FAILED = frozenset({DeliveryStatus.BOUNCED, DeliveryStatus.FAILED})


@dataclass(frozen=True)
class Client:
    """A contact in a list, and where the newest invitation of theirs stands; None where there is none in sight."""

    contact: Contact
    state: State | None = None


@dataclass(frozen=True)
class Choices:
    """What somebody who invites chooses from, and what the office insists on.

    `templates` are the welcome templates (S1.14), `accounts` the first ones, for whoever picks one without searching,
    `groups` what each group role stands for (S1.11).
    """

    templates: tuple[str, ...]
    accounts: tuple[Account, ...]
    required_fields: tuple[str, ...]
    account_required: bool
    has_approvers: bool
    groups: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Portal:
    """The Portal tab of a contact (S3.4): the newest invitations of theirs, and what a next one is chosen from.

    `settled` are those whose person has signed in since, or whose user is gone: nothing is removed or resent there any
    more (S2.11).
    """

    contact: Contact
    invitations: tuple[Invitation, ...]
    settled: frozenset[UUID]
    templates: tuple[str, ...]
    has_approvers: bool
    groups: Mapping[str, Sequence[str]]

    @property
    def open(self) -> tuple[Invitation, ...]:
        """Those that something can still happen to, and those of people who are in: they show a flag (S2.9)."""
        return tuple(each for each in self.invitations if self._is_open(each))

    @property
    def ended(self) -> tuple[Invitation, ...]:
        """The others, which are history."""
        return tuple(each for each in self.invitations if not self._is_open(each))

    def _is_open(self, invitation: Invitation) -> bool:
        if invitation.state is State.EXPIRED:
            return invitation.closed_at is None
        return invitation.state in IN_THE_WAY or (invitation.state is State.ACTIVE and invitation.user_id is not None)

    def allows(self, invitation: Invitation, command: str) -> bool:
        """True where `command` can succeed; after the first sign-in neither removing nor resending can (S2.10)."""
        if invitation.state is State.ACTIVE:
            return command in (Command.RESEND, Command.REVOKE) and invitation.id not in self.settled
        return command in allowed_commands(invitation.state, is_closed=invitation.closed_at is not None)

    def has_failed(self, invitation: Invitation) -> bool:
        """True where the newest message of this generation to the person did not arrive (S3.7)."""
        sent = [
            each
            for each in invitation.deliveries
            if each.generation == invitation.generation and each.recipient == invitation.address
        ]
        return bool(sent) and sent[-1].status in FAILED

    @property
    def is_moving(self) -> bool:
        """True while a message of an open one is on its way, so that the page looks again by itself."""
        return any(sent.status is DeliveryStatus.QUEUED for each in self.open for sent in each.deliveries)
