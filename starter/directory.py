"""What an office has, page by page, as systems read it: accounts, contacts, jobs, users, deliveries and the audit."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import no_such_invitation
from doorstep.domain.contact import Contact
from doorstep.domain.pages import Page
from doorstep.store import address_book, audit_pages, delivery_pages, directory_pages, member_lists, reading, sight
from doorstep.store.address_book import Search
from doorstep.store.audit_pages import AuditFilter, AuditRecord
from doorstep.store.delivery_pages import DeliveryFilter, DeliveryRecord
from doorstep.store.directory_pages import AccountFilter, AccountRecord, JobPlaces
from doorstep.store.member_lists import UserFilter
from doorstep.store.people import Member
from starter.desk import Connected

ACCOUNTS, CONTACTS, DELIVERIES, RECORDS = AccountFilter(), Search(), DeliveryFilter(), AuditFilter()
USERS = UserFilter()
"""Filters that leave a list as wide as it is."""
PAGE = 50


class Directory(Connected):
    """Reading alone: each page begins at the place `after`, which the page before it named."""

    async def account(self, office: str, code: str, *, actor: str | None = None) -> AccountRecord:
        """One account by its code.

        Raises:
            NotFound: `no_such_account`.
        """
        who = self._as(actor)
        return await self._run(lambda tx: directory_pages.account(tx, who, office, code))

    async def account_page(
        self,
        office: str,
        wanted: AccountFilter = ACCOUNTS,
        *,
        after: str = "",
        limit: int = PAGE,
        actor: str | None = None,
    ) -> Page[AccountRecord]:
        """Accounts in order of code (S1.6, S4.29).

        Raises:
            NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`.
        """
        who = self._as(actor)
        return await self._run(lambda tx: directory_pages.accounts(tx, who, office, wanted, after=after, limit=limit))

    async def contact_page(
        self, office: str, wanted: Search = CONTACTS, *, after: str = "", limit: int = PAGE, actor: str | None = None
    ) -> Page[Contact]:
        """Contacts in the order in which they were made (S3.3, S4.26).

        Raises:
            NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`; Invalid: `cursor_invalid`.
        """
        who = self._as(actor)
        return await self._run(lambda tx: address_book.page(tx, who, office, wanted, after=after, limit=limit))

    async def job(self, job_id: UUID, *, actor: str | None = None) -> JobPlaces:
        """One job, and how many of its places are taken.

        Raises:
            NotFound: `no_such_job`.
        """
        who = self._as(actor)
        return await self._run(lambda tx: directory_pages.job(tx, who, job_id))

    async def job_page(
        self, office: str, *, search: str = "", after: str = "", limit: int = PAGE, actor: str | None = None
    ) -> Page[JobPlaces]:
        """Jobs in order of name, with their places.

        Raises:
            NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`.
        """
        who = self._as(actor)
        return await self._run(
            lambda tx: directory_pages.jobs(tx, who, office, search=search, after=after, limit=limit)
        )

    async def user_by_id(self, user_id: UUID, *, actor: str | None = None) -> Member:
        """One user, by the id.

        Raises:
            NotFound: `no_such_user`.
        """
        who = self._as(actor)
        return await self._run(lambda tx: member_lists.get_by_id(tx, who, user_id))

    async def user_page(
        self, office: str, wanted: UserFilter = USERS, *, after: str = "", limit: int = PAGE, actor: str | None = None
    ) -> Page[Member]:
        """Users in order of username.

        Raises:
            NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`.
        """
        who = self._as(actor)
        return await self._run(lambda tx: member_lists.page(tx, who, office, wanted, after=after, limit=limit))

    async def delivery_page(
        self,
        office: str,
        wanted: DeliveryFilter = DELIVERIES,
        *,
        after: str = "",
        limit: int = PAGE,
        actor: str | None = None,
    ) -> Page[DeliveryRecord]:
        """What an office sent, the newest first (S3.7).

        Raises:
            NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`; Invalid: `cursor_invalid`.
        """
        who = self._as(actor)
        return await self._run(lambda tx: delivery_pages.of_office(tx, who, office, wanted, after=after, limit=limit))

    async def deliveries_of(
        self,
        invitation_id: UUID,
        wanted: DeliveryFilter = DELIVERIES,
        *,
        after: str = "",
        limit: int = PAGE,
        actor: str | None = None,
    ) -> Page[DeliveryRecord]:
        """What was sent about one invitation, the newest first.

        Raises:
            NotFound: `no_such_invitation`; Conflict: `row_unreadable`; Invalid: `cursor_invalid`.
        """
        who = self._as(actor)

        async def work(tx: AsyncConnection) -> Page[DeliveryRecord]:
            if not await reading.rows(tx, [invitation_id], seen=await sight.of_invitations(tx, who)):
                raise no_such_invitation()
            return await delivery_pages.of_invitation(tx, invitation_id, wanted, after=after, limit=limit)

        return await self._run(work)

    async def audit_page(
        self,
        office: str,
        wanted: AuditFilter = RECORDS,
        *,
        after: str = "",
        limit: int = PAGE,
        actor: str | None = None,
    ) -> Page[AuditRecord]:
        """What was recorded of an office, the newest first (T34).

        Raises:
            NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`; Invalid: `cursor_invalid`.
        """
        who = self._as(actor)
        return await self._run(lambda tx: audit_pages.of_office(tx, who, office, wanted, after=after, limit=limit))
