"""The Team Hub's doors: how staff and username administrators sign in, and who is in.

Whoever comes through them acts under the address that an office saved, with the rights of that person and no others.
"""

from dataclasses import dataclass, replace
from typing import Self
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from doorstep.domain.addresses import address_key
from doorstep.domain.destination import email_of
from doorstep.domain.errors import Forbidden, Gone, NotFound
from doorstep.domain.events import Event
from doorstep.security import passwords
from doorstep.security.links import Purpose
from doorstep.security.sessions import new_session_id, session_hash
from doorstep.store import audit, links, password_links, rates, staff_logins, staff_sessions
from doorstep.store.audit import HUB, Actor
from doorstep.store.password_links import PasswordLink
from doorstep.store.staff_logins import StaffLogin, Workplace
from doorstep.store.staff_sessions import StaffSession
from starter.desk import Connected
from starter.limits import (
    FORGOTTEN,
    GUESSES,
    STAFF_FORGOTTEN_OF_ONE,
    STAFF_SIGN_INS,
    STAFF_SIGN_INS_OF_ONE,
    Limit,
)

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


@dataclass(frozen=True)
class StaffLinkView:
    """What a mailed link to the Team Hub opens."""

    id: UUID
    address: str
    is_first: bool


class HubDoors(Connected):
    """For people who work in an office."""

    def acting_as(self, insider: Insider) -> Self:
        """The same client API in the hands of somebody who is signed in: their rights and no others."""
        return replace(self, actor=Actor(insider.login.address, HUB))

    async def hub_sign_in(self, address: str, password: str, *, source: str = "", agent: str = "") -> Entry:
        """Begin a session.

        Raises:
            Forbidden: `sign_in_failed` for everything that must not be told apart (T08).
            TooMany: after ten wrong passwords for this address from this source.
        """
        one = STAFF_SIGN_INS_OF_ONE.key(source, address_key(address))
        await self._count_tries((STAFF_SIGN_INS_OF_ONE, one), (STAFF_SIGN_INS, STAFF_SIGN_INS.key(source)))
        found = await self._run(lambda tx: staff_logins.by_address(tx, address))
        login, password_hash = found if found is not None else (None, None)
        if not await passwords.verify_password(password, password_hash) or login is None:
            if login is not None:
                await self._note_refused_entry(login)
            raise sign_in_failed()
        return await self._begin(login, agent=agent, waits_for_code=login.has_code, forgets=one)

    async def _begin(self, login: StaffLogin, *, agent: str, waits_for_code: bool, forgets: str = "") -> Entry:
        session_id = new_session_id()

        async def work(tx: AsyncConnection) -> None:
            id_hash = session_hash(session_id)
            await staff_sessions.start(tx, id_hash, login.id, agent=agent, waits_for_code=waits_for_code)
            if forgets:
                await rates.forget(tx, forgets)
            if not waits_for_code:
                await staff_logins.note_sign_in(tx, login.id)
                await audit.record(tx, Event.STAFF_SIGNED_IN, Actor(login.address, HUB), subject_id=login.id)

        await self._run(work)
        return Entry(session_id, waits_for_code)

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
            who = Actor(insider.login.address, HUB)
            await audit.record(tx, Event.STAFF_SESSION_ENDED, who, subject_id=insider.login.id)

        await self._run(work)

    async def hub_hide(self, insider: Insider, name: str, *, is_hidden: bool) -> None:
        """Put instructions away for one person, for good, or bring them back (S4.25)."""
        await self._run(lambda tx: staff_logins.hide(tx, insider.login.id, name, is_hidden=is_hidden))

    async def hub_link(self, address: str, *, source: str = "") -> None:
        """Mail a link to set a password to somebody whom an office knows; everybody gets the same answer (T08)."""
        asked = address_key(address)
        await self._count_tries((FORGOTTEN, FORGOTTEN.key(source)))
        await self._count_tries((STAFF_FORGOTTEN_OF_ONE, STAFF_FORGOTTEN_OF_ONE.key(asked)))
        await self._mail_link(asked)

    async def staff_invite(self, address: str) -> None:
        """Mail somebody on the staff, or a username administrator, the link to the Team Hub.

        Raises:
            Invalid: `address_invalid`; NotFound: `no_such_staff` for an address that no office has saved.
        """
        key = email_of(address).key
        if await self._run(lambda tx: staff_logins.known_address(tx, key)) is None:
            raise NotFound("no_such_staff", "No office has that address among its staff or username administrators.")
        await self._mail_link(key)

    async def _mail_link(self, asked: str) -> None:
        identifier: UUID = uuid7()
        await self._run(lambda tx: password_links.insert_of_staff(tx, identifier, asked))
        await self.starter.password_link(identifier, is_new=True)

    async def hub_open_link(self, token: str, *, source: str = "") -> StaffLinkView:
        """What a mailed link opens.

        Raises:
            Gone: `staff_link_dead`, whatever the reason.
        """
        found = await self._run(lambda tx: self._live_staff_link(tx, token))
        if found is None:
            await self._count_tries((GUESSES, GUESSES.key(source)))
            raise _dead()
        link, login = found
        return StaffLinkView(link.id, login.address, is_first=not login.has_password)

    async def hub_set_password(self, token: str, password: str, *, source: str = "") -> None:
        """Set a password by a mailed link, which is consumed; every session of the login ends.

        Raises:
            Gone: `staff_link_dead`; Invalid: `password`.
        """
        view = await self.hub_open_link(token, source=source)
        made = await passwords.hash_password(passwords.check(password, context=(view.address,)))
        if not await self._run(lambda tx: _set_password(tx, view, made)):
            raise _dead()
        await self.starter.password_link(view.id, is_new=False)

    async def _live_staff_link(self, tx: AsyncConnection, token: str) -> tuple[PasswordLink, StaffLogin] | None:
        record = await links.find(tx, self.ring.hashes(token))
        if record is None or record.purpose is not Purpose.STAFF or not self.ring.opens(record, token):
            return None
        link = await password_links.get(tx, record.subject_id)
        if link is None or link.login_id is None or not link.is_live:
            return None
        login = await staff_logins.by_id(tx, link.login_id)
        is_known = login is not None and await staff_logins.known_address(tx, login.address) is not None
        return (link, login) if login is not None and is_known else None

    async def _count_tries(self, *limits: tuple[Limit, str]) -> None:
        async def work(tx: AsyncConnection) -> None:
            for limit, key in limits:
                await rates.hit(tx, key, limit=limit.limit, window=limit.window)

        await self._run(work)


async def _set_password(tx: AsyncConnection, view: StaffLinkView, password_hash: str) -> bool:
    """Use the link and keep the password; False where the link is dead."""
    link = await password_links.get(tx, view.id, for_update=True)
    if link is None or link.login_id is None or not await password_links.use(tx, view.id):
        return False
    await staff_logins.set_password(tx, link.login_id, password_hash)
    await staff_sessions.end_all(tx, link.login_id)
    await password_links.end_others_of_login(tx, link.login_id, view.id)
    await audit.record(tx, Event.STAFF_PASSWORD_SET, Actor(view.address, HUB), subject_id=link.login_id)
    return True


def sign_in_failed() -> Forbidden:
    """The one answer to every sign-in that fails (T08)."""
    return Forbidden("sign_in_failed", "The e-mail address or the password is not right.")


def _dead() -> Gone:
    return Gone("staff_link_dead", "This link does not work any more. Ask for a new one.")
