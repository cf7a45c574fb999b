"""One invitation, from the sending to the active account.

The database decides; this waits, wakes and asks. Every activity answers where the row stands and what comes next, and
that answer alone drives the loop, so nothing that arrives late, twice or out of order can lead it astray.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.contracts import Carried, InvitationRef, SignalsRef, UpdateRef
    from activities.decisions import DecisionActivities
    from activities.invitations import InvitationActivities
    from doorstep.domain.standing import Standing, Step
    from doorstep.domain.states import State
    from workflows import details, timing
    from workflows.attributes import STATE

ACTIVITY = {
    Step.SEND: InvitationActivities.send_invitation,
    Step.REMIND: InvitationActivities.remind_invitee,
    Step.EXPIRE: InvitationActivities.expire_invitation,
    Step.ANNOUNCE: InvitationActivities.announce_set_up,
    Step.NUDGE: InvitationActivities.remind_approvers,
    Step.ESCALATE: InvitationActivities.escalate_approval,
    Step.AWAIT_DECISION: InvitationActivities.activate_account,
    Step.ACTIVATE: InvitationActivities.activate_account,
    Step.CLOSE: InvitationActivities.close_invitation,
    Step.TELL: InvitationActivities.tell_outcome,
}

WHEN_WOKEN = {
    State.PENDING: Step.ANNOUNCE,
    State.AWAITING_APPROVAL: Step.ACTIVATE,
    State.APPROVED: Step.ACTIVATE,
    State.EXPIRED: Step.SEND,
}
"""What most likely happened when somebody wakes it; a wrong guess costs one look at the row."""

FIRST = Standing(state=State.PENDING, rev=0, step=Step.SEND)

NOTHING = RawValue(Payload())
"""What a handler is called with. Its type has to be `RawValue` alone: in any other, `RawValue | None` too, the SDK sees
the shape that the JSON must have, and it drops a signal that has another one."""


@dataclass(frozen=True)
class Outcome:
    """Result of the workflow: the state that the invitation ended in."""

    state: str


@dataclass(frozen=True)
class Answer:
    """Answer to an update that was carried out."""

    state: str
    waiting_for: str


@workflow.defn(name="InvitationWorkflow")
class InvitationWorkflow:
    """Waits for people on behalf of one row of the database."""

    @workflow.init
    def __init__(self, ref: InvitationRef) -> None:
        self._id = ref.invitation_id
        self._standing = FIRST
        self._shown_state = workflow.info().typed_search_attributes.get(STATE)
        self._is_woken = False
        self._has_signals = False
        self._next_signal = 0

    @workflow.run
    async def run(self, _ref: InvitationRef) -> Outcome:
        """Follow the row until it comes to an end."""
        self._show()
        while self._standing.step != Step.DONE or self._has_signals or self._is_woken:
            await self._advance()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return Outcome(self._standing.state)

    async def _advance(self) -> None:
        """Do the next thing: people first, then what is due, else wait."""
        if self._has_signals:
            await self._carry_signals()
        elif self._is_woken:
            self._is_woken = False
            await self._do(
                Step.SEND if self._standing is FIRST else WHEN_WOKEN.get(State(self._standing.state), Step.TELL)
            )
        elif self._standing.wait_seconds == 0 or await self._time_is_over():
            await self._do(Step(self._standing.step))

    async def _time_is_over(self) -> bool:
        """Wait as long as the standing says; False when something else came first."""
        before = self._standing
        seconds = before.wait_seconds
        try:
            await workflow.wait_condition(
                lambda: self._is_interrupted(before),
                timeout=None if seconds is None else timedelta(seconds=seconds),
                timeout_summary=details.TIMER.get(Step(before.step), ""),
            )
        except TimeoutError:
            return True
        return False

    def _is_interrupted(self, before: Standing) -> bool:
        return self._is_woken or self._has_signals or self._standing is not before

    async def _do(self, step: Step) -> None:
        """Run the activity of `step`; a person's word ends its pauses between two tries."""
        before = self._standing
        handle = workflow.start_activity_method(
            ACTIVITY[step], InvitationRef(self._id), **timing.options(details.SUMMARY[step])
        )
        await workflow.wait_condition(lambda: handle.done() or self._is_interrupted(before))
        is_cut = not handle.done()
        if is_cut:
            handle.cancel()
        try:
            self._adopt(await handle, before)
        except ActivityError:
            # An attempt that was out on the network ends in its own way, a time-out for instance, and is not repeated
            # once cancelling was asked for. Nothing is lost: the row still says what has to be done.
            if not is_cut:
                raise

    async def _carry_signals(self) -> None:
        self._has_signals = False
        before = self._standing
        carried = await workflow.execute_activity_method(
            DecisionActivities.carry_signals,
            SignalsRef(self._id, self._next_signal),
            **timing.options("Carry out what was signalled"),
        )
        self._next_signal = carried.next
        self._has_signals = self._has_signals or carried.has_more
        self._adopt(carried.standing, before)

    async def _carry_update(self) -> Answer:
        info = workflow.current_update_info()
        if info is None:
            raise ApplicationError("not an update", non_retryable=True)
        before = self._standing
        carried: Carried = await workflow.execute_activity_method(
            DecisionActivities.carry_update, UpdateRef(self._id, info.id), **timing.options("Carry out the update")
        )
        self._adopt(carried.standing, before)
        if carried.refusal_code is not None:
            raise ApplicationError(carried.refusal_message, type=carried.refusal_code, non_retryable=True)
        return Answer(self._standing.state, details.waiting_for(self._standing))

    def _adopt(self, standing: Standing, before: Standing) -> None:
        """Believe an answer, and show it; of two that were under way together the newer one.

        An answer that overtook nobody is believed even where it is older: then a backup was restored (F29).
        """
        if standing.rev < self._standing.rev and self._standing is not before:
            return
        self._standing = standing
        if standing.state != self._shown_state:
            self._shown_state = standing.state
            workflow.upsert_search_attributes([STATE.value_set(standing.state)])
        self._show()

    def _show(self) -> None:
        workflow.set_current_details(details.markdown(self._standing))

    @workflow.query(description="Where the invitation stands, what it waits for and what can be done")
    def status(self) -> dict[str, Any]:
        """State, since, what it waits for, deliveries, attention, allowed commands and the last refusal."""
        standing = self._standing
        return {
            "state": standing.state,
            "since": standing.since,
            "waiting_for": details.waiting_for(standing),
            "expires_at": standing.expires_at,
            "deliveries": standing.deliveries,
            "attention": standing.attention,
            "allowed_commands": details.commands(standing),
            "last_refusal": standing.last_refusal,
        }

    @workflow.signal(description="Ours: the row has changed, look at it. No payload.")
    def wake(self) -> None:
        """Look at the row."""
        self._is_woken = True

    @workflow.signal(
        description='Approve the user that was set up. JSON: {"approver": "you@office.example", '
        '"permissions": ["invoices"], "note": "..."}; permissions and note are optional.'
    )
    def approve(self, _payload: RawValue = NOTHING) -> None:
        """Note that something was signalled; the activity reads what."""
        self._has_signals = True

    @workflow.signal(
        description='Reject the user that was set up. JSON: {"approver": "you@office.example", "reason": "...", '
        '"silent": false}; reason and silent are optional.'
    )
    def reject(self, _payload: RawValue = NOTHING) -> None:
        """Note that something was signalled; the activity reads what."""
        self._has_signals = True

    @workflow.signal(description='Send a new link; the old one dies. JSON: {"by": "you@office.example"}, optional.')
    def resend(self, _payload: RawValue = NOTHING) -> None:
        """Note that something was signalled; the activity reads what."""
        self._has_signals = True

    @workflow.signal(
        description='Take the invitation back. JSON: {"by": "you@office.example", "reason": "..."}, optional.'
    )
    def revoke(self, _payload: RawValue = NOTHING) -> None:
        """Note that something was signalled; the activity reads what."""
        self._has_signals = True

    @workflow.update(name="approve", description="Like the signal approve, and answers.")
    async def approve_now(self, _payload: RawValue = NOTHING) -> Answer:
        """Approve and answer."""
        return await self._carry_update()

    @workflow.update(name="reject", description="Like the signal reject, and answers.")
    async def reject_now(self, _payload: RawValue = NOTHING) -> Answer:
        """Reject and answer."""
        return await self._carry_update()

    @workflow.update(name="resend", description="Like the signal resend, and answers.")
    async def resend_now(self, _payload: RawValue = NOTHING) -> Answer:
        """Send a new link and answer."""
        return await self._carry_update()

    @workflow.update(name="revoke", description="Like the signal revoke, and answers.")
    async def revoke_now(self, _payload: RawValue = NOTHING) -> Answer:
        """Take the invitation back and answer."""
        return await self._carry_update()
