"""What support looks at: the one place where an invitation, or many, are read for somebody's eyes."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.errors import Conflict, NotFound
from doorstep.domain.invitation import Invitation
from doorstep.domain.states import State
from doorstep.store import reading
from starter.desk import Connected

PAGE = 200


class Sight(Connected):
    """Reading invitations; whatever may not be seen is left out here, and so everywhere."""

    async def _load(
        self,
        tx: AsyncConnection,
        *,
        ids: Sequence[UUID] | None = None,
        state: State | None = None,
        office: str | None = None,
        account: str | None = None,
        limit: int = PAGE,
    ) -> list[Invitation]:
        return await reading.listed(tx, ids=ids, state=state, office=office, account=account, limit=limit)

    async def _one(self, tx: AsyncConnection, invitation_id: UUID) -> Invitation:
        """The invitation.

        Raises:
            NotFound: there is none; Conflict: `row_unreadable`, for one that a newer Doorstep wrote (F20).
        """
        found = await self._load(tx, ids=[invitation_id])
        if found:
            return found[0]
        if await reading.is_unreadable(tx, invitation_id):
            raise Conflict("row_unreadable", "A newer Doorstep wrote this invitation. Upgrade this one to read it.")
        raise no_such_invitation()


def no_such_invitation() -> NotFound:
    """The refusal for what is not there, or not to be seen."""
    return NotFound("no_such_invitation", "There is no such invitation.")
