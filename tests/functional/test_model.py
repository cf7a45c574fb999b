"""Every command and the clock, in any order, against a model in plain Python (T11)."""

from dataclasses import dataclass, field
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule, run_state_machine_as_test

from doorstep.domain.events import Event
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Handover, HandoverResult, Message
from doorstep.domain.standing import Step
from doorstep.domain.states import HOLDS_A_PLACE, State
from doorstep.local.stack import Stack
from doorstep.store import activating, answering, handovers, timing
from doorstep.store.handovers import NOTICES, Outbox
from doorstep.store.loading import standing_of
from tests.functional.commands import Commands, any_one, has_one
from tests.functional.ground import Look, ground
from tests.functional.model import One

DUE = {
    Step.REMIND: timing.remind,
    Step.EXPIRE: timing.expire,
    Step.NUDGE: timing.nudge,
    Step.ESCALATE: timing.escalate,
    Step.CLOSE: timing.close,
    Step.ACTIVATE: activating.activate,
}


@dataclass
class Seen:
    """What the database said after the step before."""

    revisions: dict[UUID, tuple[int, int]] = field(default_factory=dict)
    audit: list[tuple[object, ...]] = field(default_factory=list)


@dataclass
class Attempt:
    """Messages that are with the mail server just now."""

    one: One
    outbox: Outbox
    was_repeated: bool


