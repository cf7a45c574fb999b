"""Signing in and out, forgotten passwords, and what a signed-in person sees."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from doorstep.domain.errors import Forbidden, Gone, Invalid
from doorstep.domain.events import Event
from doorstep.security import passwords
from doorstep.security.links import Purpose
from doorstep.security.sessions import new_session_id, session_hash
from doorstep.store import audit, links, password_links, rates, recovering, sessions, users
from doorstep.store.audit import Actor
from doorstep.store.users import Membership, User, username_key
from starter.desk import Connected
from starter.limits import FORGOTTEN, FORGOTTEN_OF_ONE, GUESSES, SIGN_INS, SIGN_INS_OF_ONE


@dataclass(frozen=True)
class Home:
    """What the portal home shows: the person and the grants, account by account."""

    user: User
    memberships: tuple[Membership, ...]


@dataclass(frozen=True)
class ResetView:
    """What a link to set a password opens: whose, the staff login beside it, and whether it is the first.

    `staff_username` is empty where the link is about one login; `office` is the code of the one that speaks to the
    user, empty where there is none.
    """

    id: UUID
    username: str
    staff_username: str = ""
    is_first: bool = False
    office: str = ""


class SigningIn(Connected):
    """For people with a username."""

    async def sign_in(self, username: str, password: str, *, source: str = "") -> str:
        """The id of a new session.

        Raises:
            Forbidden: `sign_in_failed` for everything that must not be told apart; `waiting_for_approval` only for
                whoever knows the password (S4.41).
            TooMany: after ten wrong passwords for this name from this source.
        """
        one = SIGN_INS_OF_ONE.key(source, username_key(username))
        await self._count((SIGN_INS_OF_ONE, one), (SIGN_INS, SIGN_INS.key(source)))
        found = await self._run(lambda tx: users.by_username(tx, username))
        user, password_hash = found if found is not None else (None, None)
        if not await passwords.verify_password(password, password_hash) or user is None:
            await self._refused(user)
            raise Forbidden("sign_in_failed", "The username or the password is not right.")
        if user.state == "unapproved":
            sentence = "Your user is set up and waits for approval. You will get a message as soon as it is decided."
            raise Forbidden("waiting_for_approval", sentence)
        return await self._start_session(user, one, SIGN_INS.key(source))

    async def _start_session(self, user: User, of_name: str, of_source: str) -> str:
        session_id = new_session_id()

        async def work(tx: AsyncConnection) -> bool:
            if not await users.note_sign_in(tx, user.id):
                return False
            await sessions.start(tx, session_hash(session_id), user.id)
            await rates.forget(tx, of_name)
            await rates.give_back(tx, of_source)
            await audit.record(tx, Event.SIGNED_IN, Actor(str(user.id), "page"), subject_id=user.id)
            return True

        if not await self._run(work):
            raise Forbidden("sign_in_failed", "The username or the password is not right.")
        return session_id

    async def _refused(self, user: User | None) -> None:
        if user is not None:
            nobody = Actor("unknown", "page")
            await self._run(lambda tx: audit.record(tx, Event.SIGN_IN_REFUSED, nobody, subject_id=user.id))

    async def sign_out(self, session_id: str) -> None:
        """End a session at once."""

        async def work(tx: AsyncConnection) -> None:
            user_id = await sessions.end(tx, session_hash(session_id))
            if user_id is not None:
                await audit.record(tx, Event.SIGNED_OUT, Actor(str(user_id), "page"), subject_id=user_id)

        await self._run(work)

    async def home(self, session_id: str) -> Home | None:
        """The home of whoever's session it is; None where it has ended."""

        async def work(tx: AsyncConnection) -> Home | None:
            user_id = await sessions.user_of(tx, session_hash(session_id))
            user = None if user_id is None else await users.by_id(tx, user_id)
            return None if user is None else Home(user, tuple(await users.memberships(tx, user.id)))

        return await self._run(work)

    async def forgot(self, username: str, *, source: str = "") -> None:
        """Note that somebody forgot a password; the answer and the work are the same for every name (T08)."""
        asked = username_key(username)
        await self._count((FORGOTTEN, FORGOTTEN.key(source)), (FORGOTTEN_OF_ONE, FORGOTTEN_OF_ONE.key(asked)))
        identifier: UUID = uuid7()
        await self._run(lambda tx: password_links.insert(tx, identifier, asked))
        await self.starter.password_link(identifier, is_new=True)

    async def open_reset(self, token: str, *, source: str = "") -> ResetView:
        """What a link to set a password opens.

        Raises:
            Gone: `reset_link_dead`, whatever the reason.
        """
        found = await self._run(lambda tx: self._live_reset(tx, token))
        if found is None:
            await self._count((GUESSES, GUESSES.key(source)))
            raise _dead()
        return found

    async def reset(self, token: str, *, password: str, staff_password: str = "", source: str = "") -> None:
        """Set a new password; every session and every other reset link of the user ends.

        Behind the link of a login pair `staff_password` is for the staff login; left empty, that one sets its own later
        by "Forgot password" (S4.16).

        Raises:
            Gone: `reset_link_dead`; Invalid: `password`, `staff_password`.
        """
        view = await self.open_reset(token, source=source)
        hashes = [await _hashed(password, "password", view.username)]
        if view.staff_username and staff_password:
            hashes.append(await _hashed(staff_password, "staff_password", view.staff_username))
        if not await self._run(lambda tx: _set_passwords(tx, view.id, hashes)):
            raise _dead()
        await self.starter.password_link(view.id, is_new=False)

    async def _live_reset(self, tx: AsyncConnection, token: str) -> ResetView | None:
        record = await links.find(tx, self.ring.hashes(token))
        if record is None or record.purpose is not Purpose.RESET or not self.ring.opens(record, token):
            return None
        link = await password_links.get(tx, record.subject_id)
        user = None if link is None or link.user_id is None else await users.by_id(tx, link.user_id)
        if link is None or user is None or not link.is_live:
            return None
        is_first = link.kind == password_links.SET_PASSWORD
        staff = await _staff_login(tx, user.id) if is_first else None
        office = link.office or await users.office_of(tx, user) or ""
        return ResetView(link.id, user.username, "" if staff is None else staff.username, is_first, office)


