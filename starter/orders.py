"""The one way of a command: decided in the database first, then the workflow is woken."""

from doorstep.domain.invitation import Invitation
from doorstep.store.orders import Order, carry_out
from doorstep.store.work import WORK
from starter.desk import Connected


class Orders(Connected):
    """Whoever gives commands about invitations."""

    async def _command(self, order: Order) -> Invitation:
        invitation = await carry_out(self.engine, self.ring, order, WORK[order.command])
        await self.starter.wake(invitation)
        return invitation
