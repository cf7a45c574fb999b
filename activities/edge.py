"""The edge of every activity: errors leave it without a parameter, an address or a stack of ours in their text.

An unexpected error may quote what it choked on, so only its type crosses; the whole of it stays out of the log too.
"""

from typing import Any

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError, CancelledError, FailureError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from doorstep.domain.errors import DoorstepError, Unavailable

log = structlog.get_logger()


class EdgeInterceptor(Interceptor):
    """Translates errors and binds the ids of the activity to the log."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - SDK name
        """Wrap `next`."""
        return _Edge(next)


class _Edge(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - SDK name
        info = activity.info()
        context = {"activity": info.activity_type, "workflow_id": info.workflow_id, "attempt": info.attempt}
        with structlog.contextvars.bound_contextvars(**context):
            try:
                return await super().execute_activity(input)
            except (FailureError, CancelledError):
                raise
            except Unavailable as error:
                raise ApplicationError(error.message, type="Unavailable") from None
            except DoorstepError as error:
                raise ApplicationError(error.message, type=error.code) from None
            except Exception as error:  # noqa: BLE001 - one of the three edges
                log.error("activity_failed", error=type(error).__name__, where=_where(error))
                raise ApplicationError(f"unexpected {type(error).__name__}", type=type(error).__name__) from None


def _where(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}"
