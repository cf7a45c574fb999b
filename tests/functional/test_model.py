"""Every command and the clock, in any order, against a model in plain Python (T11)."""

from collections import Counter
from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from doorstep.domain.states import Command, State
from doorstep.local.stack import Stack
from tests.functional.commands import Asked
from tests.functional.ground import ground
from tests.functional.machine import DUE, PAUSES, Machine
from tests.functional.model import HOUR

RULES: dict[str, object] = {"places": 2, "is_approval_required": True, "expired_holds_place": False}
OF_USERS = {"set up", "accept", "finish", "added", "suspended", "resumed", "deleted"}
FIRST, SECOND = 0, 1
LISTED = 1
JOB = "12 Hill Street"


@pytest.fixture(scope="module")
def machine(servers: Stack) -> Iterator[type[Machine]]:
    """The machine, on its ground; `reached` counts what has happened in all of its runs."""
    with ground(servers.addresses()["database_url"]) as under:
        yield type("Grounded", (Machine,), {"ground": under, "reached": Counter()})


@pytest.mark.timeout(180)
def test_t11_every_order_of_commands_and_time_ends_right(machine: type[Machine]) -> None:
    """T11, F18: whoever changes the row first wins, in whatever order people, timers and the mail server come."""
    limits = settings(
        max_examples=30,
        stateful_step_count=30,
        backend="hypothesis-urandom",  # each example is a new one; the usual one makes most of them from one another
        phases=(Phase.generate,),  # a failure takes minutes to shrink; its steps are printed as they were
        suppress_health_check=list(HealthCheck),
    )

    run_state_machine_as_test(machine, settings=limits)


class Path:
    """Somebody who leads the machine along a path; after each step the database has to agree with the model."""

    def __init__(self, machine: type[Machine]) -> None:
        """Two offices, of which the second one asks existing users first."""
        self.at = machine()
        self.at.open_offices({**RULES, "asks_first": False}, {**RULES, "asks_first": True}, [])

    def go(self, step: str, *arguments: object) -> None:
        """One step."""
        getattr(self.at, step)(*arguments)
        self.at.the_database_agrees()

    def invite(self, name: str, office: int = FIRST, *, job: str | None = None, is_draft: bool = False) -> int:
        """Invite somebody; the number by which the machine picks that invitation, whether a step suits it or not."""
        self.go("invite", Asked(office, name, has_phone=False, job=job, roles=(), is_draft=is_draft))
        return 4 * (len(self.at.model.all) - 1)

    def user(self, name: str) -> int:
        """The number by which the machine picks the user who was added under that name."""
        return [user.username.rpartition("-")[2] for user in self.at.model.people.all].index(name)


def be_refused(path: Path, number: int) -> None:
    """Everything that cannot be done any more to what is at its end."""
    for step in ("send", "revoke", "erase"):
        path.go(step, number)
    for command in (Command.RESEND, Command.REQUEST_NEW_LINK):
        path.go("renew", number, command)
    path.go("readdress", number, "BEN")
    path.go("decline", number, 0)
    path.go("set_up", number, 0, "own")
    path.go("approve", number, LISTED, None)
    path.go("reject", number, LISTED)


def go_through_every_state(path: Path) -> None:
    """Drafts, links that are used, renewed, declined and left to die, decisions, and the end of each."""
    draft = path.invite("ana", job=JOB, is_draft=True)
    path.go("send", draft)
    path.go("readdress", draft, "BEN")
    path.go("time_passes", HOUR)
    path.go("renew", draft, Command.RESEND)
    path.go("days_go_by", len(PAUSES))
    path.go("erase", draft)
    be_refused(path, draft)
    late = path.invite("ana")
    path.go("days_go_by", 2)
    path.go("renew", late, Command.REQUEST_NEW_LINK)
    path.go("decline", late, 0)
    path.go("revoke", path.invite("ana"))
    rejected = path.invite("ana")
    path.go("set_up", rejected, 0, "own")
    path.go("reject", rejected, LISTED)
    waiting = path.invite("ana")
    path.go("set_up", waiting, 0, "own")
    path.go("days_go_by", 4)
    path.go("approve", waiting, LISTED, ("messages",))
    path.go("the_workflow_looks", waiting)


def go_through_every_kind_of_user(path: Path) -> None:
    """Added directly, known elsewhere, asked first, suspended, deleted."""
    path.go("add_user", FIRST, "BEN")
    added = path.user("BEN")
    path.go("set_up", path.invite("BEN", SECOND), 0, "chosen")
    path.go("choose_password", added)
    path.go("sign_in", added)
    path.go("suspend", added, False)
    path.go("sign_in", added)
    path.go("choose_password", added)
    path.go("suspend", added, True)
    path.go("set_up", path.invite("ana", SECOND), 0, "none")
    path.go("somebody_comes_all_the_way", path.invite(""), "own")
    path.go("delete_user", len(path.at.model.people.all) - 1)
    path.go("delete_user", added)


def test_t11_the_model_knows_every_state_and_every_command(machine: type[Machine]) -> None:
    """T11: each state of the design is reached, each command carried out and refused, each timer fired."""
    path = Path(machine)
    machine.reached.clear()

    go_through_every_state(path)
    go_through_every_kind_of_user(path)

    wanted = {*State, *DUE, *OF_USERS, *product((*Command, "sign_in", "choose_password"), (True, False))}
    assert wanted <= set(machine.reached)
