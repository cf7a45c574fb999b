"""Contacts: found, added by hand, changed for the portal, and invited one by one or several at once."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.addresses import AddressError, parse_phone
from doorstep.domain.contact import Contact
from doorstep.domain.destination import email_of, phone_of
from doorstep.domain.errors import Refused
from doorstep.domain.invitation import Invitation, Office
from doorstep.domain.requests import ContactChange, NewContact
from doorstep.store import address_book, contacts, offices, taking_back
from starter.onboarding import Onboarding
from starter.typed import one_line
from starter.waking import Waking

PAGE = 200


@dataclass(frozen=True)
class Invited:
    """What became of one contact of a list: `invited`, `skipped` or `refused`, with the code of the reason."""

    contact: UUID
    outcome: str
    code: str = ""
    sentence: str = ""
    invitation: Invitation | None = None


class Contacts(Onboarding, Waking):
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

    async def contact_set(  # noqa: PLR0913 - what can be set, all by name
        self,
        contact_id: UUID,
        *,
        name: str | None = None,
        phone: str | None = None,
        portal_email: str | None = None,
        is_portal_user: bool | None = None,
        add_accounts: Sequence[str] = (),
        remove_accounts: Sequence[str] = (),
        seen: datetime | None = None,
        actor: str | None = None,
    ) -> Contact:
        """Change a contact for the portal; an import leaves that alone, and the default address stays (S4.33).

        An empty `portal_email` or `phone` takes it away again. Turning `is_portal_user` off takes the open invitations
        back (S3.9). `remove_accounts` takes the person off accounts: what they were invited to, and what they may see
        as a user, stays, and the ERP puts them on again where it still names them there. `seen` is the `updated_at` of
        the contact that the caller has read.

        Raises:
            Refused: with the field, or the reason; Changed: `changed_meanwhile`, by somebody else since it was `seen`.
        """
        who = self._as(actor)
        region = (await self._office_of(contact_id, actor)).region
        asked = ContactChange(
            name=None if name is None else one_line(name, "name"),
            phone=phone_of(phone, region) if phone else None,
            portal_email=email_of(portal_email, field="portal_email") if portal_email else None,
            is_portal_user=is_portal_user,
            add_accounts=tuple(add_accounts),
            remove_accounts=tuple(remove_accounts),
            clear=frozenset(n for n, v in (("portal_email", portal_email), ("phone", phone)) if v == ""),
        )

        async def work(tx: AsyncConnection) -> tuple[Contact, list[UUID]]:
            contact = await contacts.change(tx, who, contact_id, asked, seen=seen)
            is_barred = is_portal_user is False
            return contact, await taking_back.of_contact(tx, self.ring, who, contact_id) if is_barred else []

        detail = {"command": "contact.set"}
        contact, revoked = await self._recorded(who, detail, work, subject_id=contact_id)
        await self._wake_all(revoked)
        return contact

    async def _office_of(self, contact_id: UUID, actor: str | None) -> Office:
        contact = await self.contact(contact_id, actor=actor)
        return await self._run(lambda tx: offices.get(tx, contact.office))

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
        if not contact.invitation_address and not await self._takes_texts(contact, actor):
            sentence = "There is no address to invite; enter one: doorstep contact set ID --portal-email ADDRESS"
            return Invited(contact_id, "skipped", "no_address", sentence)
        if contact.has_username:
            sentence = "This customer has a username already; add a second one with: doorstep add-user"
            return Invited(contact_id, "skipped", "has_username", sentence)
        invitation = await self.invite(
            office=contact.office,
            contact=contact_id,
            name=contact.name,
            accounts=contact.invited_to,
            roles=roles,
            template=template,
            actor=actor,
        )
        return Invited(contact_id, "invited", invitation=invitation)

    async def _takes_texts(self, contact: Contact, actor: str | None) -> bool:
        """True where a text would reach the person (S0.8): a mobile number, and a gateway to send it by."""
        if not (contact.phone and self.means.has_texts):
            return False
        region = (await self._office_of(contact.id, actor)).region
        try:
            return parse_phone(contact.phone, region).takes_texts
        except AddressError:
            return False
