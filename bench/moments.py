"""Knowing in the driver when an activity of a workflow has ended, without asking any server."""

import asyncio
import time
from collections import defaultdict
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor


class Moments(Interceptor):
    """Remembers when each activity of each workflow ended, and lets a driver wait for it."""

    def __init__(self) -> None:
        """Nothing has ended."""
        self._ended: dict[tuple[str, str], asyncio.Future[float]] = defaultdict(asyncio.Future)

    async def of(self, workflow_id: str, activity_type: str) -> float:
        """When that activity ended, by the monotonic clock in seconds."""
        return await asyncio.wait_for(self._ended[workflow_id, activity_type], 60)

    def note(self, workflow_id: str, activity_type: str) -> None:
        """Note an end, now."""
        ended = self._ended[workflow_id, activity_type]
        if not ended.done():
            ended.set_result(time.perf_counter())

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - SDK name
        """Note the end of every activity."""
        return _Noting(next, self)


class _Noting(ActivityInboundInterceptor):
    def __init__(self, inner: ActivityInboundInterceptor, moments: Moments) -> None:
        super().__init__(inner)
        self._moments = moments

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - SDK name
        result = await super().execute_activity(input)
        info = activity.info()
        self._moments.note(str(info.workflow_id), info.activity_type)
        return result
