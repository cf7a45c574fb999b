"""The commands of staff, administrators and invitees as rules of a machine."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from doorstep.domain.invitation import Invitation
from doorstep.domain.permissions import permissions_of
from doorstep.domain.states import Command, State
from doorstep.store.orders import NewUser
from tests.functional.ground import Ground
from tests.functional.model import Model, Office, One
from tests.functional.model_people import Ways

T = TypeVar("T")
NAMES = ("ana", "BEN", "")
JOBS = (None, "12 Hill Street")
SECONDS = (30.0, 3600.0, 11 * 3600.0, 13 * 3600.0, 25 * 3600.0, 73 * 3600.0, 169 * 3600.0)
ROLES = ((), (), ("buyer",))
ENDS = (Command.DECLINE, Command.REVOKE, Command.ERASE)
OTHER_PERMISSIONS = (None, ("messages",), ("invoices", "messages"))

any_one = st.integers(0, 99)
has_one = precondition(lambda machine: bool(machine.model.all))


def office_rules(*, asks_first: bool) -> st.SearchStrategy[dict[str, object]]:
    """The rules of an office."""
    drawn = {"is_approval_required": st.booleans(), "places": st.integers(1, 3), "expired_holds_place": st.booleans()}
    return st.fixed_dictionaries({**drawn, "asks_first": st.just(asks_first)})


@dataclass(frozen=True)
class Asked:
    """What somebody asks of a new invitation."""

    office: int
    name: str
    has_phone: bool
    job: str | None
    roles: tuple[str, ...]
    is_draft: bool


asked = st.builds(
    Asked,
    office=st.integers(0, 1),
    name=st.sampled_from(NAMES),
    has_phone=st.booleans(),
    job=st.sampled_from(JOBS),
    roles=st.sampled_from(ROLES),
    is_draft=st.integers(0, 3).map(lambda number: number == 0),
)


class Commands(RuleBasedStateMachine):
    """Two offices, one of which asks existing users first, a few people, and everything that somebody can ask."""

    ground: ClassVar[Ground]
    reached: ClassVar[Counter[object]]

    @initialize(
        one=office_rules(asks_first=False),
        two=office_rules(asks_first=True),
        first=st.lists(asked, min_size=1, max_size=4),
    )
    def open_offices(self, one: dict[str, object], two: dict[str, object], first: list[Asked]) -> None:
        """Two new offices with their rules, and people whom nobody else knows."""
        self.run_id, self.phone = self.ground.new_people()
        self.offices = [Office(f"{self.run_id}{end}", **rules) for end, rules in (("a", one), ("b", two))]  # type: ignore[arg-type]
        for office in self.offices:
            self.ground.open(office)
        self.model = Model()
        for each in first:
            self.invite(each)

    def ask(self, is_right: bool, what: Awaitable[T], one: One | None = None) -> T | None:  # noqa: FBT001 - the model's word
        """Do it; it has to work exactly if the model says so, and a refusal has to leave its code in the audit."""
        self.model.tick += 1
        done, refusal = self.ground.answer(what)
        assert (refusal is None) == is_right, "allowed by the model" if refusal is None else refusal.code
        if refusal is not None and one is not None:
            assert self.ground.last_record(one.id)[2:] == ("command.refused", refusal.code)
        return done

    def pick(self, number: int, suits: Callable[[One], bool] = lambda _one: True) -> One:
        """One of the invitations; three times in four one that suits, where there is any."""
        suitable = [one for one in self.model.all if suits(one)] if number % 4 else []
        return (suitable or self.model.all)[number // 4 % len(suitable or self.model.all)]

    def ways(self, name: str, has_phone: bool) -> Ways:  # noqa: FBT001 - drawn
        """How somebody can be reached: by an address of their own, by the number of the house, or by both."""
        email = f"{name}@{self.run_id}.example" if name else ""
        return Ways(email, self.phone if has_phone or not name else "")

    @rule(asked=asked)
    def invite(self, asked: Asked) -> None:
        """S1.19, S2.4, S2.6, S2.13, S2.17, S4.37."""
        model, where, job = self.model, self.offices[asked.office], asked.job
        ways = self.ways(asked.name, asked.has_phone)
        known = model.duplicate(where, ways, job)
        shared, wanted = model.permissions(where, job), permissions_of(asked.roles)
        is_free = asked.is_draft or not model.is_full(where, job)
        fits = shared is None or not asked.roles or shared == wanted
        is_right = known is not None or (model.may_ask(where, ways, job) and is_free and fits)
        options = {"job": job, "roles": asked.roles, "is_draft": asked.is_draft}
        made = self.ask(is_right, self.ground.invite(where, ways, **options))
        if made is None or known is not None:
            assert made is None or known is None or made.id == known.id
            return
        one = One(made.id, where, ways, not asked.name, job, State.DRAFT, wanted if shared is None else shared)
        model.all.append(one)
        if not asked.is_draft:
            model.send_out(one, is_first=True)

    def order(self, command: Command, one: One, **more: object) -> Awaitable[Invitation]:
        """A command of staff, an administrator or the invitee."""
        return self.ground.order(one.office, command, one.id, **more)

    def did(self, command: Command, is_right: bool, one: One, **more: object) -> bool:  # noqa: FBT001 - the model's word
        """True if it was carried out."""
        done = self.ask(is_right, self.order(command, one, **more), one) is not None
        self.reached[command, done] += 1
        return done

    @has_one
    @rule(number=any_one)
    def send(self, number: int) -> None:
        """S0.16, S2.17."""
        one = self.pick(number, lambda one: one.state is State.DRAFT)
        if self.did(Command.SEND, self.model.can_send(one), one):
            self.model.send_out(one, is_first=True)

    @has_one
    @rule(number=any_one, age=st.integers(0, 3), kind=st.sampled_from(("own", "shared", "chosen", "none")))
    def set_up(self, number: int, age: int, kind: str) -> None:
        """T09, T10, S2.19: with the newest link or an older one, under an own name or not, or as a mere consent."""
        one = self.pick(number, lambda one: one.state is State.PENDING)
        generation = max(1, one.generation - age // 3)
        user = self.model.people.person(one.ways)
        is_chosen = user is not None and user.has_password == (kind == "none")
        names = {"own": f"{self.run_id}-{one.id}", "shared": f"{self.run_id}-shared", "none": None}
        username = user.username if user is not None and kind == "chosen" else names.get(kind, names["own"])
        is_right = self.model.can_set_up(one, generation, username)
        new = None if username is None else NewUser(username, "no hash")
        if self.did(Command.SET_UP, is_right, one, link_generation=generation, user=new):
            self.reached["accept" if username is None else "finish" if is_chosen else "set up"] += 1
            self.model.accept(one, username)

    @has_one
    @rule(number=any_one, command=st.sampled_from((Command.RESEND, Command.REQUEST_NEW_LINK)))
    def renew(self, number: int, command: Command) -> None:
        """Decision 3, S2.10, S2.11."""
        one = self.pick(number, lambda one: one.is_reopenable or one.state is State.ACTIVE)
        is_again = command is Command.RESEND and one.state is State.ACTIVE
        can = self.model.can_tell_again(one) if is_again else self.model.can_reissue(one, one.ways, must_wait=True)
        if not self.did(command, can, one):
            return
        if is_again:
            one.generation, one.link_made_at = one.generation + 1, self.model.now
        else:
            self.model.send_out(one)

    @has_one
    @rule(number=any_one, name=st.sampled_from(NAMES))
    def readdress(self, number: int, name: str) -> None:
        """Decision 4, T29, S0.17: to another address, or from mail to text and back."""
        one = self.pick(number, lambda one: one.is_reopenable)
        ways = Ways(self.ways(name, has_phone=False).email or one.ways.email, one.ways.phone if name else self.phone)
        is_right = self.model.can_reissue(one, ways, must_wait=False)
        if self.did(Command.CHANGE_ADDRESS, is_right, one, address=ways.email if name else ways.phone):
            one.ways, one.by_text = ways, not name
            self.model.send_out(one)

    @has_one
    @rule(number=any_one, age=st.integers(0, 1), command=st.sampled_from(ENDS))
    def end(self, number: int, age: int, command: Command) -> None:
        """It is declined, revoked or erased."""
        if command is Command.DECLINE:
            self.decline(number, age)
        elif command is Command.REVOKE:
            self.revoke(number)
        else:
            self.erase(number)

    def decline(self, number: int, age: int) -> None:
        """Whoever holds the newest link can say that they are not meant."""
        one = self.pick(number, lambda one: one.is_reopenable)
        generation = max(1, one.generation - age)
        if self.did(Command.DECLINE, self.model.can_decline(one, generation), one, link_generation=generation):
            self.model.end(one, State.DECLINED)

    def revoke(self, number: int) -> None:
        """S2.3, S2.10: taken back, or removed before the next sign-in."""
        one = self.pick(number, lambda one: one.user is not None)
        if self.did(Command.REVOKE, self.model.can_revoke(one), one):
            one.is_undeliverable = one.is_undeliverable and one.state is State.ACTIVE
            self.model.end(one, State.REVOKED)

    def erase(self, number: int) -> None:
        """T34: whatever state it is in, and once."""
        one = self.pick(number, lambda one: one.state is not State.ERASED)
        if self.did(Command.ERASE, one.state is not State.ERASED, one):
            one.ways = Ways()
            self.model.end(one, State.ERASED)

    @has_one
    @rule(number=any_one, is_listed=st.integers(0, 3), permissions=st.sampled_from(OTHER_PERMISSIONS))
    def approve(self, number: int, is_listed: int, permissions: tuple[str, ...] | None) -> None:
        """Decision 7, S2.13, S4.42, S4.44."""
        one = self.pick(number, lambda one: one.state is State.AWAITING_APPROVAL)
        is_right = one.state is State.AWAITING_APPROVAL and bool(is_listed)
        if self.did(Command.APPROVE, is_right, one, is_listed=bool(is_listed), permissions=permissions):
            one.state, one.is_undeliverable = State.APPROVED, False
            one.granted = one.permissions if permissions is None else frozenset(permissions)
            if permissions is not None:
                self.model.share(one, one.granted)

    @has_one
    @rule(number=any_one, is_listed=st.integers(0, 3))
    def reject(self, number: int, is_listed: int) -> None:
        """Decision 7, S4.46."""
        one = self.pick(number, lambda one: one.state is State.AWAITING_APPROVAL)
        is_right = one.state is State.AWAITING_APPROVAL and bool(is_listed)
        if self.did(Command.REJECT, is_right, one, is_listed=bool(is_listed)):
            one.is_undeliverable = False
            self.model.end(one, State.REJECTED)

    @rule(seconds=st.sampled_from(SECONDS))
    def time_passes(self, seconds: float) -> None:
        """Everything grows older."""
        self.model.now += seconds
        self.ground.pass_time([one.id for one in self.model.all], self.run_id, timedelta(seconds=seconds))
