"""Users of the portal, as staff look after them; and way A, which makes a login pair without an invitation."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from doorstep.domain.destination import email_of
from doorstep.domain.errors import Invalid
from doorstep.domain.requests import NewPair
from doorstep.store import erasing_users, member_lists, pairing, password_requests, people, rates, user_views, users
from doorstep.store.audit import Actor
from doorstep.store.people import Member
from doorstep.store.user_views import UserView
from doorstep.store.users import User, check_username, username_key
from starter.desk import Connected
from starter.limits import FORGOTTEN_OF_ONE
from starter.typed import one_line

T = TypeVar("T")
PAGE = 200
RELATIONSHIPS = ("customer", "rep")


@dataclass(frozen=True)
class Pair:
    """What way A made: two logins, and the request for the link to their passwords."""

    management: User
    staff: User
    password_link_id: UUID

    @property
    def workflow_id(self) -> str:
        """The id of the workflow that sends the link and waits for it."""
        return f"password-link-{self.password_link_id}"


class People(Connected):
    """Users."""

    async def add_user(  # noqa: PLR0913 - the form of way A, all by name
        self,
        *,
        office: str,
        account: str,
        email: str,
        username: str,
        name: str = "",
        relationship: str = "customer",
        roles: Sequence[str] = (),
        template: str = "",
        is_test: bool = False,
        actor: str | None = None,
    ) -> Pair:
        """Make a management and a staff login at once; two mails follow, and nobody has to approve (S4.6-S4.15).

        Raises:
            Refused: with the field, or the reason.
        """
        if relationship not in RELATIONSHIPS:
            raise Invalid("relationship", "The relationship is customer or rep.", field="relationship")
        new = NewPair(
            office=office,
            account=account,
            email=email_of(email),
            username=check_username(username),
            name=one_line(name, "name"),
            relationship=relationship,
            roles=tuple(roles),
            template=template.strip(),
            is_test=is_test,
        )
        who = self._as(actor)
        detail = {"command": "add-user", "office": office}
        made = Pair(*await self._recorded(who, detail, lambda tx: pairing.add(tx, who, new)))
        await self.starter.password_link(made.password_link_id, is_new=True)
        return made

    async def user(self, username: str, *, actor: str | None = None) -> Member:
        """One user with what they belong to.

        Raises:
            NotFound: unknown, or not yours to see.
        """
        who = self._as(actor)
        return await self._run(lambda tx: people.get(tx, who, username))

    async def users(
        self, office: str, *, state: str | None = None, limit: int = PAGE, actor: str | None = None
    ) -> list[Member]:
        """The users of an office."""
        who = self._as(actor)
        return await self._run(lambda tx: member_lists.listed(tx, who, office, state=state, limit=limit))

    async def seats(self, office: str, *, actor: str | None = None) -> int:
        """How many seats an office uses (S4.47)."""
        who = self._as(actor)
        return await self._run(lambda tx: member_lists.seats(tx, who, office))

    async def user_suspend(self, username: str, *, actor: str | None = None) -> Member:
        """Shut a user out at once, until resumed."""
        return await self._do("user.suspend", username, actor, people.suspend)

    async def user_resume(self, username: str, *, actor: str | None = None) -> Member:
        """Let a suspended user in again."""
        return await self._do("user.resume", username, actor, people.resume)

    async def user_delete(self, username: str, *, actor: str | None = None) -> Member:
        """Delete a user for good; the user as it was."""
        return await self._do("user.delete", username, actor, people.remove)

    async def user_permissions(
        self,
        username: str,
        permissions: Sequence[str],
        *,
        account: str | None = None,
        membership: UUID | None = None,
        actor: str | None = None,
    ) -> Member:
        """Replace what a user may use, on one account or on all of theirs, or in the membership of that id (S4.19)."""

        async def work(tx: AsyncConnection, who: Actor, name: str) -> Member:
            return await people.set_permissions(tx, who, name, permissions, account, membership)

        return await self._do("user.permissions", username, actor, work)

    async def user_view(self, user_id: UUID, *, actor: str | None = None) -> UserView:
        """One user with what whoever looks may do about them.

        Raises:
            NotFound: `no_such_user`.
        """
        who = self._as(actor)
        return await self._run(lambda tx: user_views.view(tx, who, user_id))

    async def user_password_link(self, username: str, *, actor: str | None = None) -> None:
        """Mail a user the link to a new password; nobody sets it for them (T30).

        Raises:
            NotFound: `no_such_user`; Forbidden: `not_allowed`, `belongs_elsewhere`; Conflict: `cannot_sign_in`;
                TooMany: so many went to this user lately that it would be a flood.
        """
        identifier: UUID = uuid7()

        async def work(tx: AsyncConnection, who: Actor, name: str) -> None:
            await password_requests.ask(tx, who, name, identifier)
            limit = FORGOTTEN_OF_ONE
            await rates.hit(tx, limit.key(username_key(name)), limit=limit.limit, window=limit.window)

        await self._do("user.password_link", username, actor, work)
        await self.starter.password_link(identifier, is_new=True)

    async def user_erase(self, username: str, *, actor: str | None = None) -> None:
        """Erase a user and their invitations from everything but the tombstones (T34)."""
        for invitation in await self._do("user.erase", username, actor, erasing_users.erase):
            await self.starter.wake(invitation)

    async def _do(
        self,
        command: str,
        username: str,
        actor: str | None,
        work: Callable[[AsyncConnection, Actor, str], Awaitable[T]],
    ) -> T:
        """Do it, and record a refusal beside the user whom it was about (invariant 5)."""
        who = self._as(actor)
        found = await self._run(lambda tx: users.by_username(tx, username))
        subject = None if found is None else found[0].id
        return await self._recorded(who, {"command": command}, lambda tx: work(tx, who, username), subject_id=subject)
