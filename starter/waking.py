"""Waking the workflows of whatever a change of the directory has touched."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from doorstep.store import orders
from starter.desk import Connected


class Waking(Connected):
    """Wakes after the commit; whoever is not reached hears of it from the sweep."""

    async def _wake_all(self, invitations: Sequence[UUID]) -> None:
        for identifier in invitations:
            await self.starter.wake(await self._run(partial(orders.get, invitation_id=identifier)))
