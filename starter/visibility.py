"""What Temporal knows of our workflows: which run, which fail their tasks, and how one of them stands; only read.

Lists come from its visibility store, which follows a change by a moment: whoever finds something there asks `look`
before saying so.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import WorkflowExecutionStatus
from temporalio.api.workflowservice.v1 import (
    CountWorkflowExecutionsRequest,
    DescribeWorkflowExecutionRequest,
    DescribeWorkflowExecutionResponse,
    ListWorkflowExecutionsRequest,
    ListWorkflowExecutionsResponse,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from doorstep.domain.errors import Unavailable
from starter.runs import UNKNOWN, Run
from starter.temporal import DEFAULT_ADDRESS, PATIENCE

Answer = TypeVar("Answer")
PAGE = 1000
LIST_PATIENCE = timedelta(seconds=30)
"""A page of a thousand takes a server with much to do its time."""
FINAL = {RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT, RPCStatusCode.DEADLINE_EXCEEDED}
"""What asking again would not change: an answer, and the end of our patience."""
PREFIX = "invitation-"
RUNNING = "WorkflowType = 'InvitationWorkflow' AND ExecutionStatus = 'Running'"
FAILING = (
    "ExecutionStatus = 'Running' AND "
    "TemporalReportedProblems IN ('category=WorkflowTaskFailed', 'category=WorkflowTaskTimedOut')"
)
"""The query of the view "Task failures" in the Temporal UI; the server flags a workflow after a few failures."""


class TemporalAway(Unavailable):
    """Temporal does not answer."""

    def __init__(self) -> None:
        super().__init__("temporal_unavailable", "Temporal does not answer just now. Try again; nothing was changed.")


async def _asked(question: Callable[[], Awaitable[Answer]]) -> Answer:
    """The answer to a question, put once more where a connection broke under it, which is made anew then.

    The SDK's own calls repeat themselves; those of the bare service, which are used here, do not.
    """
    try:
        return await question()
    except RPCError as error:
        if error.status in FINAL:
            raise
        return await question()


async def look(client: Client, workflow_id: str) -> Run:
    """The newest run of one workflow.

    Raises:
        TemporalAway: it does not answer.
    """
    execution = WorkflowExecution(workflow_id=workflow_id)
    request = DescribeWorkflowExecutionRequest(namespace=client.namespace, execution=execution)
    try:
        return _read(
            await _asked(lambda: client.workflow_service.describe_workflow_execution(request, timeout=PATIENCE))
        )
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return Run(UNKNOWN)
        raise TemporalAway from None
    except (RuntimeError, OSError):
        raise TemporalAway from None


async def running(client: Client, *, after: UUID, upto: UUID | None, office: str | None) -> set[UUID]:
    """The invitations with a running workflow, of those with ids from `after` (without it) up to `upto`.

    Raises:
        TemporalAway: it does not answer.
    """
    found = [identifier_of(each) async for each in _listed(client, _running(after, upto, office))]
    return {each for each in found if each is not None}


async def count_running(client: Client, *, after: UUID, upto: UUID, office: str | None) -> int:
    """How many they are.

    Raises:
        TemporalAway: it does not answer.
    """
    request = CountWorkflowExecutionsRequest(namespace=client.namespace, query=_running(after, upto, office))
    try:
        answer = await _asked(lambda: client.workflow_service.count_workflow_executions(request, timeout=LIST_PATIENCE))
    except (RPCError, RuntimeError, OSError):
        raise TemporalAway from None
    return answer.count


def _running(after: UUID, upto: UUID | None, office: str | None) -> str:
    conditions = [RUNNING, f"WorkflowId > '{PREFIX}{after}'"]
    if upto is not None:
        conditions.append(f"WorkflowId <= '{PREFIX}{upto}'")
    if office is not None:
        conditions.append(f"Office = '{office}'")
    return " AND ".join(conditions)


async def failing(client: Client, *, office: str | None, limit: int) -> list[str]:
    """The ids of running workflows, of any kind, whose tasks fail again and again (F21); at most `limit`.

    Raises:
        TemporalAway: it does not answer.
    """
    found: list[str] = []
    async for each in _listed(client, f"{FAILING} AND Office = '{office}'" if office else FAILING):
        found.append(each)
        if len(found) == limit:
            break
    return found


def identifier_of(workflow_id: str) -> UUID | None:
    """The invitation that a workflow belongs to; None where it is of another kind."""
    try:
        return UUID(workflow_id.removeprefix(PREFIX)) if workflow_id.startswith(PREFIX) else None
    except ValueError:
        return None


def options(client: Client) -> str:
    """What the `temporal` command line has to be told to reach the same server, where it would not by itself."""
    address = client.service_client.config.target_host
    told = [] if address == DEFAULT_ADDRESS else [f"--address {address}"]
    return " ".join([*told, *([] if client.namespace == "default" else [f"--namespace {client.namespace}"])])


async def _listed(client: Client, query: str) -> AsyncIterator[str]:
    token = b""
    while True:
        answer = await _page(client, query, token)
        for each in answer.executions:
            yield each.execution.workflow_id
        token = answer.next_page_token
        if not token:
            return


async def _page(client: Client, query: str, token: bytes) -> ListWorkflowExecutionsResponse:
    request = ListWorkflowExecutionsRequest(
        namespace=client.namespace, page_size=PAGE, query=query, next_page_token=token
    )
    try:
        return await _asked(lambda: client.workflow_service.list_workflow_executions(request, timeout=LIST_PATIENCE))
    except RPCError as error:
        if error.status is RPCStatusCode.INVALID_ARGUMENT and query.startswith(FAILING):
            return ListWorkflowExecutionsResponse()  # a server that is too old to report them
        raise TemporalAway from None
    except (RuntimeError, OSError):
        raise TemporalAway from None


def _read(answer: DescribeWorkflowExecutionResponse) -> Run:
    info, task = answer.workflow_execution_info, answer.pending_workflow_task
    status = WorkflowExecutionStatus.Name(info.status).removeprefix("WORKFLOW_EXECUTION_STATUS_").lower()
    worst = max(answer.pending_activities, key=lambda each: each.attempt, default=None)
    ended = _instant(info.close_time) if info.HasField("close_time") else None
    since = _instant(task.original_scheduled_time) if task.HasField("original_scheduled_time") else None
    if worst is None:
        return Run(status, ended, max(0, task.attempt - 1), since)
    failure = worst.last_failure.application_failure_info.type
    return Run(
        status, ended, max(0, task.attempt - 1), since, worst.activity_type.name, max(0, worst.attempt - 1), failure
    )


def _instant(moment: Timestamp) -> datetime:
    return moment.ToDatetime(UTC)
