"""Single accounts and contacts as the ERP says they are, by its own keys: the same merging as an import."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.contact import Contact
from doorstep.domain.destination import email_of, phone_of
from doorstep.domain.erp import ImportRow
from doorstep.domain.errors import Invalid
from doorstep.store import address_book, directory_pages, offices, putting
from doorstep.store.directory_pages import AccountRecord
from doorstep.store.putting import Became, Put
from starter.typed import one_line
from starter.waking import Waking

LONGEST_KEY = 200
BLANK = ImportRow(0, "", "", "", "", "", "", None, None)


@dataclass(frozen=True)
class PutAccount:
    """What a `PUT` did, the account as it stands now, and how many open invitations were taken back or lost it."""

    became: Became
    account: AccountRecord
    taken_back: int = 0


@dataclass(frozen=True)
class PutContact:
    """What a `PUT` did, the contact as it stands now, and how many open invitations were taken back."""

    became: Became
    contact: Contact
    taken_back: int = 0


class Puts(Waking):
    """What another system says of accounts and contacts, one at a time (S0.3)."""

    async def account_put(  # noqa: PLR0913 - what an account is, all by name
        self,
        office: str,
        code: str,
        *,
        name: str = "",
        customer_type: str = "",
        sales_rep: str = "",
        price_list: str = "",
        is_closed: bool = False,
        seen: datetime | None = None,
        actor: str | None = None,
    ) -> PutAccount:
        """Make or change an account; a blank text leaves what is known, as in an import.

        Closing it takes back the open invitations that are to no other open account (S3.9). `seen` is the `updated_at`
        that the caller has read.

        Raises:
            Refused: unknown office; not allowed; `field_invalid`; `changed_meanwhile`.
        """
        row = replace(
            BLANK,
            account_code=_key(code, "code"),
            account_name=one_line(name, "name"),
            customer_type=one_line(customer_type, "customer_type"),
            sales_rep=one_line(sales_rep, "sales_rep"),
            price_list=one_line(price_list, "price_list"),
            is_closed=is_closed,
        )
        who, detail = self._as(actor), {"command": "account.put", "office": office}

        async def work(tx: AsyncConnection) -> tuple[Put, AccountRecord]:
            put = await putting.account(tx, self.ring, who, office, row, seen=seen)
            return put, await directory_pages.account(tx, who, office, row.account_code)

        put, account = await self._recorded(who, detail, work)
        await self._wake_all(put.touched)
        return PutAccount(put.became, account, len(put.touched))

    async def contact_put(  # noqa: PLR0913 - what a contact is, all by name
        self,
        office: str,
        external_key: str,
        *,
        name: str = "",
        email: str | None = None,
        phone: str | None = None,
        accounts: Sequence[str] = (),
        is_portal_user: bool | None = None,
        seen: datetime | None = None,
        actor: str | None = None,
    ) -> PutContact:
        """Make or change the contact that the ERP calls `external_key`; somebody known already is found (S0.5).

        Accounts are added, never taken away; what is left out stays, and so does what staff wrote for the portal. With
        `is_portal_user` off, the open invitations are taken back (S3.9). `seen` is the `updated_at` that was read.

        Raises:
            Refused: unknown office or account; not allowed; `field_invalid`; `address_invalid`, `phone_invalid`,
                `address_required`; `address_taken`; `changed_meanwhile`.
        """
        region = (await self._run(partial(offices.get, code=office))).region
        person = replace(
            BLANK,
            contact_name=one_line(name, "name"),
            email=email_of(email) if email else None,
            phone=phone_of(phone, region) if phone else None,
            contact_key=_key(external_key, "external_key"),
            is_portal_user=is_portal_user,
        )
        codes = dict.fromkeys(_key(code, "account") for code in accounts)
        rows = [replace(person, account_code=code) for code in codes or [""]]
        who, detail = self._as(actor), {"command": "contact.put", "office": office}

        async def work(tx: AsyncConnection) -> tuple[Put, Contact]:
            put = await putting.contact(tx, self.ring, who, office, rows, seen=seen)
            return put, await address_book.get(tx, who, put.id)

        put, contact = await self._recorded(who, detail, work)
        await self._wake_all(put.touched)
        return PutContact(put.became, contact, len(put.touched))


def _key(text: str, field: str) -> str:
    """A key of another system, on one line and not endless; nothing inside it is touched.

    Raises:
        Invalid: `field_invalid`.
    """
    key = text.strip()
    if not key or len(key) > LONGEST_KEY or not key.isprintable():
        raise Invalid("field_invalid", f"A key has 1 to {LONGEST_KEY} plain characters.", field=field)
    return key
