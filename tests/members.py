"""The people around an invitation, as the tables have them."""

from doorstep.domain.invitation import Invitation
from doorstep.store import users
from doorstep.store.audit import AuditEntry
from doorstep.store.users import User
from tests.house import House


def boss_of(invitation: Invitation) -> str:
    """The first username administrator."""
    return invitation.office.approvers[0]


async def refusals(house: House, invitation: Invitation) -> list[AuditEntry]:
    """What the audit holds of refusals."""
    return [entry for entry in await house.doorstep.audit(invitation.id) if entry.event == "command.refused"]


async def granted(house: House, invitation: Invitation) -> list[set[str]]:
    """The permissions of each membership of the user that the invitation made."""
    row = await house.doorstep.show(invitation.id)
    assert row.user_id is not None
    user_id = row.user_id
    return [set(each.permissions) for each in await house.run(lambda tx: users.memberships(tx, user_id))]


async def user_named(house: House, username: str) -> User | None:
    """The user of that name, or None."""
    found = await house.run(lambda tx: users.by_username(tx, username))
    return None if found is None else found[0]
