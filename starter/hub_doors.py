"""The Team Hub's doors: how staff and username administrators sign in, and who is in.

Whoever comes through them acts under the address that an office saved, with the rights of that person and no others.
"""

from dataclasses import dataclass, replace
from typing import Self
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.addresses import address_key
from doorstep.domain.errors import Forbidden
from doorstep.domain.events import Event
from doorstep.security import passwords
from doorstep.security.sessions import new_session_id, session_hash
from doorstep.store import audit, rates, staff_logins, staff_sessions
from doorstep.store.audit import HUB, Actor
from doorstep.store.staff_logins import StaffLogin, Workplace
from starter.desk import Connected
from starter.limits import STAFF_SIGN_INS, STAFF_SIGN_INS_OF_ONE

NOBODY = Actor("unknown", HUB)


@dataclass(frozen=True)
class Entry:
    """What a right password opens: a session, which opens nothing yet where a one-time code is asked for."""

    session_id: str
    waits_for_code: bool


@dataclass(frozen=True)
class Insider:
    """Somebody who is signed in: which session, whose login, and the offices that they work for."""

    session_id: UUID
    login: StaffLogin
    workplaces: tuple[Workplace, ...]

    @property
    def actor(self) -> Actor:
        """They, as the records name them."""
        return Actor(self.login.address, HUB)


class HubDoors(Connected):
    """For people who work in an office."""

    def acting_as(self, insider: Insider) -> Self:
        """The same client API in the hands of somebody who is signed in: their rights and no others."""
        return replace(self, actor=insider.actor)

    async def hub_sign_in(self, address: str, password: str, *, source: str = "", agent: str = "") -> Entry:
        """Begin a session.

        Raises:
            Forbidden: `staff_sign_in_failed` for everything that must not be told apart (T08).
            TooMany: after ten wrong passwords for this address from this source.
        """
        one, all_of_it = STAFF_SIGN_INS_OF_ONE.key(source, address_key(address)), STAFF_SIGN_INS.key(source)
        await self._count((STAFF_SIGN_INS_OF_ONE, one), (STAFF_SIGN_INS, all_of_it))
        found = await self._run(lambda tx: staff_logins.by_address(tx, address))
        login, password_hash = found if found is not None else (None, None)
        if not await passwords.verify_password(password, password_hash) or login is None:
            if login is not None:
                await self._note_refused_entry(login)
            raise sign_in_failed()

        async def work(tx: AsyncConnection) -> Entry:
            await rates.forget(tx, one)
            await rates.give_back(tx, all_of_it)
            return await entered(tx, login, agent=agent, waits_for_code=login.has_code)

        return await self._run(work)

    async def _note_refused_entry(self, login: StaffLogin) -> None:
        await self._run(lambda tx: audit.record(tx, Event.STAFF_SIGN_IN_REFUSED, NOBODY, subject_id=login.id))

    async def hub_insider(self, session_id: str) -> Insider | None:
        """Who is signed in with a session; None where it has ended, or its owner works nowhere any more (T24)."""

        async def work(tx: AsyncConnection) -> Insider | None:
            found = await staff_sessions.owner(tx, session_hash(session_id))
            if found is None:
                return None
            login, identifier = found
            return Insider(identifier, login, tuple(await staff_logins.workplaces(tx, login.address)))

        return await self._run(work)

    async def hub_sign_out(self, session_id: str) -> None:
        """End a session at once."""

        async def work(tx: AsyncConnection) -> None:
            login_id = await staff_sessions.end(tx, session_hash(session_id))
            login = None if login_id is None else await staff_logins.by_id(tx, login_id)
            if login is not None:
                await audit.record(tx, Event.STAFF_SIGNED_OUT, Actor(login.address, HUB), subject_id=login.id)

        await self._run(work)

    async def hub_hide(self, insider: Insider, name: str, *, is_hidden: bool) -> None:
        """Put instructions away for one person, for good, or bring them back (S4.25)."""
        await self._run(lambda tx: staff_logins.hide(tx, insider.login.id, name, is_hidden=is_hidden))


async def entered(tx: AsyncConnection, login: StaffLogin, *, agent: str, waits_for_code: bool) -> Entry:
    """Begin a session under an id that nobody knew before (T24); nobody is in before the code that it waits for."""
    session_id = new_session_id()
    await staff_sessions.start(tx, session_hash(session_id), login.id, agent=agent, waits_for_code=waits_for_code)
    if not waits_for_code:
        await staff_logins.note_sign_in(tx, login.id)
        await audit.record(tx, Event.STAFF_SIGNED_IN, Actor(login.address, HUB), subject_id=login.id)
    return Entry(session_id, waits_for_code)


def sign_in_failed() -> Forbidden:
    """The one answer to every sign-in that fails (T08)."""
    sentence = "That does not let you in. Check what you typed, and whether your office saved your e-mail address."
    return Forbidden("staff_sign_in_failed", sentence)