async def _hashed(password: str, field: str, username: str) -> str:
    try:
        return await passwords.hash_password(passwords.check(password, context=(username,)))
    except Invalid as fault:
        raise Invalid(fault.code, fault.message, field=field) from None


async def _set_passwords(tx: AsyncConnection, identifier: UUID, hashes: Sequence[str]) -> bool:
    """Use the link and keep the passwords: of the user, and of the staff login beside; False where the link is dead."""
    link = await password_links.get(tx, identifier, for_update=True)
    if link is None or link.user_id is None or not await password_links.use(tx, identifier):
        return False
    staff = await _staff_login(tx, link.user_id)
    logins = [link.user_id] if staff is None else [link.user_id, staff.id]
    for user_id, password_hash in zip(logins, hashes, strict=False):
        if not await users.set_password(tx, user_id, password_hash):
            return False
        await sessions.end_all(tx, user_id)
        await password_links.end_others(tx, user_id, identifier)
        await audit.record(tx, Event.PASSWORD_CHANGED, Actor(str(user_id), "page"), subject_id=user_id)
    return True


async def _staff_login(tx: AsyncConnection, user_id: UUID) -> User | None:
    """The staff login beside, where it may set a password: not while it is suspended."""
    staff = await users.staff_login_of(tx, user_id)
    return staff if staff is not None and staff.state in recovering.CAN_SET else None


def _dead() -> Gone:
    return Gone("reset_link_dead", "This link does not work any more. Ask for a new one.")
