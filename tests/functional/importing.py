"""Rows of an ERP export, imported into an office, and the contacts that came of them."""

from doorstep.domain.contact import Contact
from doorstep.store.importing import ImportReport
from tests.house import House

HEAD = "Account Code,Account Name,Customer Type,Sales Rep,Price List,Contact,E-mail,Mobile"


async def imported(house: House, office: str, *rows: str, is_dry_run: bool = False, head: str = HEAD) -> ImportReport:
    """Import rows as the ERP exports them; what came of it."""
    data = "\n".join([head, *rows]).encode()
    under_way = await house.doorstep.import_rows(data, office, is_dry_run=is_dry_run)
    async for _ in under_way:
        pass
    return under_way.report


async def people(house: House, office: str) -> list[Contact]:
    """Every contact of an office, by name."""
    return await house.doorstep.contacts(office)


async def only(house: House, office: str) -> Contact:
    """The one contact of an office."""
    (found,) = await people(house, office)
    return found


def on(contact: Contact) -> list[str]:
    """The codes of a contact's accounts."""
    return [account.code for account in contact.accounts]
