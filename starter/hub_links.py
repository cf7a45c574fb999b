"""The mailed link to the Team Hub, which sets a password: the first one, and after one was forgotten."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from doorstep.domain.addresses import address_key
from doorstep.domain.destination import email_of
from doorstep.domain.errors import Gone, NotFound
from doorstep.domain.events import Event
from doorstep.security import passwords
from doorstep.security.links import Purpose
from doorstep.store import audit, links, password_links, staff_logins, staff_sessions
from doorstep.store.audit import HUB, Actor
from doorstep.store.password_links import PasswordLink
from doorstep.store.staff_logins import StaffLogin
from starter.hub_doors import HubDoors
from starter.limits import FORGOTTEN, GUESSES, STAFF_FORGOTTEN_OF_ONE


@dataclass(frozen=True)
class StaffLinkView:
    """What a mailed link to the Team Hub opens."""

    id: UUID
    address: str
    is_first: bool


class HubLinks(HubDoors):
    """For people who work in an office and have no password yet, or not any more."""

    async def hub_link(self, address: str, *, source: str = "") -> None:
        """Mail a link to set a password to somebody whom an office knows; everybody gets the same answer (T08)."""
        asked = address_key(address)
        await self._count((FORGOTTEN, FORGOTTEN.key(source)))
        await self._count((STAFF_FORGOTTEN_OF_ONE, STAFF_FORGOTTEN_OF_ONE.key(asked)))
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
            await self._count((GUESSES, GUESSES.key(source)))
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


def _dead() -> Gone:
    return Gone("staff_link_dead", "This link does not work any more. Ask for a new one.")
