"""The yardstick: a workflow that waits for two signals around two empty activities, and does nothing else."""

from datetime import timedelta

from temporalio import activity, workflow

TASK_QUEUE = "bare"
SHORT = timedelta(seconds=10)
DAY = timedelta(hours=24)


@activity.defn
async def nothing(_identifier: str) -> None:
    """Do nothing."""


@activity.defn
async def nothing_more(_identifier: str) -> None:
    """Do nothing, at the end."""


@workflow.defn
class BareWorkflow:
    """Start, an empty activity, a wait with a 24-hour timer, a signal, a wait, a signal, an empty activity."""

    def __init__(self) -> None:
        """Nothing has been signalled."""
        self._signals = 0

    @workflow.run
    async def run(self, identifier: str) -> None:
        """27 events."""
        await workflow.execute_activity(nothing, identifier, start_to_close_timeout=SHORT)
        await workflow.wait_condition(lambda: self._signals > 0, timeout=DAY)
        await workflow.wait_condition(lambda: self._signals > 1)
        await workflow.execute_activity(nothing_more, identifier, start_to_close_timeout=SHORT)

    @workflow.signal
    def go(self) -> None:
        """Go on."""
        self._signals += 1
