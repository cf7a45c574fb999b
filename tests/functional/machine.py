"""The machine: commands, clock and mail server on a real database, which agrees with the model after each step."""

from dataclasses import dataclass, field
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from doorstep.domain.events import Event
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Handover, HandoverResult, Message
from doorstep.domain.standing import Step
from doorstep.domain.states import HOLDS_A_PLACE, State
from doorstep.store import activating, answering, belonging, handovers, timing
from doorstep.store.handovers import NOTICES, Outbox
from doorstep.store.loading import standing_of
from tests.functional.commands import any_one, has_one
from tests.functional.commands_of_users import CommandsOfUsers
from tests.functional.ground import Look
from tests.functional.model import HOUR, One
from tests.functional.model_clock import FROM, happen, is_due

DUE = {
    Step.REMIND: timing.remind,
    Step.EXPIRE: timing.expire,
    Step.NUDGE: timing.nudge,
    Step.ESCALATE: timing.escalate,
    Step.CLOSE: timing.close,
    Step.ACTIVATE: activating.activate,
}

PAUSES = (12, 12, 48, 48, 168)
"""Hours after which a reminder, the end of the link, one of the approval, its escalation and the last end are due."""


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


class Machine(CommandsOfUsers):
    """Everything that can happen; after each step the database has to agree with the model."""

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
        can = is_due(self.model, one, step)
        self.model.tick += 1

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
        self.look_at(self.pick(number))

    def look_at(self, one: One) -> bool:
        """As its workflow does when it is woken; true if there was something to do."""
        self.model.tick += 1
        standing = standing_of(self.ground.invitation(one.id))
        step = Step(standing.step)
        if standing.wait_seconds != 0 or step is Step.DONE:
            return False
        if step not in DUE:
            return self.begin(one)
        assert self.ground.change(one.id, DUE[step])
        self.happened(one, step)
        return True

    @has_one
    @rule(number=any_one, kind=st.sampled_from(("own", "chosen", "none")))
    def somebody_comes_all_the_way(self, number: int, kind: str) -> None:
        """Set up, approved and active in one go, as far as that is possible."""
        one = self.pick(number, lambda one: one.state in (State.PENDING, State.AWAITING_APPROVAL))
        place = 4 * self.model.all.index(one)
        self.set_up(place, 0, kind)
        self.approve(place, 1, None)
        self.look_at(one)

    @has_one
    @rule(pauses=st.integers(1, len(PAUSES)))
    def days_go_by(self, pauses: int) -> None:
        """Everything works: the mails go out, and whenever its time has come every workflow does what is due."""
        for hours in PAUSES[:pauses]:
            self.all_look()
            self.time_passes(hours * HOUR)
        self.all_look()

    def all_look(self) -> None:
        """Every workflow goes on until there is nothing to do at once, and the mail server takes everything."""
        for one in self.model.all:
            while self.look_at(one):
                self.answer_all()

    @has_one
    @rule(number=any_one)
    def the_post_is_fetched(self, number: int) -> None:
        """An attempt is opened for whatever is unsent."""
        self.begin(self.pick(number))

    def begin(self, one: One) -> bool:
        """One attempt at a time for each invitation; true if there was something to hand over."""
        if any(attempt.one is one for attempt in self.attempts):
            return False
        was_repeated = one.may_be_out
        is_tried = self.model.begin_post(one)
        outbox = self.ground.begin_post(one.id)
        assert any(each.message is Message.INVITATION for each in outbox.to_send) == is_tried
        if outbox.to_send:
            one.may_be_out = one.may_be_out or is_tried
            self.attempts.append(Attempt(one, outbox, was_repeated))
        return bool(outbox.to_send)

    @precondition(lambda self: bool(self.attempts))
    @rule(number=any_one, kind=st.sampled_from(Handover))
    def the_mail_server_answers(self, number: int, kind: Handover) -> None:
        """F10 to F15: whatever happened meanwhile."""
        attempt = self.attempts.pop(number % len(self.attempts))
        one, sent = attempt.one, attempt.outbox.to_send
        results = {each.id: HandoverResult(kind, "a_cause") for each in sent}

        self.ground.transact(lambda tx: handovers.close_all(tx, self.ground.doorstep.means, attempt.outbox, results))

        generation = attempt.outbox.invitation.generation
        if any(each.message is Message.INVITATION for each in sent):
            self.model.end_post(one, generation, kind, was_repeated=attempt.was_repeated)
        is_news = any(each.message not in NOTICES and each.generation == one.generation for each in sent)
        one.is_undeliverable = one.is_undeliverable or (kind is Handover.REFUSED and is_news)

    def answer_all(self) -> None:
        """The mail server takes all that it was given."""
        while self.attempts:
            self.the_mail_server_answers(0, Handover.ACCEPTED)

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
