"""The connection to Temporal, and how workflows are started and woken."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from temporalio.client import Client
from temporalio.common import (
    Priority,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.envconfig import ClientConfig
from temporalio.runtime import Runtime
from temporalio.service import RPCError
from temporalio.types import MethodAsyncSingleParam

from activities.contracts import BatchRef, InvitationRef, PasswordLinkRef, WebhookRef
from doorstep.domain.invitation import Invitation
from doorstep.settings import temporal_defaults
from workflows.attributes import BATCH, OFFICE, STATE, TASK_QUEUE
from workflows.batch import BatchWorkflow
from workflows.invitation import InvitationWorkflow
from workflows.password_link import PasswordLinkWorkflow
from workflows.webhook import WebhookWorkflow

log = structlog.get_logger()
DEFAULT_ADDRESS = "localhost:7233"
PATIENCE = timedelta(seconds=5)
"""How long a door waits for Temporal before it leaves the rest to the sweep; the row is safe already."""


def address() -> str:
    """Where the server is: the standard ``TEMPORAL_*`` variables and profiles, else the home's, else the default."""
    configured = ClientConfig.load_client_connect_config().get("target_host")
    return configured or temporal_defaults().get("TEMPORAL_ADDRESS") or DEFAULT_ADDRESS


async def connect_temporal(*, runtime: Runtime | None = None, is_lazy: bool = False) -> Client:
    """A client by the standard configuration; a lazy one connects at its first call."""
    config = ClientConfig.load_client_connect_config()
    config["target_host"] = address()
    return await Client.connect(**config, runtime=runtime, lazy=is_lazy)


SINGLE, BULK = 2, 4
"""Priority keys: what a person waits for comes before what was asked for by the thousand."""

LONGEST_FAIRNESS_KEY = 64


def priority_of(office: str, *, is_bulk: bool) -> Priority:
    """How urgent the tasks of a workflow are, and whose turn they take: one busy office does not hold up another."""
    return Priority(priority_key=BULK if is_bulk else SINGLE, fairness_key=office[:LONGEST_FAIRNESS_KEY])


class Starter:
    """Starts and wakes workflows; what fails is noted and left to the sweep, since the row is safe (F05)."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def start(self, invitation: Invitation) -> bool:
        """Start the workflow of a new invitation."""
        return await self._invitation(invitation, signal=None)

    async def wake(self, invitation: Invitation) -> bool:
        """Tell the workflow that the row has changed; starts one where it is missing, which is the same case."""
        return await self._invitation(invitation, signal="wake")

    async def _invitation(self, invitation: Invitation, *, signal: str | None) -> bool:
        office = invitation.office.code
        pairs: list[SearchAttributePair[str]] = [
            SearchAttributePair(STATE, invitation.state),
            SearchAttributePair(OFFICE, office),
        ]
        if invitation.batch_id is not None:
            pairs.append(SearchAttributePair(BATCH, str(invitation.batch_id)))
        return await self._begin(
            InvitationWorkflow.run,
            InvitationRef(str(invitation.id)),
            identifier=invitation.workflow_id,
            summary=f"Invitation of office {office}",
            signal=signal,
            priority=priority_of(office, is_bulk=invitation.batch_id is not None),
            attributes=TypedSearchAttributes(pairs),
        )

    async def password_link(self, identifier: UUID, *, is_new: bool) -> bool:
        """Start or wake the workflow of a forgotten password."""
        return await self._begin(
            PasswordLinkWorkflow.run,
            PasswordLinkRef(str(identifier)),
            identifier=f"password-link-{identifier}",
            summary="Forgotten password",
            signal=None if is_new else "wake",
        )

    async def batch(self, identifier: UUID, office: str, *, is_new: bool = True) -> bool:
        """Start or wake the workflow of a batch."""
        return await self._begin(
            BatchWorkflow.run,
            BatchRef(str(identifier)),
            identifier=f"batch-{identifier}",
            summary=f"Batch of office {office}",
            signal=None if is_new else "wake",
            priority=priority_of(office, is_bulk=True),
            attributes=TypedSearchAttributes(
                [SearchAttributePair(OFFICE, office), SearchAttributePair(BATCH, str(identifier))]
            ),
        )

    async def webhook(self, identifier: UUID, office: str, *, is_again: bool) -> bool:
        """Start the workflow of a delivery to a webhook; where it `is_again` to go out, one that waits is replaced."""
        return await self._begin(
            WebhookWorkflow.run,
            WebhookRef(str(identifier)),
            identifier=f"webhook-{identifier}",
            summary=f"Webhook of office {office}",
            signal=None,
            priority=priority_of(office, is_bulk=True),
            attributes=TypedSearchAttributes([SearchAttributePair(OFFICE, office)]),
            conflict=WorkflowIDConflictPolicy.TERMINATE_EXISTING if is_again else WorkflowIDConflictPolicy.USE_EXISTING,
        )

    async def _begin(  # noqa: PLR0913 - what Temporal is told, nearly all by name
        self,
        run: MethodAsyncSingleParam[Any, Any, Any],
        ref: object,
        *,
        identifier: str,
        summary: str,
        signal: str | None,
        priority: Priority = Priority.default,
        attributes: TypedSearchAttributes = TypedSearchAttributes.empty,
        conflict: WorkflowIDConflictPolicy = WorkflowIDConflictPolicy.USE_EXISTING,
    ) -> bool:
        """Start a workflow, or signal the one that runs; False where Temporal is out of reach, which the sweep mends.

        The row is the authority: a second run of a closed workflow only looks at it, and may have to.
        """
        try:
            await self.client.start_workflow(
                run,
                ref,
                id=identifier,
                task_queue=TASK_QUEUE,
                id_conflict_policy=conflict,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                search_attributes=attributes,
                static_summary=summary,
                start_signal=signal,
                priority=priority,
                rpc_timeout=PATIENCE,
            )
        except (RPCError, RuntimeError, OSError) as error:
            log.warning("temporal_unreachable", workflow_id=identifier, error=type(error).__name__)
            return False
        return True
