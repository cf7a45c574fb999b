"""Everything about one invitation at once: what happened, what it waits for, why, and who may do what about it."""

from dataclasses import dataclass
from uuid import UUID

from doorstep.domain.authority import Authority
from doorstep.domain.invitation import Invitation
from doorstep.domain.standing import Step
from doorstep.mail.letters import Desk, workflow_url
from doorstep.store import stories
from doorstep.store.audit import AuditEntry
from doorstep.store.loading import standing_of
from starter import visibility
from starter.desk import Connected
from starter.explaining import explain
from starter.runs import Run
from starter.troubles import Explanation
from starter.visibility import PREFIX, TemporalAway


@dataclass(frozen=True)
class Story:
    """An invitation, its records, why it stands where it does, and the rights of whoever looks.

    `workflow_url` is the page of its workflow in the Temporal Web UI; empty where no UI is known.
    """

    invitation: Invitation
    records: tuple[AuditEntry, ...]
    explanation: Explanation
    authority: Authority
    has_signed_in: bool
    workflow_url: str


class Stories(Connected):
    """For the page of an invitation."""

    async def story(self, invitation_id: UUID, *, actor: str | None = None) -> Story:
        """The story of an invitation in sight.

        Raises:
            NotFound: `no_such_invitation`; Conflict: `row_unreadable`.
        """
        who, client = self._as(actor), self.starter.client
        # The workflow first: what it has done since, the row tells.
        run = await self._run_of(invitation_id)
        told = await self._run(lambda tx: stories.of_invitation(tx, who, invitation_id))
        invitation = told.invitation
        is_at_work = standing_of(invitation).step != Step.DONE
        explanation = explain(
            invitation,
            run if is_at_work else None,
            has_signed_in=told.has_signed_in,
            temporal=visibility.options(client),
        )
        desk = Desk("", "", self.settings.temporal_ui_url, client.namespace)
        address = workflow_url(desk, invitation.workflow_id)
        return Story(invitation, told.records, explanation, told.who, told.has_signed_in, address)

    async def _run_of(self, invitation_id: UUID) -> Run | None:
        """Its workflow; None where Temporal does not answer."""
        try:
            return await visibility.look(self.starter.client, f"{PREFIX}{invitation_id}")
        except TemporalAway:
            return None
