"""What `why` says, as one table over states, causes and workflows; no server is needed for sentences."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import DeliveryStatus, Message
from doorstep.domain.policy import Policy
from doorstep.domain.states import Attention, State
from doorstep.mail.outcomes import Cause as MailCause
from doorstep.text.outcomes import Cause as TextCause
from starter.explaining import explain, rowless, unreadable
from starter.runs import PAUSED, RUNNING, UNKNOWN, Run
from starter.troubles import Explanation, Kind
from tests.unit.rows import HOUR, ID, NOW, delivery, office, row

MINUTE = timedelta(minutes=1)
SENT = DeliveryStatus.SENT
AWAITING = row(State.AWAITING_APPROVAL)
AT = "2028-03-01 00:00 NZDT"


def kinds(found: Explanation) -> list[str]:
    """What is wrong, by its stable words."""
    return [trouble.kind.value for trouble in found.troubles]


@pytest.mark.parametrize(
    ("invitation", "begins", "commands"),
    [
        (row(State.DRAFT), "It has been a draft since 2028-03-01 00:00 NZDT (1 h)", [f"doorstep send {ID}"]),
        (
            row(State.PENDING),
            f"It has waited since {AT} (1 h) for the invitee to open the link, which dies at 2028-03-02 00:00 NZDT.",
            [f"doorstep resend {ID}"],
        ),
        (
            AWAITING,
            f"The user is set up, and it has waited since {AT} (1 h) for one of 2 username administrators, mo@",
            [f"doorstep approve {ID} --as mo@kauri.example"],
        ),
        (
            row(State.EXPIRED, expired_at=NOW - HOUR),
            "The link expired unused at 2028-03-01 00:00 NZDT; it can be sent again until 2028-03-08 00:00 NZDT.",
            [f"doorstep resend {ID}"],
        ),
        (row(State.EXPIRED, expired_at=NOW - HOUR, closed_at=NOW), "It has been expired since", []),
        (
            row(State.ACTIVE),
            "It has been active since 2028-03-01 00:00 NZDT (1 h) and waits",
            [f"doorstep resend {ID}"],
        ),
        (row(State.REJECTED), "It has been rejected since 2028-03-01 00:00 NZDT (1 h); it waits for nothing.", []),
        (row(State.ERASED), "It has been erased since", []),
    ],
    ids=lambda value: value.state.value if isinstance(value, Invitation) else "",
)
def test_it_says_what_it_waits_for_and_since_when(invitation: Invitation, begins: str, commands: list[str]) -> None:
    """S3.2: each state has its sentence, on the clock of the office, and the command that moves it on."""
    found = explain(invitation)

    assert found.sentences[0].startswith(begins)
    assert list(found.commands) == commands
    assert found.troubles == ()


def test_where_nothing_is_wrong_it_says_what_was_done() -> None:
    """S3.2: what went out, and when; of a decision that waits also from when on it counts as overdue."""
    sent = (delivery(Message.INVITATION, SENT), delivery(Message.REMINDER, SENT, sent_at=NOW))
    asked = (delivery(Message.APPROVAL_NEEDED, SENT, recipient="mo@kauri.example"),)

    pending, awaiting = explain(row(deliveries=sent)), explain(replace(AWAITING, deliveries=asked))

    assert pending.sentences[1:] == (f"The invitation went out at {AT} and the reminder at 2028-03-01 01:00 NZDT.",)
    assert awaiting.sentences[1:] == (
        f"The request to approve went out at {AT}; it counts as overdue from 2028-03-04 00:00 NZDT on.",
    )


@pytest.mark.parametrize(
    ("run", "kind", "says", "command"),
    [
        (Run(UNKNOWN), "workflow_missing", "Temporal knows no workflow of it", f"doorstep restart {ID}"),
        (
            Run("terminated", ended_at=NOW),
            "workflow_missing",
            "Its workflow was terminated at 2028-03-01 01:00 NZDT",
            f"doorstep restart {ID}",
        ),
        (Run("timed_out"), "workflow_missing", "Its workflow has timed out", f"doorstep restart {ID}"),
        (Run(PAUSED), "workflow_paused", "paused", f"temporal workflow unpause --workflow-id invitation-{ID} --at x"),
        (
            Run(RUNNING, task_failures=6, task_since=NOW),
            "workflow_failing",
            "failed the task of its workflow 6 times since 2028-03-01 01:00 NZDT",
            f"temporal workflow show --workflow-id invitation-{ID} --at x",
        ),
        (
            Run(RUNNING, activity="announce_set_up", activity_failures=3, activity_failure="KeyError"),
            "activity_failing",
            "failed announce_set_up 3 times, the last time with KeyError",
            f"temporal workflow describe --workflow-id invitation-{ID} --at x",
        ),
    ],
)
def test_a_workflow_that_cannot_go_on_is_said_so(run: Run, kind: str, says: str, command: str) -> None:
    """F20, F21, F29: lost, terminated, paused or failing; a silence of the row is then no riddle of its own."""
    unseen = row(rev=2, changed_at=NOW - HOUR)

    found = explain(unseen, run, temporal="--at x")

    assert kinds(found) == [kind]
    assert says in found.sentences[1]
    assert found.commands[0] == command


@pytest.mark.parametrize(
    "run",
    [
        None,
        Run(RUNNING),
        Run(RUNNING, task_failures=1),
        Run(RUNNING, activity="send_invitation", activity_failures=9, activity_failure="MailDeferred"),
    ],
)
def test_a_workflow_at_work_is_no_trouble(run: Run | None) -> None:
    """F21: one failure is a restart, and a mail that waits is told by the row."""
    assert explain(row(), run).troubles == ()


@pytest.mark.parametrize(
    ("changed", "kind", "command"),
    [
        ({"office": office(approvers=())}, "no_approver", "doorstep approvers set nz ADDRESS"),
        (
            {"office": office(approvers=("Rachel@kauri.example",), policy=Policy(four_eyes=True))},
            "no_approver",
            "doorstep approvers set nz Rachel@kauri.example ADDRESS",
        ),
        ({"set_up_at": NOW - 72 * HOUR}, "approval_overdue", f"doorstep approve {ID} --as mo@kauri.example"),
        ({"attention": ("approval_overdue",)}, "approval_overdue", f"doorstep approve {ID} --as mo@kauri.example"),
    ],
)
def test_an_approval_that_cannot_come_or_does_not(changed: dict[str, object], kind: str, command: str) -> None:
    """S4.21, S4.43: by the present list and the clock, whether a flag was raised in time or not."""
    found = explain(row(State.AWAITING_APPROVAL, **changed))

    assert kinds(found)[:1] == [kind]
    assert found.commands[0] == command


def test_a_flag_that_was_overtaken_is_no_trouble() -> None:
    """S4.21: raised when nobody could decide, and over since there is somebody."""
    assert explain(row(State.AWAITING_APPROVAL, attention=(Attention.NO_APPROVER,))).troubles == ()


@pytest.mark.parametrize(
    ("invitation", "run", "kind", "says"),
    [
        (row(State.APPROVED), None, "not_activated", "nobody has tried to activate it"),
        (
            row(State.APPROVED, attention=("activation_failing",)),
            Run(RUNNING, activity="activate_account", activity_failures=7, activity_failure="ActivationFailing"),
            "activation_failing",
            "The activation fails (7 times so far)",
        ),
        (row(rev=2), None, "change_unseen", "has not seen the change of 2028-03-01 00:00 NZDT"),
    ],
)
def test_what_should_have_happened_at_once(invitation: Invitation, run: Run | None, kind: str, says: str) -> None:
    """F03: approved and not active, or changed and not seen, is told after a minute."""
    found = explain(invitation, run)
    fresh = replace(invitation, since=NOW, changed_at=NOW, attention=())

    assert kinds(found) == [kind]
    assert says in found.sentences[1]
    assert explain(fresh).troubles == ()


def test_a_long_wait_is_told_where_it_is_asked_for() -> None:
    """S4.43: `stuck --older-than`."""
    assert kinds(explain(AWAITING, waited=59 * MINUTE)) == ["long_wait"]
    assert kinds(explain(AWAITING, waited=HOUR)) == []


def test_an_office_without_a_zone_is_told_in_utc() -> None:
    """S2.15: and it says so."""
    assert "2028-02-29 11:00 UTC" in explain(row(office=office(time_zone=""))).sentences[0]


def test_an_address_cannot_smuggle_a_command_into_the_line_to_copy() -> None:
    """T24: what somebody saved as an address is one word of the line, whatever is in it."""
    found = explain(replace(AWAITING, office=office(approvers=("a'$(id)|b@kauri.example",))))

    assert found.commands == (f"""doorstep approve {ID} --as 'a'"'"'$(id)|b@kauri.example'""",)


def test_what_cannot_be_explained_is_named_with_what_to_do() -> None:
    """F20, F29: a row from the future, and a workflow whose row is gone."""
    poisoned, lost = unreadable(ID, "paused"), rowless(ID, "")

    assert (kinds(poisoned), poisoned.state) == (["row_unreadable"], "paused")
    assert "upgrade Doorstep" in poisoned.sentences[1]
    assert lost.commands == (
        f'temporal workflow terminate --workflow-id invitation-{ID} --reason "no such invitation"',
    )


@given(
    st.sampled_from(State),
    st.lists(
        st.builds(
            delivery,
            st.sampled_from(Message),
            st.sampled_from(DeliveryStatus),
            cause=st.sampled_from(["", *MailCause, *TextCause, "superseded", "unheard_of"]),
            attempts=st.integers(0, 9),
        ),
        max_size=4,
    ),
    st.sets(st.sampled_from(Attention)).map(tuple),
    st.sampled_from([None, Run(UNKNOWN), Run(PAUSED), Run(RUNNING, task_failures=6)]),
)
def test_whatever_is_wrong_it_is_told_in_three_sentences(
    state: State, deliveries: list[object], attention: tuple[str, ...], run: Run | None
) -> None:
    """S3.2: whatever comes together, at most three sentences; each trouble has its own, and each command is whole."""
    found = explain(row(state, deliveries=tuple(deliveries), attention=attention), run)

    assert 1 <= len(found.sentences) <= 3
    assert all(each.endswith(".") and ". " not in each for each in found.sentences)
    assert not any("{" in each for each in (*found.sentences, *found.commands))
    assert kinds(found) == sorted(kinds(found), key=[str(kind) for kind in Kind].index)
