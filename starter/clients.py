"""Clients and companies as staff work with them: looked at with what is open beside them, added and invited at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import Right
from doorstep.domain.clients import Choices, Client, Portal
from doorstep.domain.contact import Contact
from doorstep.domain.destination import email_of, phone_of
from doorstep.domain.invitation import Invitation
from doorstep.domain.pages import Page
from doorstep.domain.requests import NewContact, NewInvitation
from doorstep.store import asking, clients, contacts, creating, offices
from doorstep.store.address_book import Search
from doorstep.store.audit import Actor
from doorstep.store.clients import Company
from starter.directory import CONTACTS
from starter.onboarding import Onboarding
from starter.typed import channel_named, checked_locale, one_line

PAGE = 50


@dataclass(frozen=True)
class Added:
    """The contact and the invitation; `is_new` is false where an open invitation answered for itself (S1.19)."""

    contact: Contact
    invitation: Invitation
    is_new: bool


class Clients(Onboarding):
    """What the pages of clients and companies stand on."""

    async def client_page(
        self, office: str, wanted: Search = CONTACTS, *, after: str = "", limit: int = PAGE, actor: str | None = None
    ) -> Page[Client]:
        """Contacts with the state of their newest invitation, in the order in which they were made (S3.3).

        Raises:
            NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`; Invalid: `cursor_invalid`.
        """
        who = self._as(actor)
        return await self._run(lambda tx: clients.page(tx, who, office, wanted, after=after, limit=limit))

    async def client_portal(self, contact_id: UUID, *, actor: str | None = None) -> Portal:
        """The Portal tab of a contact (S3.4).

        Raises:
            NotFound: `no_such_contact`.
        """
        who = self._as(actor)
        return await self._run(lambda tx: clients.portal(tx, who, contact_id))

    async def client_choices(self, office: str, *, limit: int = PAGE, actor: str | None = None) -> Choices:
        """What somebody who adds a client chooses from (S0.9, S1.10, S1.14).

        Raises:
            NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`.
        """
        who = self._as(actor)
        return await self._run(lambda tx: clients.choices(tx, who, office, limit=limit))

    async def company(self, office: str, code: str, *, limit: int = PAGE, actor: str | None = None) -> Company:
        """One company with its contacts, users and open invitations (S1.7).

        Raises:
            NotFound: `no_such_account`.
        """
        who = self._as(actor)
        return await self._run(lambda tx: clients.company(tx, who, office, code, limit=limit))

    async def client_add(  # noqa: PLR0913 - the one form of S0 and S1, all by name
        self,
        *,
        office: str,
        email: str | None = None,
        phone: str | None = None,
        channel: str | None = None,
        name: str = "",
        accounts: Sequence[str] = (),
        job: str | None = None,
        roles: Sequence[str] = (),
        template: str = "",
        locale: str = "",
        is_draft: bool = False,
        actor: str | None = None,
    ) -> Added:
        """Make a contact and their invitation in one step (S0.2, S1.17): refused as a whole, or there as a whole.

        Somebody known already is completed and never doubled (S0.5). With `is_draft` nothing is sent (S0.15).

        Raises:
            Refused: with the field, or the reason.
        """
        region = (await self._run(lambda tx: offices.get(tx, office))).region
        person = NewContact(
            office=office,
            name=one_line(name, "name"),
            email=email_of(email) if email else None,
            phone=phone_of(phone, region) if phone else None,
            accounts=tuple(accounts),
        )
        asked = NewInvitation(
            office=office,
            email=person.email,
            phone=person.phone,
            channel=channel_named(channel) if channel else None,
            name=person.name,
            accounts=person.accounts,
            job=one_line(job, "job") or None if job else None,
            roles=tuple(roles),
            template=template.strip(),
            locale=checked_locale(locale),
            is_draft=is_draft,
        )
        who, detail = self._as(actor), {"command": "client.add", "office": office}
        added = await self._recorded(who, detail, lambda tx: self._added(tx, who, person, asked))
        if added.is_new and not is_draft:
            await self.starter.start(added.invitation)
        return added

    async def _added(self, tx: AsyncConnection, who: Actor, person: NewContact, asked: NewInvitation) -> Added:
        office = await offices.get(tx, asked.office)
        # The right first, and then everything that is missing at once (S0.9). No account is locked before the contact
        # is found: an import holds the directory first and its accounts after that.
        await asking.accounts_for(tx, who, Right.CONTACTS, office, asked.accounts)
        asking.require_fields(office, asked, asked.email, asked.phone)
        contact = await contacts.add(tx, who, person)
        invitation, is_new = await creating.create(tx, self.ring, who, replace(asked, contact=contact.id))
        return Added(contact, invitation, is_new)
