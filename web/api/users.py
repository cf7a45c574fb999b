"""Users of the portal, as staff look after them; and way A, which makes a login pair without an invitation.

A user stands in an address by the id: a username is mostly the address of a person, and addresses are written down.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from doorstep.domain.keys import Scope
from doorstep.store.member_lists import UserFilter
from doorstep.store.people import Member
from web.api import user_models as models
from web.api.callers import Called, Caller
from web.api.operations import Operation, operation
from web.api.paging import Listed, Paged
from web.api.texts import Address

router = APIRouter(prefix="/v1", tags=["users"], route_class=Operation)


@router.get("/users", **operation(Scope.READ))
async def list_users(
    response: Response,
    caller: Called,
    paging: Paged,
    state: Annotated[models.UserState | None, Query(description="Only those in this state.")] = None,
    username: Annotated[Address | None, Query(description="Only the one of this username, in any case.")] = None,
) -> Listed[models.UserAnswer]:
    """List the users of the office, in order of their usernames."""
    wanted = UserFilter(state, username)
    page = await caller.doorstep.user_page(caller.office, wanted, after=paging.after, limit=paging.limit)
    return paging.answer(response, page, models.UserAnswer.of)


@router.post("/users", status_code=201, **operation(Scope.USERS, 404, 409, 413))
async def add_user(response: Response, new: models.NewUser, caller: Called) -> models.PairAnswer:
    """Add somebody directly, without an invitation.

    It makes a management and a staff login, sends two mails, and nobody has to approve. The first mail welcomes, the
    second has the link to set both passwords; it dies after 24 hours.
    """
    made = await caller.doorstep.add_user(office=caller.office, **new.model_dump())
    response.headers["Location"] = f"/v1/users/{made.management.id}"
    return models.PairAnswer.of(made)


@router.get("/users/{user_id}", **operation(Scope.READ, 404))
async def show_user(user_id: UUID, caller: Called) -> models.UserAnswer:
    """Look at one user."""
    return models.UserAnswer.of(await caller.doorstep.user_by_id(user_id))


@router.post("/users/{user_id}/suspend", **operation(Scope.USERS, 404, 409))
async def suspend_user(user_id: UUID, caller: Called) -> models.UserAnswer:
    """Shut a user out at once, until resumed."""
    return models.UserAnswer.of(await caller.doorstep.user_suspend(await _username(caller, user_id)))


@router.post("/users/{user_id}/resume", **operation(Scope.USERS, 404, 409))
async def resume_user(user_id: UUID, caller: Called) -> models.UserAnswer:
    """Let a suspended user in again."""
    return models.UserAnswer.of(await caller.doorstep.user_resume(await _username(caller, user_id)))


@router.put("/users/{user_id}/permissions", **operation(Scope.USERS, 404, 409, 413))
async def set_permissions(user_id: UUID, said: models.Permissions, caller: Called) -> models.UserAnswer:
    """Replace what a user may use.

    On one account, or on all of theirs that the key reaches; the user has to sign in again.
    """
    username = await _username(caller, user_id)
    changed = await caller.doorstep.user_permissions(username, said.permissions, account=said.account)
    return models.UserAnswer.of(changed)


@router.delete("/users/{user_id}", status_code=204, **operation(Scope.USERS, 404, 409))
async def delete_user(user_id: UUID, caller: Called) -> None:
    """Delete a user for good.

    That frees the seat. Whoever waits for a decision is rejected instead.
    """
    await caller.doorstep.user_delete(await _username(caller, user_id))


@router.post("/users/{user_id}/erase", status_code=204, **operation(Scope.ERASE, 404, 409))
async def erase_user(user_id: UUID, caller: Called) -> None:
    """Erase a user and their invitations.

    What is left are tombstones: that something happened, when, and by whom of the staff.
    """
    await caller.doorstep.user_erase(await _username(caller, user_id))


async def _username(caller: Caller, user_id: UUID) -> str:
    """What the client API knows a user by, of one in sight."""
    found: Member = await caller.doorstep.user_by_id(user_id)
    return found.user.username
