"""Everything that can be done to an invitation, by staff, by an administrator and by the invitee."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar
from uuid import UUID

from babel import Locale, UnknownLocaleError
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.destination import address_of, email_of, phone_of
from doorstep.domain.errors import Gone, Invalid, Refused
from doorstep.domain.events import Event
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Channel
from doorstep.domain.requests import NewInvitation
from doorstep.domain.states import Command
from doorstep.security import passwords
from doorstep.security.links import LinkRecord
from doorstep.store import answering, audit, creating, offices, rates
from doorstep.store.audit import Actor
from doorstep.store.orders import NewUser, Order, carry_out, get, record_refusal, require_sight
from doorstep.store.users import check_username
from doorstep.store.work import WORK
from starter import link_views
from starter.desk import Connected
from starter.limits import GUESSES
from starter.link_views import LinkView

T = TypeVar("T")

INVITEE = Actor("invitee", "page", is_trusted=True)


class Onboarding(Connected):
    """Commands about invitations; each decides in the database first and wakes the workflow afterwards."""

    async def invite(  # noqa: PLR0913 - the one call of an integrator, all by name
        self,
        *,
        office: str,
        email: str | None = None,
        phone: str | None = None,
        channel: str | None = None,
        contact: UUID | None = None,
        name: str = "",
        accounts: Sequence[str] = (),
        job: str | None = None,
        roles: Sequence[str] = (),
        template: str = "",
        locale: str = "",
        is_draft: bool = False,
        is_test: bool = False,
        idempotency_key: str | None = None,
        actor: str | None = None,
    ) -> Invitation:
        """Invite a person; a duplicate of an open invitation is answered with that one and mails nothing.

        Args:
            office: its code.
            email: where the link goes, or the person's other address where `channel` is `text`.
            phone: a mobile number, by the rules of the office's region where it has no prefix.
            channel: `mail` or `text`; by default mail where there is an address, else text (S0.17).
            contact: the id of a contact, whose own addresses are used where none is given.
            name: who it is.
            accounts: codes of accounts, each known.
            job: free text; the job is made at its first use.
            roles: what to ask for; a plain customer by default.
            template: the name of the welcome template (S1.14); the office's own default where empty.
            locale: the language of the messages, such as `es` or `de_AT`; the office's where empty.
            is_draft: keep it, and send nothing yet (S0.15).
            is_test: a rehearsal, left out of statistics and seats (S4.18).
            idempotency_key: the same key with the same request answers with what it made.
            actor: the member of staff who invites.

        Raises:
            Refused: with the field, or the reason, and what to do.
        """
        region = (await self._run(lambda tx: offices.get(tx, office))).region if phone else ""
        new = NewInvitation(
            office=office,
            email=email_of(email) if email else None,
            phone=phone_of(phone, region) if phone else None,
            channel=None if channel is None else channel_named(channel),
            contact=contact,
            name=one_line(name, "name"),
            accounts=tuple(accounts),
            job=None if job is None else one_line(job, "job") or None,
            roles=tuple(roles),
            template=template.strip(),
            locale=checked_locale(locale),
            is_draft=is_draft,
            is_test=is_test,
            idempotency_key=idempotency_key,
        )
        invitation, is_new = await self._create(self._as(actor), new)
        if is_new and not is_draft:
            await self.starter.start(invitation)
        return invitation

    async def _create(self, actor: Actor, new: NewInvitation) -> tuple[Invitation, bool]:
        try:
            return await self._run(lambda tx: creating.create(tx, self.ring, actor, new))
        except Refused as refusal:
            code, detail = refusal.code, {"command": "invite", "office": new.office}
            await self._run(
                lambda tx: audit.record(tx, Event.REFUSED, actor, subject_id=None, code=code, detail=detail)
            )
            raise

    async def send(self, invitation_id: UUID, *, if_rev: int | None = None, actor: str | None = None) -> Invitation:
        """Send a draft; like every command with `if_rev`, only while it is at that revision (`changed_meanwhile`)."""
        return await self._command(Order(Command.SEND, invitation_id, self._as(actor), if_rev=if_rev))

    async def resend(self, invitation_id: UUID, *, if_rev: int | None = None, actor: str | None = None) -> Invitation:
        """Send again under a new link; the old one dies."""
        return await self._command(Order(Command.RESEND, invitation_id, self._as(actor), if_rev=if_rev))

    async def readdress(
        self, invitation_id: UUID, address: str, *, if_rev: int | None = None, actor: str | None = None
    ) -> Invitation:
        """Send to another e-mail address or number; the link that went to the old one dies first."""
        who = self._as(actor)

        async def work(tx: AsyncConnection) -> str:
            invitation = await get(tx, invitation_id)
            await require_sight(tx, who, invitation)
            return invitation.office.region

        to = address_of(address, await self._run(work))
        return await self._command(Order(Command.CHANGE_ADDRESS, invitation_id, who, address=to, if_rev=if_rev))

    async def revoke(
        self, invitation_id: UUID, *, reason: str = "", if_rev: int | None = None, actor: str | None = None
    ) -> Invitation:
        """Take it back; also removes an active user who never signed in."""
        order = Order(Command.REVOKE, invitation_id, self._as(actor), reason=_note(reason), if_rev=if_rev)
        return await self._command(order)

    async def approve(
        self,
        invitation_id: UUID,
        *,
        approver: str,
        permissions: Sequence[str] | None = None,
        note: str = "",
        if_rev: int | None = None,
    ) -> Invitation:
        """Approve, with other permissions where some are named."""
        granted = None if permissions is None else tuple(permissions)
        who, reason = self._as(approver), _note(note)
        order = Order(Command.APPROVE, invitation_id, who, permissions=granted, reason=reason, if_rev=if_rev)
        return await self._command(order)

    async def reject(
        self,
        invitation_id: UUID,
        *,
        approver: str,
        reason: str = "",
        is_silent: bool = False,
        if_rev: int | None = None,
    ) -> Invitation:
        """Reject; the user is deleted and, unless silently, told."""
        who, note = self._as(approver), _note(reason)
        return await self._command(
            Order(Command.REJECT, invitation_id, who, reason=note, is_silent=is_silent, if_rev=if_rev)
        )

    async def erase(self, invitation_id: UUID, *, if_rev: int | None = None, actor: str | None = None) -> Invitation:
        """Erase the person from it, and the user that it made; a tombstone stays (T34)."""
        return await self._command(Order(Command.ERASE, invitation_id, self._as(actor), if_rev=if_rev))

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

    async def _command(self, order: Order) -> Invitation:
        invitation = await carry_out(self.engine, self.ring, order, WORK[order.command])
        await self.starter.wake(invitation)
        return invitation

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
            await self._run(lambda tx: rates.hit(tx, GUESSES.key(source), limit=GUESSES.limit, window=GUESSES.window))
            raise


LONGEST_LINE = 200
LONGEST_NOTE = 1000


def one_line(text: str, field: str) -> str:
    """The text on one line.

    Raises:
        Invalid: `field_invalid`.
    """
    line = " ".join(text.split())
    if len(line) > LONGEST_LINE or not line.isprintable():
        raise Invalid("field_invalid", f"Use at most {LONGEST_LINE} plain characters.", field=field)
    return line


def _note(text: str) -> str:
    note = text.strip()
    if len(note) > LONGEST_NOTE:
        raise Invalid("field_too_long", f"Use at most {LONGEST_NOTE} characters.", field="reason")
    return note


def channel_named(name: str) -> Channel:
    """The channel of that name (S0.17).

    Raises:
        Invalid: `unknown_channel`.
    """
    try:
        return Channel(name)
    except ValueError:
        raise Invalid("unknown_channel", "The channel is mail or text.", field="channel") from None


def checked_locale(tag: str) -> str:
    """The locale, or nothing.

    Raises:
        Invalid: `locale`.
    """
    try:
        return str(Locale.parse(tag.strip().replace("-", "_"))) if tag.strip() else ""
    except (UnknownLocaleError, ValueError):
        raise Invalid("locale", "Use a locale such as en_NZ, es or de_AT.", field="locale") from None
