"""What the invitee does with a mailed link: looks, accepts, sets up a user, declines, asks for a new one."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.errors import Gone
from doorstep.domain.invitation import Invitation
from doorstep.domain.states import Command
from doorstep.security import passwords
from doorstep.security.links import LinkRecord
from doorstep.store import answering
from doorstep.store.audit import Actor
from doorstep.store.orders import NewUser, Order, get, record_refusal
from doorstep.store.users import check_username
from starter import link_views
from starter.limits import GUESSES
from starter.link_views import LinkView
from starter.orders import Orders
from starter.typed import one_line

T = TypeVar("T")

INVITEE = Actor("invitee", "page", is_trusted=True)


class Invitee(Orders):
    """Whoever holds a link; a wrong one counts as a guess."""

    async def open_link(self, token: str, *, source: str = "") -> LinkView:
        """Look at what a mailed link opens; changes nothing but the count of wrong guesses.

        Raises:
            Gone: the link is unknown; TooMany: somebody is guessing.
        """
        return await self._guessed(lambda tx: link_views.look(tx, self.ring, token), source)

    async def accept(self, token: str, *, source: str = "") -> Invitation:
        """The consent of somebody who has a user already: the same sign-in for one more office (decision 5).

        Raises:
            Gone: the link is not live; Conflict: `needs_user`.
        """
        invitation, record = await self._of_token(token, source)
        return await self._command(Order(Command.SET_UP, invitation.id, INVITEE, link_generation=record.generation))

    async def set_up(self, token: str, *, username: str, password: str, name: str = "", source: str = "") -> Invitation:
        """Make the user of an invitation and consume its link.

        Raises:
            Gone: the link is not live; Invalid: `username` or `password`.
        """
        invitation, record = await self._of_token(token, source)
        order = Order(Command.SET_UP, invitation.id, INVITEE, link_generation=record.generation)
        refusal = answering.link_refusal(invitation, record.generation)
        if refusal is not None:
            await record_refusal(self.engine, order, refusal)
            raise refusal
        checked = check_username(username)
        context = (checked, invitation.address, invitation.office.name, invitation.name)
        password_hash = await passwords.hash_password(passwords.check(password, context=context))
        user = NewUser(checked, password_hash, one_line(name, "name"))
        return await self._command(
            Order(Command.SET_UP, invitation.id, INVITEE, link_generation=record.generation, user=user)
        )

    async def decline(self, token: str, *, source: str = "") -> Invitation:
        """End the invitation because the person says "not me".

        Raises:
            Gone: the link is not live.
        """
        invitation, record = await self._of_token(token, source)
        return await self._command(Order(Command.DECLINE, invitation.id, INVITEE, link_generation=record.generation))

    async def request_new_link(self, token: str, *, source: str = "") -> Invitation:
        """A new link to the address of the invitation, asked for with an old one."""
        invitation, record = await self._of_token(token, source)
        order = Order(Command.REQUEST_NEW_LINK, invitation.id, INVITEE, link_generation=record.generation)
        return await self._command(order)

    async def _of_token(self, token: str, source: str) -> tuple[Invitation, LinkRecord]:
        async def work(tx: AsyncConnection) -> tuple[Invitation, LinkRecord]:
            record = await answering.find_link(tx, self.ring, token)
            return await get(tx, record.subject_id), record

        return await self._guessed(work, source)

    async def _guessed(self, work: Callable[[AsyncConnection], Awaitable[T]], source: str) -> T:
        """What `work` finds behind a token; one that opens nothing counts as a guess (T06)."""
        try:
            return await self._run(work)
        except Gone:
            await self._count((GUESSES, GUESSES.key(source)))
            raise
