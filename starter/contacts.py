"""Contacts: found, added by hand, changed for the portal, and invited one by one or several at once."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.contact import Contact
from doorstep.domain.destination import email_of, phone_of
from doorstep.domain.errors import Refused
from doorstep.domain.invitation import Invitation, Office
from doorstep.domain.requests import ContactChange, NewContact
from doorstep.domain.states import Command, State
from doorstep.store import address_book, contacts, deciding, locks, offices
from doorstep.store.audit import Actor
from doorstep.store.orders import Order, get
from starter.onboarding import Onboarding, one_line

PAGE = 200
UNDECIDED = (State.DRAFT, State.PENDING, State.EXPIRED, State.AWAITING_APPROVAL)


@dataclass(frozen=True)
class Invited:
    """What became of one contact of a list: `invited`, `skipped` or `refused`, with the code of the reason."""

    contact: UUID
    outcome: str
    code: str = ""
    sentence: str = ""
    invitation: Invitation | None = None


class Contacts(Onboarding):
    """The people that the ERP and the staff know."""

    async def contact(self, contact_id: UUID, *, actor: str | None = None) -> Contact:
        """One contact.

        Raises:
            NotFound: unknown, or not yours to see.
        """
        who = self._as(actor)
        return await self._run(lambda tx: address_book.get(tx, who, contact_id))

    async def contacts(
        self,
        office: str,
        *,
        search: str = "",
        account: str | None = None,
        is_without_username: bool = False,
        limit: int = PAGE,
        actor: str | None = None,
    ) -> list[Contact]:
        """Contacts by name, address, number, account code or account name (S3.3); or those to invite alone (S4.26).

        Raises:
            NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`.
        """
        who = self._as(actor)

        async def work(tx: AsyncConnection) -> list[Contact]:
            narrowed = {"search": search, "account": account, "is_without_username": is_without_username}
            return await address_book.listed(tx, who, office, **narrowed, limit=limit)  # type: ignore[arg-type]

        return await self._run(work)

    async def contact_add(
        self,
        *,
        office: str,
        name: str = "",
        email: str | None = None,
        phone: str | None = None,
        accounts: Sequence[str] = (),
        actor: str | None = None,
    ) -> Contact:
        """Add another person to accounts that are there (S0.4); somebody known already is merged.

        Raises:
            Refused: with the field, or the reason.
        """
        region = (await self._run(lambda tx: offices.get(tx, office))).region
        new = NewContact(
            office=office,
            name=one_line(name, "name"),
            email=email_of(email) if email else None,
            phone=phone_of(phone, region) if phone else None,
            accounts=tuple(accounts),
        )
        who, detail = self._as(actor), {"command": "contact.add", "office": office}
        return await self._recorded(who, detail, lambda tx: contacts.add(tx, who, new))

    async def contact_set(
        self,
        contact_id: UUID,
        *,
        name: str | None = None,
        phone: str | None = None,
        portal_email: str | None = None,
        is_portal_user: bool | None = None,
        add_accounts: Sequence[str] = (),
        actor: str | None = None,
    ) -> Contact:
        """Change a contact for the portal; an import leaves that alone, and the default address stays (S4.33).

        An empty `portal_email` or `phone` takes it away again. Turning `is_portal_user` off takes the open invitations
        back (S3.9).
        """
        who = self._as(actor)
        region = (await self._office_of(contact_id, actor)).region
        asked = ContactChange(
            name=None if name is None else one_line(name, "name"),
            phone=phone_of(phone, region) if phone else None,
            portal_email=email_of(portal_email, field="portal_email") if portal_email else None,
            is_portal_user=is_portal_user,
            add_accounts=tuple(add_accounts),
            clear=frozenset(n for n, v in (("portal_email", portal_email), ("phone", phone)) if v == ""),
        )

        async def work(tx: AsyncConnection) -> tuple[Contact, list[Invitation]]:
            contact, is_open = await contacts.change(tx, who, contact_id, asked)
            return contact, [await self._take_back(tx, who, each) for each in is_open]

        detail = {"command": "contact.set"}
        contact, revoked = await self._recorded(who, detail, work, subject_id=contact_id)
        for invitation in revoked:
            await self.starter.wake(invitation)
        return contact

    async def _office_of(self, contact_id: UUID, actor: str | None) -> Office:
        contact = await self.contact(contact_id, actor=actor)
        return await self._run(lambda tx: offices.get(tx, contact.office))

    async def _take_back(self, tx: AsyncConnection, who: Actor, invitation_id: UUID) -> Invitation:
        """Revoke it, unless it was approved at this very moment: whoever is in is suspended, not revoked."""
        invitation = await locks.of_invitation(tx, invitation_id)
        if invitation.state in UNDECIDED:
            order = Order(Command.REVOKE, invitation_id, who, reason="no longer a portal user")
            await deciding.revoke(tx, self.ring, order)
        return await get(tx, invitation_id)

    async def contacts_invite(
        self, contact_ids: Sequence[UUID], *, roles: Sequence[str] = (), template: str = "", actor: str | None = None
    ) -> AsyncIterator[Invited]:
        """Invite several contacts to the accounts that they are on; one that cannot be never stops the others (S4.35).

        Whoever has a username already is left out: a second one goes through `add_user` (S4.26, S4.27).
        """
        for contact_id in contact_ids:
            try:
                yield await self._invite_one(contact_id, roles, template, actor)
            except Refused as refusal:
                yield Invited(contact_id, "refused", refusal.code, refusal.full_message)

    async def _invite_one(self, contact_id: UUID, roles: Sequence[str], template: str, actor: str | None) -> Invited:
        contact = await self.contact(contact_id, actor=actor)
        if not contact.invitation_address:
            sentence = "There is no address to invite; enter one: doorstep contact set ID --portal-email ADDRESS"
            return Invited(contact_id, "skipped", "no_address", sentence)
        if contact.has_username:
            sentence = "This customer has a username already; add a second one with: doorstep add-user"
            return Invited(contact_id, "skipped", "has_username", sentence)
        invitation = await self.invite(
            office=contact.office,
            contact=contact_id,
            name=contact.name,
            accounts=[account.code for account in contact.accounts],
            roles=roles,
            template=template,
            actor=actor,
        )
        return Invited(contact_id, "invited", invitation=invitation)
