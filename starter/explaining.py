"""Why an invitation stands where it does: from its row, and from what Temporal says of its workflow.

Pure, so that one test table covers it; whoever asks brings the row and the run.
"""

from collections.abc import Iterator
from datetime import timedelta
from shlex import quote
from uuid import UUID

from doorstep.domain.invitation import Invitation
from doorstep.domain.states import Attention, State
from starter.arriving import filled, mail_troubles
from starter.moments import MINUTE, age
from starter.remedies import DOCTOR
from starter.runs import OFTEN, PAUSED, UNKNOWN, Run
from starter.troubles import Explanation, Kind, Trouble, in_order
from starter.waiting import approve_command, deciders, moment, overdue_at, what_helps, what_it_waits_for, what_was_done

OWN_FAILURES = frozenset({"MailDeferred", "ActivationFailing"})
"""How our activities say that they wait; the row tells of it in its own words."""


def explain(
    invitation: Invitation,
    run: Run | None = None,
    *,
    has_signed_in: bool = False,
    temporal: str = "",
    waited: timedelta | None = None,
) -> Explanation:
    """What it waits for, since when, what was tried, and what to do.

    Args:
        invitation: the row.
        run: its workflow, where Temporal was asked; only an invitation that needs one is judged by it.
        has_signed_in: the user has been there.
        temporal: options that the `temporal` command line needs here, such as its address.
        waited: a decision that waits so long is a trouble too.
    """
    troubles = [
        *_of_workflow(invitation, run, temporal),
        *_of_approval(invitation),
        *mail_troubles(invitation, has_signed_in=has_signed_in),
        *_of_activation(invitation, run),
    ]
    if not any(trouble.kind in _EXPLAINS_SILENCE for trouble in troubles):
        troubles += _of_silence(invitation)
    if waited is not None and not troubles:
        troubles += _of_patience(invitation, waited)
    return Explanation(
        id=invitation.id,
        state=invitation.state.value,
        waits=what_it_waits_for(invitation, has_signed_in=has_signed_in),
        tried=what_was_done(invitation),
        troubles=in_order(troubles),
        otherwise=what_helps(invitation, has_signed_in=has_signed_in),
        invitation=invitation,
    )


_EXPLAINS_SILENCE = frozenset(
    {Kind.WORKFLOW_MISSING, Kind.WORKFLOW_FAILING, Kind.WORKFLOW_PAUSED, Kind.ACTIVITY_FAILING, Kind.ACTIVATION_FAILING}
)


def _of_workflow(invitation: Invitation, run: Run | None, temporal: str) -> Iterator[Trouble]:
    """The workflow does not run, or cannot go on."""
    if run is None:
        return
    if run.is_over:
        if invitation.now - invitation.changed_at < MINUTE:
            return  # it is about to be started, or about to end
        sentence = f"{_ended(invitation, run)}, so nothing moves it on by itself; start it again."
        yield Trouble(Kind.WORKFLOW_MISSING, sentence, filled(invitation, "doorstep restart {id}"))
    elif run.status == PAUSED:
        sentence = "Somebody paused its workflow in Temporal, so nothing moves it on by itself."
        yield Trouble(Kind.WORKFLOW_PAUSED, sentence, (_typed("unpause", invitation.id, temporal),))
    elif run.task_failures >= OFTEN:
        since = f" since {moment(invitation, run.task_since)}" if run.task_since else ""
        what = "deploy a worker that can go on with it, and it does so by itself"
        sentence = f"The worker has failed the task of its workflow {run.task_failures} times{since}; {what}."
        yield Trouble(Kind.WORKFLOW_FAILING, sentence, (_typed("show", invitation.id, temporal),))
    elif run.activity_failures >= OFTEN and run.activity_failure not in OWN_FAILURES:
        last = run.activity_failure or "a time-out"
        failed = f"The worker has failed {run.activity} {run.activity_failures} times, the last time with {last}"
        sentence = f"{failed}; its log names the cause."
        yield Trouble(Kind.ACTIVITY_FAILING, sentence, (_typed("describe", invitation.id, temporal), DOCTOR))


def _typed(verb: str, identifier: UUID, options: str) -> str:
    """The line for the `temporal` command line."""
    return " ".join(filter(None, ("temporal workflow", verb, f"--workflow-id invitation-{identifier}", options)))


