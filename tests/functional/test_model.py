"""Every command and the clock, in any order, against a model in plain Python (T11)."""

from collections import Counter
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
from doorstep.store import activating, answering, belonging, handovers, timing
from doorstep.store.handovers import NOTICES, Outbox
from doorstep.store.loading import standing_of
from tests.functional.commands import any_one, has_one
from tests.functional.commands_of_users import CommandsOfUsers
from tests.functional.ground import Look, ground
from tests.functional.model import One
from tests.functional.model_clock import FROM, happen, is_due

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


class Invitations(CommandsOfUsers):
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
        one = self.pick(number, lambda one: one.state is FROM[step])
        self.model.tick += 1
        can = is_due(self.model, one, step)

        assert self.ground.change(one.id, DUE[step]) == can

        if can:
            self.happened(one, step)

    def happened(self, one: One, step: Step) -> None:
        """What time has done to the model."""
        happen(self.model, one, step)
        self.reached[step] += 1

    @has_one
    @rule(number=any_one)
    def the_workflow_looks(self, number: int) -> None:
        """What the standing calls due at once can be done at once, so that no workflow runs in circles."""
        one = self.pick(number)
        self.model.tick += 1
        standing = standing_of(self.ground.invitation(one.id))
        step = Step(standing.step)
        if standing.wait_seconds == 0 and step in DUE:
            assert self.ground.change(one.id, DUE[step])
            self.happened(one, step)
        elif standing.wait_seconds == 0 and step is not Step.DONE:
            self.begin(one)

    @has_one
    @rule(number=any_one, kind=st.sampled_from(("own", "chosen", "none")))
    def somebody_comes_all_the_way(self, number: int, kind: str) -> None:
        """What is best for everybody: set up, approved and active in one go, as far as that is possible."""
        one = self.pick(number, lambda one: one.state in (State.PENDING, State.AWAITING_APPROVAL))
        place = 4 * self.model.all.index(one)
        self.set_up(place, 0, kind)
        self.approve(place, 1, None)
        if one.state is State.APPROVED:
            assert self.ground.change(one.id, activating.activate)
            self.happened(one, Step.ACTIVATE)

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
        """T11: rows, users, memberships and audit are what the model says."""
        look = self.ground.look(self.offices, self.run_id)
        assert look.invitations.keys() == {one.id for one in self.model.all}
        for one in self.model.all:
            self.row_agrees(one, look.invitations[one.id])
        self.places_hold(look)
        self.users_agree(look)
        self.records_hold(look)

    def row_agrees(self, one: One, row: Invitation) -> None:
        """One row: state, address, permissions and link; revisions only grow."""
        self.reached[one.state] += 1
        assert row.state is one.state
        assert row.address == one.address
        assert row.generation == one.generation
        assert (row.closed_at is not None) == one.is_closed
        assert (row.user_id is not None) == (one.user is not None)
        assert frozenset(belonging.granted(row)) == one.allowed
        live = [g for g in range(1, row.generation + 1) if answering.link_refusal(row, g) is None]
        assert live == ([one.generation] if one.state is State.PENDING and self.model.now < one.expires_at else [])
        before = self.seen.revisions.get(one.id, (0, 0))
        assert before[0] <= row.rev
        assert before[1] <= row.seen_rev <= row.rev
        self.seen.revisions[one.id] = (row.rev, row.seen_rev)

    def places_hold(self, look: Look) -> None:
        """S2.1 to S2.5, S2.13: never more people on a job than the office allows, and all with the same permissions."""
        of_jobs: dict[object, list[Invitation]] = {}
        for row in look.invitations.values():
            if row.job is not None and row.state in HOLDS_A_PLACE and (row.user_id or row.state is not State.ACTIVE):
                of_jobs.setdefault((row.office.code, row.job), []).append(row)
        for rows in of_jobs.values():
            assert len(rows) <= rows[0].policy.places_per_job
            assert len({frozenset(belonging.granted(row)) for row in rows}) == 1

    def users_agree(self, look: Look) -> None:
        """S4.46, S2.18: a user for whoever is in or waits, and for nobody else; each belongs to what was granted."""
        people = self.model.people.all
        assert look.users == {user.username: user.state for user in people}
        wanted = {one.user for one in self.model.all} | {user for user in people if user.added_to is not None}
        assert set(people) <= wanted
        granted = {}
        for user in people:
            if user.added_to is not None:
                granted[user.username, user.added_to[0], True] = user.added_to[1]
            for office in self.offices:
                inside = self.model.belongs(user, office)
                if inside:
                    granted[user.username, office.code, False] = frozenset().union(*(one.allowed for one in inside))
        assert look.memberships == granted

    def records_hold(self, look: Look) -> None:
        """T34: the audit only grows, and an acceptance or a grant is in it exactly once."""
        assert look.audit[: len(self.seen.audit)] == self.seen.audit
        self.seen.audit = look.audit
        for one in self.model.all:
            events = [entry[2] for entry in look.audit if entry[1] == one.id]
            assert events.count(Event.SET_UP) == one.acceptances
            assert events.count(Event.EXISTING_USER) == one.grants


@pytest.mark.timeout(180)
def test_t11_every_order_of_commands_and_time_ends_right(servers: Stack) -> None:
    """T11, F18: whoever changes the row first wins, in whatever order people, timers and the mail server come."""
    limits = settings(
        max_examples=30,
        backend="hypothesis-urandom",
        stateful_step_count=30,
        deadline=None,
        phases=(Phase.generate,),  # a failure takes minutes to shrink; its steps are printed as they were
        suppress_health_check=list(HealthCheck),
    )
    reached: Counter[object] = Counter()
    with ground(servers.addresses()["database_url"]) as under:
        machine = type("Machine", (Invitations,), {"ground": under, "reached": reached})

        run_state_machine_as_test(machine, settings=limits)
    for what, times in sorted(reached.items(), key=lambda item: item[1]):
        print(times, what)
