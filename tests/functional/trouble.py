"""What the tests of `stuck`, `why` and `restart` share: invitations in trouble, and what is said of them."""

from datetime import timedelta

from temporalio.client import WorkflowExecutionStatus

from doorstep.domain.invitation import Invitation
from doorstep.local.clock import _move_rows
from starter.troubles import Explanation
from tests.house import House, eventually, work

MINUTE = timedelta(minutes=1)


async def grow_older(house: House, invitation: Invitation, by: timedelta) -> None:
    """Move the row alone, as if nobody had been at work meanwhile."""
    await _move_rows(house.settings.database_url.get_secret_value(), invitation.id, by)


async def settled(house: House, office: str = "") -> Invitation:
    """A pending invitation that its workflow knows all about, for longer than a minute; the worker is gone again."""
    async with work(house):
        invitation = await house.pending(office or await house.office())
    await grow_older(house, invitation, 2 * MINUTE)
    return invitation


async def waiting(house: House) -> Invitation:
    """An invitation that waits for approval; the worker is gone again."""
    async with work(house):
        return await house.waiting(await house.office())


async def found(house: House, invitation: Invitation) -> list[Explanation]:
    """What is stuck in the office of an invitation."""
    return [each async for each in house.doorstep.stuck(office=invitation.office.code)]


def kinds(explanations: list[Explanation]) -> list[str]:
    """The troubles, by their stable words."""
    return [trouble.kind.value for each in explanations for trouble in each.troubles]


async def listed(house: House, invitation: Invitation, status: WorkflowExecutionStatus) -> None:
    """Until the list of workflows, which follows by a moment, has the one of `invitation` with this status."""

    async def look() -> bool | None:
        query = f"WorkflowId = '{invitation.workflow_id}' AND ExecutionStatus = '{status.name.title()}'"
        return True if [each async for each in house.client.list_workflows(query)] else None

    await eventually(look, f"the list to say {status.name}")


async def terminate(house: House, invitation: Invitation) -> None:
    """End a workflow as somebody in the Temporal UI may."""
    await house.handle(invitation).terminate("by a test")
    await listed(house, invitation, WorkflowExecutionStatus.TERMINATED)
