"""Where people are signed in to the Team Hub: what each sees and ends of their own, and an administrator of others'."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.destination import email_of
from doorstep.domain.errors import NotFound
from doorstep.domain.events import Event
from doorstep.store import audit, staff_entries, staff_sessions
from doorstep.store.staff_entries import StaffEntry
from doorstep.store.staff_sessions import StaffSession
from starter.hub_doors import HubDoors, Insider


class HubSessions(HubDoors):
    """For people who left a browser open somewhere, and for whoever looks after them."""

    async def hub_sessions(self, insider: Insider) -> list[StaffSession]:
        """Where somebody is signed in, the newest first."""
        return await self._run(lambda tx: staff_sessions.listed(tx, insider.login.id))

    async def hub_end_session(self, insider: Insider, session_id: UUID) -> None:
        """End one of one's own sessions, on whatever device.

        Raises:
            NotFound: `no_such_session`.
        """

        async def work(tx: AsyncConnection) -> None:
            if not await staff_sessions.end_one(tx, insider.login.id, session_id):
                raise NotFound("no_such_session", "That session has ended already.")
            await audit.record(tx, Event.STAFF_SESSION_ENDED, insider.actor, subject_id=insider.login.id)

        await self._run(work)

    async def hub_end_other_sessions(self, insider: Insider) -> int:
        """End every one of one's own sessions besides this one; how many there were."""

        async def work(tx: AsyncConnection) -> int:
            ended = await staff_sessions.end_all(tx, insider.login.id, besides=insider.session_id)
            if ended:
                await audit.record(tx, Event.STAFF_SESSION_ENDED, insider.actor, subject_id=insider.login.id)
            return ended

        return await self._run(work)

    async def staff_entries(self, office: str, *, actor: str | None = None) -> dict[str, StaffEntry]:
        """How the people of an office sign in, by `address_key`; whoever has never asked for a link has no line.

        Raises:
            Forbidden: `not_staff`, `not_allowed`.
        """
        who = self._as(actor)
        return await self._run(lambda tx: staff_entries.of_office(tx, who, office))

    async def staff_sign_out(self, address: str, *, actor: str | None = None) -> int:
        """End every session of somebody on the staff; how many there were. They may sign in again.

        Raises:
            NotFound: `no_such_staff`, for whoever is in no office whose staff the actor looks after.
        """
        who, key = self._as(actor), email_of(address).key

        async def work(tx: AsyncConnection) -> int:
            login, offices = await staff_entries.login_under(tx, who, key, takes_all_offices=False)
            if login is None:
                return 0
            detail = {"offices": offices}
            await audit.record(tx, Event.STAFF_SESSION_ENDED, who, subject_id=login.id, detail=detail)
            return await staff_sessions.end_all(tx, login.id)

        return await self._recorded(who, {"command": "staff.sign_out"}, work)
