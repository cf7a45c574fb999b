"""What support looks at: the one place where an invitation, or many, are read for somebody's eyes."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import no_such_invitation
from doorstep.domain.errors import Conflict
from doorstep.domain.invitation import Invitation
from doorstep.domain.states import State
from doorstep.store import reading, sight
from doorstep.store.audit import Actor
from starter.desk import Connected

PAGE = 200


class Sight(Connected):
    """Reading invitations; whatever may not be seen is left out here, and so everywhere (S1.3, T20)."""

    async def _load(
        self,
        tx: AsyncConnection,
        who: Actor,
        *,
        ids: Sequence[UUID] | None = None,
        state: State | None = None,
        office: str | None = None,
        account: str | None = None,
        limit: int = PAGE,
    ) -> list[Invitation]:
        seen = await sight.of_invitations(tx, who)
        return await reading.listed(tx, ids=ids, state=state, office=office, account=account, seen=seen, limit=limit)

    async def _one(self, tx: AsyncConnection, who: Actor, invitation_id: UUID) -> Invitation:
        """The invitation.

        Raises:
            NotFound: there is none in sight; Conflict: `row_unreadable`, for one that a newer Doorstep wrote (F20).
        """
        found = await self._load(tx, who, ids=[invitation_id])
        if found:
            return found[0]
        seen = await sight.of_invitations(tx, who)
        if await reading.rows(tx, [invitation_id], seen=seen) and await reading.is_unreadable(tx, invitation_id):
            raise Conflict("row_unreadable", "A newer Doorstep wrote this invitation. Upgrade this one to read it.")
        raise no_such_invitation()
