"""A batch of invitations: rehearse, wait for a word, invite row by row.

The rows decide; this asks for one shift after another, and begins a new run before its history grows long.
"""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue

with workflow.unsafe.imports_passed_through():
    from activities.batches import BatchActivities
    from activities.contracts import BatchRef, BatchSignalsRef, BatchStanding
    from workflows import timing

NOTHING = RawValue(Payload())
LONGEST_HISTORY = 2_000
"""Events of one run; a batch of 10,000 rows needs a few hundred."""

BatchActivity = Callable[[BatchActivities, BatchRef], Awaitable[BatchStanding]]
ACTIVITY: dict[str, BatchActivity] = {
    "check": BatchActivities.check_batch_rows,
    "invite": BatchActivities.invite_batch_rows,
    "wait": BatchActivities.cancel_unstarted_batch,
}
SUMMARY = {
    "check": "Look at every row without sending",
    "invite": "Invite row by row",
    "wait": "Cancel what nobody started",
}
FIRST = BatchStanding(state="checking", step="check")


@dataclass(frozen=True)
class BatchOutcome:
    """Result of the workflow: the state that the batch ended in."""

    state: str


@workflow.defn(name="BatchWorkflow")
class BatchWorkflow:
    """Works through the rows of one batch."""

    @workflow.init
    def __init__(self, ref: BatchRef) -> None:
        self._ref = ref
        self._standing = FIRST
        self._is_woken = False
        self._has_signals = False
        self._next_signal = 0

    @workflow.run
    async def run(self, ref: BatchRef) -> BatchOutcome:
        """Follow the batch until it comes to an end."""
        while self._standing.step != "done" or self._has_signals or self._is_woken:
            await self._advance()
            if self._is_long():
                workflow.continue_as_new(ref)
        return BatchOutcome(self._standing.state)

    async def _advance(self) -> None:
        """Do the next thing: what people said first, then what is due, else wait."""
        if self._has_signals:
            await self._carry_signals()
        elif self._is_woken:
            self._is_woken = False
            await self._do("check" if self._standing is FIRST else "invite")
        elif self._standing.wait_seconds == 0 or await self._time_is_over():
            await self._do(self._standing.step)

    async def _time_is_over(self) -> bool:
        """Wait as long as the standing says; False when somebody said something first."""
        seconds = self._standing.wait_seconds
        try:
            await workflow.wait_condition(
                lambda: self._is_woken or self._has_signals,
                timeout=None if seconds is None else timedelta(seconds=seconds),
                timeout_summary="Until the next try" if self._standing.step != "wait" else "Until it is given up",
            )
        except TimeoutError:
            return True
        return False

    async def _do(self, step: str) -> None:
        """Work one shift; a signal that arrives meanwhile is carried beside it, and ends it."""
        shift = workflow.start_activity_method(ACTIVITY[step], self._ref, **timing.at_length(SUMMARY[step]))
        while not shift.done():
            await workflow.wait_condition(lambda: shift.done() or self._has_signals)
            if not shift.done():
                await self._carry_signals()
        self._adopt(await shift)

    async def _carry_signals(self) -> None:
        self._has_signals = False
        carried = await workflow.execute_activity_method(
            BatchActivities.carry_batch_signals,
            BatchSignalsRef(self._ref.batch_id, self._next_signal),
            **timing.options("Carry out what was signalled"),
        )
        self._next_signal = carried.next
        self._adopt(carried.standing)

    def _adopt(self, standing: BatchStanding) -> None:
        self._standing = standing
        workflow.set_current_details(_markdown(standing))

    def _is_long(self) -> bool:
        """Whether to begin a new run; never while there is something that this one still has to carry."""
        info = workflow.info()
        is_long = info.is_continue_as_new_suggested() or info.get_current_history_length() > LONGEST_HISTORY
        return is_long and self._standing.step != "done" and not self._has_signals

    @workflow.query(description="How far the batch is")
    def progress(self) -> dict[str, Any]:
        """The state, and how many rows have come to what."""
        return asdict(self._standing)

    @workflow.signal(description="Ours: the batch has changed, look at it. No payload.")
    def wake(self) -> None:
        """Look at the batch."""
        self._is_woken = True

    @workflow.signal(description="Start inviting, once every row was looked at. No payload.")
    def start(self, _payload: RawValue = NOTHING) -> None:
        """Note that something was signalled; the activity reads what."""
        self._has_signals = True

    @workflow.signal(description="Invite nobody further for now; what is out stays out. No payload.")
    def pause(self, _payload: RawValue = NOTHING) -> None:
        """Note that something was signalled; the activity reads what."""
        self._has_signals = True

    @workflow.signal(description="Go on after a pause. No payload.")
    def resume(self, _payload: RawValue = NOTHING) -> None:
        """Note that something was signalled; the activity reads what."""
        self._has_signals = True

    @workflow.signal(description="Invite nobody further, for good; what is out stays out. No payload.")
    def cancel(self, _payload: RawValue = NOTHING) -> None:
        """Note that something was signalled; the activity reads what."""
        self._has_signals = True


def _markdown(standing: BatchStanding) -> str:
    """What the Temporal UI shows."""
    rows = [
        ("rows", standing.rows),
        ("looked at", standing.checked),
        ("invited", standing.ok),
        ("skipped", standing.skipped),
        ("refused", standing.refused),
        ("failing, tried again", standing.failing),
    ]
    table = "\n".join(f"| {name} | {count} |" for name, count in rows)
    return f"### {standing.state}\n\n| what | how many |\n| --- | --- |\n{table}"
