"""Everything that staff and administrators can do to an invitation."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.destination import address_of, email_of, phone_of
from doorstep.domain.errors import Refused
from doorstep.domain.events import Event
from doorstep.domain.invitation import Invitation
from doorstep.domain.requests import NewInvitation
from doorstep.domain.states import Command
from doorstep.store import audit, creating, offices
from doorstep.store.audit import Actor
from doorstep.store.orders import Order, get, require_sight
from starter.orders import Orders
from starter.typed import a_note, channel_named, checked_locale, one_line


class Onboarding(Orders):
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
        order = Order(Command.REVOKE, invitation_id, self._as(actor), reason=a_note(reason), if_rev=if_rev)
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
        who, reason = self._as(approver), a_note(note)
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
        who, note = self._as(approver), a_note(reason)
        return await self._command(
            Order(Command.REJECT, invitation_id, who, reason=note, is_silent=is_silent, if_rev=if_rev)
        )

    async def erase(self, invitation_id: UUID, *, if_rev: int | None = None, actor: str | None = None) -> Invitation:
        """Erase the person from it, and the user that it made; a tombstone stays (T34)."""
        return await self._command(Order(Command.ERASE, invitation_id, self._as(actor), if_rev=if_rev))
