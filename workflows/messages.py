"""Keeps a workflow alive whatever is sent to it.

A signal with two values would raise in the handler's call and stick the workflow task for ever (sdk-python issue 355).
No handler of ours needs its payload, since an activity reads it from the history, so none gets one.
"""

from typing import Any

from temporalio.worker import (
    HandleQueryInput,
    HandleSignalInput,
    HandleUpdateInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)


class WithoutPayloads(WorkflowInboundInterceptor):
    """Calls handlers without what was sent."""

    async def handle_signal(self, input: HandleSignalInput) -> None:  # noqa: A002 - SDK name
        """Handle a signal without its payload."""
        input.args = []
        await super().handle_signal(input)

    async def handle_query(self, input: HandleQueryInput) -> Any:  # noqa: A002 - SDK name
        """Answer a query without its payload."""
        input.args = []
        return await super().handle_query(input)

    def handle_update_validator(self, input: HandleUpdateInput) -> None:  # noqa: A002 - SDK name
        """Validate an update without its payload."""
        input.args = []
        super().handle_update_validator(input)

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:  # noqa: A002 - SDK name
        """Handle an update without its payload."""
        input.args = []
        return await super().handle_update_handler(input)


class MessageInterceptor(Interceptor):
    """Puts `WithoutPayloads` around every workflow; the replay tests use it too."""

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:  # noqa: A002, ARG002 - SDK names
        """The class to wrap with."""
        return WithoutPayloads
