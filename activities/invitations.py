"""The activities of an invitation.

All have one shape: change the row if the moment is right, hand over what is unsent, answer where it stands. Each may
run twice, or late, or for a row that has moved on; then it changes nothing and the answer tells the workflow.
"""

from uuid import UUID

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.contracts import InvitationRef
from activities.post import Post
from doorstep.domain.errors import Unavailable
from doorstep.domain.standing import Standing, Step
from doorstep.store import activating, sweeping, timing
from doorstep.store.engine import transact
from doorstep.store.handovers import Change
from doorstep.store.loading import standing_of
from doorstep.store.orders import get

log = structlog.get_logger()
SENDING = (Step.SEND, Step.ANNOUNCE, Step.TELL)
"""The steps that are about mail alone; where another one is due, a mail that waits must not keep it waiting too."""


class InvitationActivities:
    """What `InvitationWorkflow` has done for it."""

    def __init__(self, post: Post) -> None:
        self._post = post

    @activity.defn
    async def send_invitation(self, ref: InvitationRef) -> Standing:
        """Mail the link; fails and is retried while the mail server defers it."""
        return await self._send(ref)

    @activity.defn
    async def announce_set_up(self, ref: InvitationRef) -> Standing:
        """Tell the invitee that the set-up arrived and the administrators that somebody waits (S4.40)."""
        return await self._send(ref)

    @activity.defn
    async def tell_outcome(self, ref: InvitationRef) -> Standing:
        """Send what is left to say after a decision; the decision itself stands already."""
        return await self._send(ref)

    @activity.defn
    async def remind_invitee(self, ref: InvitationRef) -> Standing:
        """Remind of a link that is about to die, if it still waits."""
        return await self._change_and_send(ref, timing.remind)

    @activity.defn
    async def expire_invitation(self, ref: InvitationRef) -> Standing:
        """Expire the link if its time is over by the database's clock; else answer how long it still has."""
        return await self._change_and_send(ref, timing.expire)

    @activity.defn
    async def remind_approvers(self, ref: InvitationRef) -> Standing:
        """Remind the administrators of a decision that waits."""
        return await self._change_and_send(ref, timing.nudge)

    @activity.defn
    async def escalate_approval(self, ref: InvitationRef) -> Standing:
        """Flag a decision as overdue and say so."""
        return await self._change_and_send(ref, timing.escalate)

    @activity.defn
    async def close_invitation(self, ref: InvitationRef) -> Standing:
        """End an expired invitation whose reissue window is over."""
        return await self._change_and_send(ref, timing.close)

    @activity.defn
    async def activate_account(self, ref: InvitationRef) -> Standing:
        """Activate an approved invitation and tell the person; retried until it works, and flagged meanwhile."""
        return await self.activate(UUID(ref.invitation_id))

    async def activate(self, invitation_id: UUID) -> Standing:
        """Activate if approved, and send what is unsent; the account is active at the first commit.

        Raises:
            ApplicationError: `ActivationFailing`, after the flag was raised.
        """
        try:
            return standing_of(await self._post.send_all(invitation_id, activating.activate))
        except (DBAPIError, Unavailable) as error:
            cause = type(error).__name__
            log.error("activation_failed", cause=cause)
            await self._flag_failing(invitation_id, cause)
            raise ApplicationError("the account could not be activated", type="ActivationFailing") from None

    async def _flag_failing(self, invitation_id: UUID, cause: str) -> None:
        async def work(tx: AsyncConnection) -> None:
            invitation = await get(tx, invitation_id, for_update=True)
            await activating.flag_failing(tx, invitation, cause)
            await sweeping.see(tx, invitation_id, invitation.rev)  # Temporal tries again; the sweep need not knock

        await transact(self._post.engine, work)

    async def _send(self, ref: InvitationRef) -> Standing:
        invitation = await self._post.send_all(UUID(ref.invitation_id))
        standing = standing_of(invitation)
        causes = sorted({d.cause for d in invitation.unsent() if d.cause})
        if causes and standing.step in SENDING:
            # Not an error of the workflow: Temporal retries with growing pauses and shows the attempts in its UI.
            raise ApplicationError(
                f"not handed over yet: {', '.join(causes)}",
                type="MailDeferred",
                category=ApplicationErrorCategory.BENIGN,
            )
        return standing

    async def _change_and_send(self, ref: InvitationRef, change: Change) -> Standing:
        """Whatever could not be sent shows in the standing's next step, which retries it."""
        return standing_of(await self._post.send_all(UUID(ref.invitation_id), change))