class Invitations(Commands):
    """The commands, the clock and the mail server; after each step the database has to agree with the model."""

    def __init__(self) -> None:
        """Nothing happened yet."""
        super().__init__()
        self.seen = Seen()
        self.attempts: list[Attempt] = []

    @has_one
    @rule(number=any_one, step=st.sampled_from(sorted(DUE)))
    def the_clock_asks(self, number: int, step: Step) -> None:
        """F18: a timer that fires early, late or for a row that has moved on changes what is due, and nothing else."""
        one = self.pick(number)
        model = self.model
        is_due = {
            Step.REMIND: model.can_remind(one),
            Step.EXPIRE: model.can_expire(one),
            Step.NUDGE: model.can_nudge(one),
            Step.ESCALATE: model.can_escalate(one),
            Step.CLOSE: model.can_close(one),
            Step.ACTIVATE: one.state is State.APPROVED,
        }[step]

        assert self.ground.change(one.id, DUE[step]) == is_due

        if is_due:
            self.happened(one, step)

    def happened(self, one: One, step: Step) -> None:
        """What time has done to the model."""
        match step:
            case Step.REMIND:
                one.is_reminded = True
            case Step.EXPIRE:
                one.state, one.expired_at = State.EXPIRED, self.model.now
                self.model.end_link(one)
            case Step.NUDGE:
                one.is_nudged = True
            case Step.ESCALATE:
                one.is_escalated = True
            case Step.CLOSE:
                one.is_closed = True
            case Step.ACTIVATE:
                one.state, one.is_undeliverable = State.ACTIVE, False

    @has_one
    @rule(number=any_one)
    def the_workflow_looks(self, number: int) -> None:
        """What the standing calls due at once can be done at once, so that no workflow runs in circles."""
        one = self.pick(number)
        standing = standing_of(self.ground.invitation(one.id))
        step = Step(standing.step)
        if standing.wait_seconds == 0 and step in DUE:
            assert self.ground.change(one.id, DUE[step])
            self.happened(one, step)
        elif standing.wait_seconds == 0 and step is not Step.DONE:
            self.begin(one)

    @has_one
    @rule(number=any_one)
    def the_post_is_fetched(self, number: int) -> None:
        """An attempt is opened for whatever is unsent."""
        self.begin(self.pick(number))

    def begin(self, one: One) -> None:
        """One attempt at a time for each invitation."""
        if any(attempt.one is one for attempt in self.attempts):
            return
        was_repeated = one.may_be_out
        is_tried = self.model.begin_post(one)
        outbox = self.ground.begin_post(one.id)
        assert any(each.message is Message.INVITATION for each in outbox.to_send) == is_tried
        if outbox.to_send:
            one.may_be_out = one.may_be_out or is_tried
            self.attempts.append(Attempt(one, outbox, was_repeated))

    @precondition(lambda self: bool(self.attempts))
    @rule(number=any_one, kind=st.sampled_from(Handover))
    def the_mail_server_answers(self, number: int, kind: Handover) -> None:
        """F10 to F15: whatever happened meanwhile."""
        attempt = self.attempts.pop(number % len(self.attempts))
        one, sent = attempt.one, attempt.outbox.to_send
        results = {each.id: HandoverResult(kind, "a_cause") for each in sent}

        self.ground.transact(lambda tx: handovers.close_all(tx, attempt.outbox, results))

        generation = attempt.outbox.invitation.generation
        if any(each.message is Message.INVITATION for each in sent):
            self.model.end_post(one, generation, kind, was_repeated=attempt.was_repeated)
        is_news = any(each.message not in NOTICES and each.generation == one.generation for each in sent)
        one.is_undeliverable = one.is_undeliverable or (kind is Handover.REFUSED and is_news)

    @precondition(lambda self: bool(self.attempts))
    @rule(number=any_one)
    def the_worker_dies(self, number: int) -> None:
        """F01: nobody ever closes this attempt."""
        self.attempts.pop(number % len(self.attempts))

    @invariant()
    def the_database_agrees(self) -> None:
        """T11: rows, users and audit are what the model says."""
        look = self.ground.look(self.office)
        assert look.invitations.keys() == {one.id for one in self.model.all}
        for one in self.model.all:
            self.row_agrees(one, look.invitations[one.id])
        self.places_hold(look)
        self.records_hold(look)

    def row_agrees(self, one: One, row: Invitation) -> None:
        """One row: state, address and link; revisions only grow."""
        assert row.state is one.state
        assert row.address == one.address
        assert row.generation == one.generation
        assert (row.closed_at is not None) == one.is_closed
        assert (row.user_id is not None) == one.has_user
        live = [g for g in range(1, row.generation + 1) if answering.link_refusal(row, g) is None]
        assert live == ([one.generation] if one.state is State.PENDING and self.model.now < one.expires_at else [])
        before = self.seen.revisions.get(one.id, (0, 0))
        assert before[0] <= row.rev
        assert before[1] <= row.seen_rev <= row.rev
        self.seen.revisions[one.id] = (row.rev, row.seen_rev)

    def places_hold(self, look: Look) -> None:
        """S2.1 to S2.5: never more than the office allows; a user for whoever is in or waits, and for nobody else."""
        rows = look.invitations.values()
        for job in {row.job for row in rows} - {None}:
            assert sum(row.job == job and row.state in HOLDS_A_PLACE for row in rows) <= self.model.places
        assert look.users == {one.username for one in self.model.all if one.has_user}

    def records_hold(self, look: Look) -> None:
        """T34: the audit only grows, and an acceptance is in it exactly once."""
        assert look.audit[: len(self.seen.audit)] == self.seen.audit
        self.seen.audit = look.audit
        for one in self.model.all:
            assert sum(entry[1:3] == (one.id, Event.SET_UP) for entry in look.audit) == one.acceptances


@pytest.mark.timeout(180)
def test_t11_every_order_of_commands_and_time_ends_right(servers: Stack) -> None:
    """T11, F18: whoever changes the row first wins, in whatever order people, timers and the mail server come."""
    limits = settings(
        max_examples=30,
        stateful_step_count=30,
        deadline=None,
        phases=(Phase.generate,),  # a failure takes minutes to shrink; its steps are printed as they were
        suppress_health_check=list(HealthCheck),
    )
    with ground(servers.addresses()["database_url"]) as under:
        machine = type("Machine", (Invitations,), {"ground": under})

        run_state_machine_as_test(machine, settings=limits)
