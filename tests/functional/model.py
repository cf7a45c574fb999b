"""What an invitation should be, in plain Python: the rules of the design once more, without a database.

Time is a number of seconds; a moment that is reached counts as over, since real time never stands still in between. A
tick is whatever happens, for what has an order and no distance.
"""

from dataclasses import dataclass, field
from uuid import UUID

from doorstep.domain.messages import Handover
from doorstep.domain.states import HOLDS_A_PLACE, IN_THE_WAY, State
from tests.functional.model_people import People, User, Ways

HOUR, COOLDOWN = 3600.0, 60.0
VALIDITY, REMINDER = 24 * HOUR, 12 * HOUR
WINDOW, NUDGE, ESCALATION = 7 * 24 * HOUR, 24 * HOUR, 72 * HOUR
REOPENABLE = (State.PENDING, State.EXPIRED)
DECIDED = (State.APPROVED, State.ACTIVE)


@dataclass(frozen=True)
class Office:
    """The rules of an office."""

    code: str
    places: int
    is_approval_required: bool = True
    asks_first: bool = False
    expired_holds_place: bool = False


@dataclass(eq=False)
class One:
    """One invitation."""

    id: UUID
    office: Office
    ways: Ways
    by_text: bool
    job: str | None
    state: State
    permissions: frozenset[str]
    granted: frozenset[str] | None = None
    user: User | None = None
    link_made_at: float = float("-inf")
    expires_at: float = 0.0
    set_up_at: float = 0.0
    expired_at: float = 0.0
    activated_at: int = 0
    generation: int = 1
    acceptances: int = 0
    grants: int = 0
    is_closed: bool = False
    is_reminded: bool = False
    is_nudged: bool = False
    is_escalated: bool = False
    is_undeliverable: bool = False
    is_unsent: bool = False
    may_be_out: bool = False

    @property
    def address(self) -> str:
        """Where its messages go."""
        return self.ways.phone if self.by_text else self.ways.email

    @property
    def allowed(self) -> frozenset[str]:
        """What it grants, or will grant."""
        return self.permissions if self.granted is None else self.granted

    @property
    def is_reopenable(self) -> bool:
        """True where a new link may be made."""
        return self.state in REOPENABLE and not self.is_closed

    @property
    def has_come(self) -> bool:
        """True once the person has signed in with what it brought."""
        return self.user is None or self.user.signed_in_at > self.activated_at

    @property
    def is_of_job(self) -> bool:
        """True of whoever is in, and of whoever may still come in."""
        is_open = (*REOPENABLE, State.DRAFT, State.AWAITING_APPROVAL, State.APPROVED)
        return (self.state in is_open and not self.is_closed) or (self.state is State.ACTIVE and self.user is not None)


