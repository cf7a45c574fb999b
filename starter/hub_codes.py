"""One-time codes: an app on the phone shows one beside the password, for whoever turned it on."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from doorstep.domain.addresses import address_key
from doorstep.domain.destination import email_of
from doorstep.domain.errors import Conflict, Forbidden, Invalid
from doorstep.domain.events import Event
from doorstep.domain.messages import Message
from doorstep.security import codes
from doorstep.security.sessions import session_hash
from doorstep.store import audit, deliveries, password_links, rates, staff_codes, staff_entries, staff_sessions
from doorstep.store.staff_logins import StaffLogin
from starter.hub_doors import Entry, HubDoors, Insider, entered
from starter.limits import STAFF_CODES, STAFF_CODES_OF_A_DAY

T = TypeVar("T")


@dataclass(frozen=True)
class CodeSetup:
    """What an app is set up with: the secret to type, and the address that a QR code holds."""

    secret: str
    address: str


class HubCodes(HubDoors):
    """For people who want more than a password between their office and everybody else."""

    async def hub_waiting(self, session_id: str) -> StaffLogin | None:
        """Whose right password waits for its code; None where it waited for too long."""
        found = await self._run(lambda tx: staff_sessions.owner(tx, session_hash(session_id), waits_for_code=True))
        return None if found is None else found[0]

    async def hub_sign_in_code(self, session_id: str, code: str, *, agent: str = "") -> Entry:
        """The session that the code opens, under a new id; the one that waited ends (T24).

        Raises:
            Invalid: `code_wrong`, for a used one too; TooMany: after five of them.
            Forbidden: `sign_in_over`, where the password is ten minutes old.
        """
        login = await self.hub_waiting(session_id)
        if login is None:
            raise Forbidden("sign_in_over", "That took too long. Sign in again.")

        async def enter(tx: AsyncConnection) -> Entry:
            await staff_sessions.end(tx, session_hash(session_id))
            return await entered(tx, login, agent=agent, waits_for_code=False)

        try:
            return await self._with_code(login.id, code, enter)
        except Invalid:
            await self._note_refused_entry(login)
            raise

    async def hub_code_begin(self, insider: Insider) -> None:
        """Make the secret for an app; nobody is asked for a code before one of it came back.

        Raises:
            Conflict: `code_is_on`.
        """
        await self._run(lambda tx: staff_codes.begin(tx, self.ring, insider.login.id))

    async def hub_code_setup(self, insider: Insider) -> CodeSetup:
        """What to set the app up with.

        Raises:
            Conflict: `code_is_on`; NotFound: `code_not_begun`.
        """
        secret = await self._run(lambda tx: staff_codes.begun(tx, self.ring, insider.login.id))
        return CodeSetup(secret, codes.app_address(secret, insider.login.address))

    async def hub_code_on(self, insider: Insider, code: str) -> None:
        """Ask for a code at every sign-in from now on.

        Raises:
            Conflict: `code_is_on`; Invalid: `code_wrong`; TooMany.
        """

        async def work(tx: AsyncConnection) -> None:
            await staff_codes.require_off(tx, insider.login.id)
            await staff_codes.turn_on(tx, insider.login.id)
            await audit.record(tx, Event.STAFF_CODE_SET, insider.actor, subject_id=insider.login.id)

        await self._with_code(insider.login.id, code, work)

    async def hub_code_off(self, insider: Insider, code: str) -> None:
        """Ask for none any more.

        Raises:
            Invalid: `code_wrong`; Conflict: `code_is_off`; TooMany.
        """

        async def work(tx: AsyncConnection) -> None:
            if not await staff_codes.turn_off(tx, insider.login.id):
                raise _off_already()
            await audit.record(tx, Event.STAFF_CODE_REMOVED, insider.actor, subject_id=insider.login.id)

        await self._with_code(insider.login.id, code, work)

    async def staff_code_off(self, address: str, *, actor: str | None = None) -> None:
        """Take the one-time code away from somebody who lost the phone; their sessions stay, and a mail tells them.

        For the operator, and for whoever looks after the staff of every office that the person works for.

        Raises:
            NotFound: `no_such_staff`; Forbidden: `belongs_elsewhere`; Conflict: `code_is_off`.
        """
        who, key = self._as(actor), email_of(address).key
        identifier: UUID = uuid7()

        async def work(tx: AsyncConnection) -> bool:
            login, offices = await staff_entries.login_under(tx, who, key, takes_all_offices=True)
            if login is None or not await staff_codes.turn_off(tx, login.id):
                raise _off_already()
            detail = {"offices": offices}
            await audit.record(tx, Event.STAFF_CODE_REMOVED, who, subject_id=login.id, detail=detail)
            if offices:  # whoever has left every office has no office that could write to them
                await _tell(tx, identifier, login)
            return bool(offices)

        if await self._recorded(who, {"command": "staff.code_off"}, work):
            await self.starter.password_link(identifier, is_new=True)

    async def _with_code(self, login_id: UUID, code: str, then: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Do it once the code is right; it is used with what it was good for, or not at all."""
        short, long = STAFF_CODES.key(str(login_id)), STAFF_CODES_OF_A_DAY.key(str(login_id))
        await self._count((STAFF_CODES, short), (STAFF_CODES_OF_A_DAY, long))

        async def work(tx: AsyncConnection) -> T:
            if not await staff_codes.use(tx, self.ring, login_id, code):
                sentence = "That code is not right, or it was used already. Type the one that the app shows now."
                raise Invalid("code_wrong", sentence, field="code")
            await rates.forget(tx, short)
            await rates.give_back(tx, long)
            return await then(tx)

        return await self._run(work)


async def _tell(tx: AsyncConnection, identifier: UUID, login: StaffLogin) -> None:
    """Queue the mail in the same transaction, so that no code goes without its owner hearing of it."""
    await password_links.insert_told(tx, identifier, login.id, address_key(login.address))
    await deliveries.queue(tx, identifier, Message.STAFF_CODE_OFF, 1, [login.address])


def _off_already() -> Conflict:
    return Conflict("code_is_off", "No code is asked for.")
