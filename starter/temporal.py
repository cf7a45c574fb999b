"""The connection to Temporal, and how workflows are started and woken."""

from datetime import timedelta
from uuid import UUID

import structlog
from temporalio.client import Client
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.envconfig import ClientConfig
from temporalio.runtime import Runtime
from temporalio.service import RPCError

from activities.contracts import InvitationRef, PasswordLinkRef
from doorstep.domain.invitation import Invitation
from doorstep.settings import temporal_defaults
from workflows.attributes import OFFICE, STATE, TASK_QUEUE
from workflows.invitation import InvitationWorkflow
from workflows.password_link import PasswordLinkWorkflow

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
        try:
            await self.client.start_workflow(
                InvitationWorkflow.run,
                InvitationRef(str(invitation.id)),
                id=invitation.workflow_id,
                task_queue=TASK_QUEUE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                # The row is the authority: a second run of a closed workflow only looks at it, and may have to.
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                search_attributes=TypedSearchAttributes(
                    [SearchAttributePair(STATE, invitation.state), SearchAttributePair(OFFICE, invitation.office.code)]
                ),
                static_summary=f"Invitation of office {invitation.office.code}",
                start_signal=signal,
                rpc_timeout=PATIENCE,
            )
        except (RPCError, RuntimeError, OSError) as error:
            log.warning("temporal_unreachable", invitation_id=str(invitation.id), error=type(error).__name__)
            return False
        return True

    async def password_link(self, identifier: UUID, *, is_new: bool) -> bool:
        """Start or wake the workflow of a forgotten password."""
        try:
            await self.client.start_workflow(
                PasswordLinkWorkflow.run,
                PasswordLinkRef(str(identifier)),
                id=f"password-link-{identifier}",
                task_queue=TASK_QUEUE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                static_summary="Forgotten password",
                start_signal=None if is_new else "wake",
                rpc_timeout=PATIENCE,
            )
        except (RPCError, RuntimeError, OSError) as error:
            log.warning("temporal_unreachable", password_link_id=str(identifier), error=type(error).__name__)
            return False
        return True