@dataclass
class Model:
    """The invitations of some offices, and the users that they lead to."""

    now: float = 0.0
    tick: int = 0
    all: list[One] = field(default_factory=list)
    people: People = field(default_factory=People)

    def duplicate(self, office: Office, ways: Ways, job: str | None, besides: One | None = None) -> One | None:
        """The open invitation of the same person for the same job."""
        same = (o for o in self.all if o is not besides and (o.office, o.job) == (office, job))
        return next((o for o in same if o.state in IN_THE_WAY and o.ways.is_same(ways)), None)

    def belongs(self, user: User, office: Office) -> list[One]:
        """The invitations by which a user is in an office."""
        return [o for o in self.all if o.user is user and o.state is State.ACTIVE and o.office == office]

    def is_member(self, office: Office, ways: Ways, job: str | None) -> bool:
        """True if there is nothing left to ask for."""
        for user in self.people.known(ways):
            inside = self.belongs(user, office)
            is_in = inside or (user.added_to is not None and user.added_to[0] == office.code)
            if is_in and (job is None or any(o.job == job for o in inside)):
                return True
        return False

    def may_ask(self, office: Office, ways: Ways, job: str | None) -> bool:
        """False for somebody who is suspended, or there already."""
        user = self.people.person(ways)
        return user is None or (user.state != "suspended" and not self.is_member(office, ways, job))

    def is_full(self, office: Office, job: str | None, besides: One | None = None) -> bool:
        """True if the job has no place left."""
        of_job = [o for o in self.all if o is not besides and (o.office, o.job) == (office, job)]
        return job is not None and sum(map(self.holds_place, of_job)) >= office.places

    def holds_place(self, one: One) -> bool:
        """Whoever is in or on the way; an expired one where the office wants it; nobody whose user was deleted."""
        if one.state is State.EXPIRED:
            return one.office.expired_holds_place and not one.is_closed
        return one.state in HOLDS_A_PLACE and not (one.state is State.ACTIVE and one.user is None)

    def permissions(self, office: Office, job: str | None) -> frozenset[str] | None:
        """What everybody of the job has; None while there is nobody."""
        of_job = (o for o in self.all if (o.office, o.job) == (office, job) and o.is_of_job)
        return None if job is None else next((o.allowed for o in of_job), None)

    def can_send(self, one: One) -> bool:
        """A draft goes out once there is a place and nobody else in the way."""
        is_new = self.duplicate(one.office, one.ways, one.job, one) is None
        has_place = not self.is_full(one.office, one.job, one)
        return one.state is State.DRAFT and is_new and has_place and self.may_ask(one.office, one.ways, one.job)

    def can_reissue(self, one: One, ways: Ways, *, must_wait: bool) -> bool:
        """A new link: by state, cooldown, duplicates, and a place where it had none."""
        if not one.is_reopenable or (must_wait and self.now < one.link_made_at + COOLDOWN):
            return False
        has_place = one.state is State.PENDING or not self.is_full(one.office, one.job, one)
        is_new = self.duplicate(one.office, ways, one.job, one) is None
        return has_place and is_new and self.may_ask(one.office, ways, one.job)

    def can_tell_again(self, one: One) -> bool:
        """The good news can be repeated until the next sign-in."""
        return one.state is State.ACTIVE and not one.has_come and self.now >= one.link_made_at + COOLDOWN

    def can_set_up(self, one: One, generation: int, username: str | None) -> bool:
        """With the newest link, within the 24 hours; without a username it is the consent of an existing user."""
        if one.state is not State.PENDING or generation != one.generation or self.now >= one.expires_at:
            return False
        user = self.people.person(one.ways)
        if user is None:
            return username is not None and self.people.named(username) is None
        if user.has_password:
            return username is None and user.state != "suspended"
        return username is not None and username.lower() == user.username.lower()

    def can_decline(self, one: One, generation: int) -> bool:
        """With the newest link, expired or not, until the invitation is closed."""
        return one.is_reopenable and generation == one.generation

    def can_revoke(self, one: One) -> bool:
        """Everything that has not been decided, and an active one whose person has not come since."""
        if one.state is State.ACTIVE:
            return not one.has_come
        open_states = (State.DRAFT, State.PENDING, State.EXPIRED, State.AWAITING_APPROVAL)
        return one.state in open_states and not one.is_closed

    def send_out(self, one: One, *, is_first: bool = False) -> None:
        """A new link; or none for an existing user, where the office does not ask first."""
        user = self.people.person(one.ways)
        if user is not None and user.has_password and not one.office.asks_first:
            self.grant(one, user)
            return
        one.generation += not is_first
        one.state, one.link_made_at, one.expires_at = State.PENDING, self.now, self.now + VALIDITY
        one.is_reminded = one.is_undeliverable = one.may_be_out = False
        one.is_unsent = True

    def grant(self, one: One, user: User) -> None:
        """On to the decision, without a set-up."""
        one.grants += 1
        self._wait(one, user)

    def accept(self, one: One, username: str | None) -> None:
        """The set-up is done; the other open invitations of the person need none any more (decision 10)."""
        user = self.people.person(one.ways)
        if user is None:
            user = User(username or "", one.ways, "unapproved")
            self.people.all.append(user)
        elif not user.has_password:
            user.state = "active"
        one.acceptances += 1
        self._wait(one, user)
        for other in self.all:
            is_live = other.state is State.PENDING and self.now < other.expires_at
            if is_live and other.ways.is_same(one.ways) and not other.office.asks_first:
                self.grant(other, user)

    def _wait(self, one: One, user: User) -> None:
        one.state = State.AWAITING_APPROVAL if one.office.is_approval_required else State.APPROVED
        one.user, one.set_up_at = user, self.now
        self.end_link(one)
        one.is_undeliverable = False

    def activate(self, one: One) -> None:
        """The person is in."""
        one.state, one.is_undeliverable, one.activated_at = State.ACTIVE, False, self.tick
        if one.user is not None and one.user.state == "unapproved":
            one.user.state = "active"

    def share(self, one: One, permissions: frozenset[str]) -> None:
        """What one of a job is given, all of them have."""
        for other in self.all:
            is_other = one.job is not None and (other.office, other.job) == (one.office, one.job)
            if is_other and other.is_of_job and other.allowed != permissions:
                setattr(other, "granted" if other.state in DECIDED else "permissions", permissions)

    def end(self, one: One, state: State) -> None:
        """It is over; a user whom nothing wants any more goes with it."""
        one.state, one.user = state, None
        self.end_link(one)
        awaited = [o.user for o in self.all if o.user is not None]
        self.people.keep([u for u in self.people.all if u in awaited or u.added_to is not None])

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
