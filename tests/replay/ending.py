"""How the recorded paths come to their end."""

from doorstep.domain.invitation import Invitation
from tests.house import House
from tests.members import boss_of


async def approved(house: House, invitation: Invitation) -> str:
    """Approve through the client API, and wait for the end."""
    await house.doorstep.approve(invitation.id, approver=boss_of(invitation))
    return await ended(house, invitation.workflow_id)


async def ended(house: House, workflow_id: str) -> str:
    """Wait for the end."""
    await house.client.get_workflow_handle(workflow_id).result()
    return workflow_id
