"""What an office has to decide, as a username administrator works through it (S4.42-S4.46)."""

from uuid import UUID

from doorstep.domain.errors import Conflict, Forbidden
from doorstep.domain.events import Event
from doorstep.domain.invitation import Invitation
from doorstep.domain.pages import Page
from doorstep.store import approvals, audit
from doorstep.store.approvals import Review
from starter.desk import Connected

PAGE = 50


class Approvals(Connected):
    """The queue, one decision after the other, and a reminder by hand; `approve` and `reject` are with the commands."""

    async def approvals(
        self, office: str, *, is_mine: bool = False, after: str = "", limit: int = PAGE, actor: str | None = None
    ) -> Page[Invitation]:
        """What waits for a decision, the one that waits for the longest time first; all, or what `actor` may decide.

        Raises:
            Forbidden: `not_staff`, `not_allowed`; Invalid: `cursor_invalid`.
        """
        who = self._as(actor)
        return await self._run(lambda tx: approvals.page(tx, who, office, is_mine=is_mine, after=after, limit=limit))

    async def review(self, invitation_id: UUID, *, actor: str | None = None) -> Review:
        """An invitation with what is usual, and which one waits after it (S4.42).

        Raises:
            NotFound: `no_such_invitation`; Conflict: `row_unreadable`.
        """
        who = self._as(actor)
        return await self._run(lambda tx: approvals.review(tx, who, invitation_id))

    async def remind_approvers(self, invitation_id: UUID, *, actor: str | None = None) -> Invitation:
        """Remind the username administrators now instead of later; once, and the next time they hear is the last.

        Raises:
            NotFound: `no_such_invitation`; Forbidden: `not_allowed`; Conflict: `wrong_state`, `reminded_already`,
                `no_approver`.
        """
        who = self._as(actor)
        try:
            invitation = await self._run(lambda tx: approvals.remind(tx, who, invitation_id))
        except (Conflict, Forbidden) as refusal:
            code, detail = refusal.code, {"command": "remind"}
            await self._run(
                lambda tx: audit.record(tx, Event.REFUSED, who, subject_id=invitation_id, code=code, detail=detail)
            )
            raise
        await self.starter.wake(invitation)
        return invitation