def _ended(invitation: Invitation, run: Run) -> str:
    if run.status == UNKNOWN:
        return "Temporal knows no workflow of it"
    at = f" at {moment(invitation, run.ended_at)}" if run.ended_at else ""
    verb = "has" if run.status in ("completed", "failed", "timed_out") else "was"
    return f"Its workflow {verb} {run.status.replace('_', ' ')}{at}"


def _of_approval(invitation: Invitation) -> Iterator[Trouble]:
    """Nobody can decide, or nobody does."""
    if invitation.state is not State.AWAITING_APPROVAL:
        return
    if not invitation.office.approvers:
        sentence = "The office has no username administrator any more, so nobody can decide; save one."
        yield Trouble(Kind.NO_APPROVER, sentence, filled(invitation, "doorstep approvers set {office} ADDRESS"))
    elif not deciders(invitation):
        sentence = "The only administrator invited the person, and the office asks for a second pair of eyes; save one."
        command = f"doorstep approvers set {{office}} {' '.join(map(quote, invitation.office.approvers))} ADDRESS"
        yield Trouble(Kind.NO_APPROVER, sentence, filled(invitation, command))
    end = overdue_at(invitation)
    if invitation.now >= end or Attention.APPROVAL_OVERDUE in invitation.attention:
        since = moment(invitation, min(end, invitation.now))
        told = "the administrators were reminded" if invitation.is_nudged else "nobody was reminded of it"
        sentence = f"The decision has been overdue since {since}; {told}."
        yield Trouble(Kind.APPROVAL_OVERDUE, sentence, (approve_command(invitation),))


def _of_activation(invitation: Invitation, run: Run | None) -> Iterator[Trouble]:
    """The account cannot be activated."""
    if invitation.state is State.APPROVED and Attention.ACTIVATION_FAILING in invitation.attention:
        times = f" ({run.activity_failures} times so far)" if run is not None and run.activity_failures else ""
        sentence = f"The activation fails{times} and is tried again by itself; the worker's log names the cause."
        yield Trouble(Kind.ACTIVATION_FAILING, sentence, (DOCTOR,))


def _of_silence(invitation: Invitation) -> Iterator[Trouble]:
    """Something should have happened at once, and did not."""
    if invitation.state is State.APPROVED and invitation.now - invitation.since > MINUTE:
        since = moment(invitation, invitation.since)
        sentence = f"It was approved at {since} and nobody has tried to activate it; see that a worker runs."
        yield Trouble(Kind.NOT_ACTIVATED, sentence, (DOCTOR,))
    elif invitation.seen_rev < invitation.rev and invitation.now - invitation.changed_at > MINUTE:
        since = moment(invitation, invitation.changed_at)
        sentence = f"Its workflow has not seen the change of {since}; see that a worker runs."
        yield Trouble(Kind.CHANGE_UNSEEN, sentence, (DOCTOR,))


def _of_patience(invitation: Invitation, waited: timedelta) -> Iterator[Trouble]:
    length = invitation.now - invitation.since
    if invitation.state in (State.AWAITING_APPROVAL, State.APPROVED) and length > waited:
        yield Trouble(Kind.LONG_WAIT, f"It has waited for {age(length)}.", what_helps(invitation) or (DOCTOR,))


def unreadable(identifier: UUID, state: str) -> Explanation:
    """A row that a newer Doorstep wrote (F20)."""
    sentence = (
        f"This version cannot read its row, whose state is {state!r}: a newer Doorstep wrote it; upgrade Doorstep."
    )
    waits = "Nothing moves it on here until this Doorstep is upgraded."
    return Explanation(
        identifier, state, waits, troubles=(Trouble(Kind.ROW_UNREADABLE, sentence, ("doorstep version",)),)
    )


def rowless(identifier: UUID, temporal: str) -> Explanation:
    """A workflow that runs for an invitation that the database does not know, as after a restored backup (F29)."""
    sentence = "Its workflow runs, and the database knows no such invitation; if a backup was restored, end it."
    command = f'{_typed("terminate", identifier, temporal)} --reason "no such invitation"'
    waits = "There is no such invitation."
    return Explanation(identifier, "", waits, troubles=(Trouble(Kind.ROW_MISSING, sentence, (command,)),))
