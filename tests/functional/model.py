"""What an invitation should be, in plain Python: the rules of the design once more, without a database.

Time is a number of seconds; a moment that is reached counts as over, since real time never stands still in between.
"""

from dataclasses import dataclass, field
from uuid import UUID

from doorstep.domain.messages import Handover
from doorstep.domain.states import HOLDS_A_PLACE, IN_THE_WAY, State

HOUR = 3600.0
VALIDITY, REMINDER, COOLDOWN = 24 * HOUR, 12 * HOUR, 60.0
WINDOW, NUDGE, ESCALATION = 7 * 24 * HOUR, 24 * HOUR, 72 * HOUR
REOPENABLE = (State.PENDING, State.EXPIRED)


@dataclass
class One:
    """One invitation."""

    id: UUID
    address: str
    job: str | None
    state: State
    link_made_at: float = 0.0
    expires_at: float = 0.0
    set_up_at: float = 0.0
    expired_at: float = 0.0
    generation: int = 1
    username: str = ""
    acceptances: int = 0
    is_closed: bool = False
    is_reminded: bool = False
    is_nudged: bool = False
    is_escalated: bool = False
    is_undeliverable: bool = False
    has_signed_in: bool = False
    is_unsent: bool = False
    may_be_out: bool = False

    @property
    def has_user(self) -> bool:
        """True while a user belongs to it."""
        return self.state in (State.AWAITING_APPROVAL, State.APPROVED, State.ACTIVE)

    @property
    def is_reopenable(self) -> bool:
        """True where a new link may be made."""
        return self.state in REOPENABLE and not self.is_closed


@dataclass
class Model:
    """The invitations of one office."""

    places: int
    is_approval_required: bool
    now: float = 0.0
    all: list[One] = field(default_factory=list)

    def duplicate(self, address: str, job: str | None, besides: One | None = None) -> One | None:
        """The open invitation of the same person for the same job."""
        same = (o for o in self.all if o is not besides and o.address == address and o.job == job)
        return next((o for o in same if o.state in IN_THE_WAY), None)

    def is_member(self, address: str) -> bool:
        """True if an active user was invited under that address."""
        return any(o.state is State.ACTIVE and o.address == address for o in self.all)

    def is_full(self, job: str | None, besides: One | None = None) -> bool:
        """True if the job has no place left."""
        held = [o for o in self.all if o is not besides and o.job == job and o.state in HOLDS_A_PLACE]
        return job is not None and len(held) >= self.places

    def can_send(self, one: One) -> bool:
        """A draft goes out once there is a place and nobody else in the way."""
        free = self.duplicate(one.address, one.job, one) is None and not self.is_full(one.job, one)
        return one.state is State.DRAFT and free

    def can_reissue(self, one: One, address: str, *, must_wait: bool) -> bool:
        """A new link: by state, cooldown, duplicates, and a place where it had none."""
        if not one.is_reopenable or (must_wait and self.now < one.link_made_at + COOLDOWN):
            return False
        has_place = one.state is State.PENDING or not self.is_full(one.job, one)
        return self.duplicate(address, one.job, one) is None and has_place

    def can_tell_again(self, one: One) -> bool:
        """The good news can be repeated until the first sign-in."""
        return one.state is State.ACTIVE and not one.has_signed_in and self.now >= one.link_made_at + COOLDOWN

    def can_set_up(self, one: One, generation: int, username: str) -> bool:
        """With the newest link, within the 24 hours, under a free name."""
        is_live = one.state is State.PENDING and generation == one.generation and self.now < one.expires_at
        return is_live and all(o.username != username for o in self.all if o.has_user)

    def can_decline(self, one: One, generation: int) -> bool:
        """With the newest link, expired or not, until the invitation is closed."""
        return one.is_reopenable and generation == one.generation

    def can_revoke(self, one: One) -> bool:
        """Everything that has not been decided, and an active one that never signed in."""
        if one.state is State.ACTIVE:
            return not one.has_signed_in
        open_states = (State.DRAFT, State.PENDING, State.EXPIRED, State.AWAITING_APPROVAL)
        return one.state in open_states and not one.is_closed

    def can_expire(self, one: One) -> bool:
        """After the 24 hours, unless its message is known never to have left."""
        never_left = one.is_unsent and not one.may_be_out
        return one.state is State.PENDING and self.now >= one.expires_at and not never_left

    def can_close(self, one: One) -> bool:
        """After the week in which it could be sent again."""
        return one.state is State.EXPIRED and not one.is_closed and self.now >= one.expired_at + WINDOW

    def can_remind(self, one: One) -> bool:
        """Once, in the second half of the 24 hours."""
        is_due = one.expires_at - VALIDITY + REMINDER <= self.now < one.expires_at
        return one.state is State.PENDING and is_due and not one.is_reminded and not one.is_undeliverable

    def can_nudge(self, one: One) -> bool:
        """Once, a day after the set-up."""
        return one.state is State.AWAITING_APPROVAL and self.now >= one.set_up_at + NUDGE and not one.is_nudged

    def can_escalate(self, one: One) -> bool:
        """Once, three days after the set-up."""
        is_due = self.now >= one.set_up_at + ESCALATION
        return one.state is State.AWAITING_APPROVAL and is_due and not one.is_escalated

    def new_link(self, one: One, *, is_first: bool = False) -> None:
        """Another generation, pending for 24 hours, with a message to send."""
        one.generation += not is_first
        one.state, one.link_made_at, one.expires_at = State.PENDING, self.now, self.now + VALIDITY
        one.is_reminded = one.is_undeliverable = one.may_be_out = False
        one.is_unsent = True

    def accept(self, one: One, username: str) -> None:
        """The set-up is done."""
        one.state = State.AWAITING_APPROVAL if self.is_approval_required else State.APPROVED
        one.username, one.set_up_at = username, self.now
        one.acceptances += 1
        self.end_link(one)
        one.is_undeliverable = False

    def end_link(self, one: One) -> None:
        """Whatever had not gone out is given up."""
        one.is_unsent = one.may_be_out = False

    def begin_post(self, one: One) -> bool:
        """An attempt to hand the invitation over; True if there was something to try."""
        if not one.is_unsent or (one.may_be_out and self.now >= one.expires_at):
            return False
        if not one.may_be_out:
            one.expires_at = self.now + VALIDITY
        return True

    def end_post(self, one: One, generation: int, kind: Handover, *, was_repeated: bool) -> None:
        """How the attempt ended, unless somebody gave the message up meanwhile."""
        if generation != one.generation or not one.is_unsent:
            return
        one.may_be_out = kind is Handover.UNKNOWN or (kind is Handover.DEFERRED and was_repeated)
        one.is_unsent = kind in (Handover.DEFERRED, Handover.UNKNOWN)
