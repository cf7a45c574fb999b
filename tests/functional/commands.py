"""The commands of staff, administrators and invitees as rules of a machine."""

from collections.abc import Awaitable
from datetime import timedelta
from typing import ClassVar, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from doorstep.domain.invitation import Invitation
from doorstep.domain.states import Command, State
from doorstep.store.orders import NewUser
from tests.functional.ground import Ground
from tests.functional.model import Model, One

T = TypeVar("T")
ADDRESSES = ("ana@example.org", "BEN@example.org")
JOBS = (None, "12 Hill Street")
SECONDS = (30.0, 3600.0, 11 * 3600.0, 13 * 3600.0, 25 * 3600.0, 73 * 3600.0, 169 * 3600.0)

any_one = st.integers(0, 99)
has_one = precondition(lambda machine: bool(machine.model.all))


class Commands(RuleBasedStateMachine):
    """One office, a few people, and everything that somebody can ask."""

    ground: ClassVar[Ground]

    @initialize(is_approval_required=st.booleans(), places=st.integers(1, 3))
    def open_office(self, is_approval_required: bool, places: int) -> None:  # noqa: FBT001 - drawn
        """A new office with its rules."""
        self.office = self.ground.new_office(is_approval_required=is_approval_required, places=places)
        self.model = Model(places, is_approval_required)

    def ask(self, is_right: bool, what: Awaitable[T], one: One | None = None) -> T | None:  # noqa: FBT001 - the model's word
        """Do it; it has to work exactly if the model says so, and a refusal has to leave its code in the audit."""
        done, refusal = self.ground.answer(what)
        assert (refusal is None) == is_right, "allowed by the model" if refusal is None else refusal.code
        if refusal is not None and one is not None:
            assert self.ground.last_record(one.id)[2:] == ("command.refused", refusal.code)
        return done

    def pick(self, number: int) -> One:
        """One of the invitations."""
        return self.model.all[number % len(self.model.all)]

    @rule(who=st.sampled_from(ADDRESSES), job=st.sampled_from(JOBS), is_draft=st.booleans())
    def invite(self, who: str, job: str | None, is_draft: bool) -> None:  # noqa: FBT001 - drawn
        """S1.19, S2.4, S4.37."""
        known = self.model.duplicate(who, job)
        is_right = known is not None or not (self.model.is_member(who) or (not is_draft and self.model.is_full(job)))
        made = self.ask(is_right, self.ground.invite(self.office, who, job, is_draft=is_draft))
        if made is None:
            return
        if known is not None:
            assert made.id == known.id
            return
        one = One(made.id, who, job, State.DRAFT)
        self.model.all.append(one)
        if not is_draft:
            self.model.new_link(one, is_first=True)

    def order(self, command: Command, one: One, **more: object) -> Awaitable[Invitation]:
        """A command of staff, an administrator or the invitee."""
        return self.ground.order(self.office, command, one.id, **more)

    @has_one
    @rule(number=any_one)
    def send(self, number: int) -> None:
        """S0.16."""
        one = self.pick(number)
        if self.ask(self.model.can_send(one), self.order(Command.SEND, one), one) is not None:
            self.model.new_link(one, is_first=True)

    @has_one
    @rule(number=any_one, age=st.integers(0, 1), shares_name=st.booleans())
    def set_up(self, number: int, age: int, shares_name: bool) -> None:  # noqa: FBT001 - drawn
        """T09, T10: with the newest link or an older one, under an own name or one that others want too."""
        one = self.pick(number)
        generation = max(1, one.generation - age)
        username = f"{self.office}-{'shared' if shares_name else one.id}"
        is_right = self.model.can_set_up(one, generation, username)
        user = NewUser(username, "no hash")
        if self.ask(is_right, self.order(Command.SET_UP, one, link_generation=generation, user=user), one) is not None:
            self.model.accept(one, username)

    @has_one
    @rule(number=any_one, command=st.sampled_from((Command.RESEND, Command.REQUEST_NEW_LINK)))
    def renew(self, number: int, command: Command) -> None:
        """Decision 3, S2.10, S2.11."""
        one = self.pick(number)
        is_again = command is Command.RESEND and one.state is State.ACTIVE
        is_right = (
            self.model.can_tell_again(one) if is_again else self.model.can_reissue(one, one.address, must_wait=True)
        )
        if self.ask(is_right, self.order(command, one), one) is None:
            return
        if is_again:
            one.generation, one.link_made_at = one.generation + 1, self.model.now
        else:
            self.model.new_link(one)

    @has_one
    @rule(number=any_one, who=st.sampled_from(ADDRESSES))
    def readdress(self, number: int, who: str) -> None:
        """Decision 4, T29."""
        one = self.pick(number)
        is_right = self.model.can_reissue(one, who, must_wait=False)
        if self.ask(is_right, self.order(Command.CHANGE_ADDRESS, one, address=who), one) is not None:
            one.address = who
            self.model.new_link(one)

    @has_one
    @rule(number=any_one, age=st.integers(0, 1))
    def decline(self, number: int, age: int) -> None:
        """Whoever holds the newest link can say that they are not meant."""
        one = self.pick(number)
        generation = max(1, one.generation - age)
        is_right = self.model.can_decline(one, generation)
        if self.ask(is_right, self.order(Command.DECLINE, one, link_generation=generation), one) is not None:
            one.state = State.DECLINED
            self.model.end_link(one)

    @has_one
    @rule(number=any_one)
    def revoke(self, number: int) -> None:
        """S2.3, S2.10: taken back, or removed before the first sign-in."""
        one = self.pick(number)
        if self.ask(self.model.can_revoke(one), self.order(Command.REVOKE, one), one) is not None:
            was_active, one.state = one.state is State.ACTIVE, State.REVOKED
            one.is_undeliverable = one.is_undeliverable and was_active
            self.model.end_link(one)

    @has_one
    @rule(number=any_one, is_listed=st.booleans(), command=st.sampled_from((Command.APPROVE, Command.REJECT)))
    def decide(self, number: int, is_listed: bool, command: Command) -> None:  # noqa: FBT001 - drawn
        """Decision 7, S4.44, S4.46."""
        one = self.pick(number)
        is_right = one.state is State.AWAITING_APPROVAL and is_listed
        if self.ask(is_right, self.order(command, one, is_listed=is_listed), one) is not None:
            one.state = State.APPROVED if command is Command.APPROVE else State.REJECTED
            one.is_undeliverable = False

    @has_one
    @rule(number=any_one)
    def sign_in(self, number: int) -> None:
        """S2.11."""
        one = self.pick(number)
        if one.state is State.ACTIVE:
            self.ground.sign_in(one.id)
            one.has_signed_in = True

    @rule(seconds=st.sampled_from(SECONDS))
    def time_passes(self, seconds: float) -> None:
        """Everything grows older."""
        self.model.now += seconds
        self.ground.pass_time([one.id for one in self.model.all], timedelta(seconds=seconds))
