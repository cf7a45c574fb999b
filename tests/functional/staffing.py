"""An office with a member of staff of a certain kind, and customers on two accounts."""

from uuid import UUID

from doorstep.domain.invitation import Invitation
from starter.client import Doorstep
from tests.client_commands import acting, fresh
from tests.house import House

EXPORT = """Account Code,Account Name,Contact,E-mail,Mobile
1042,Kauri Farms,Ana Ngata,ana@{0}.example,021 555 0142
2000,Rimu Dairies,Ben Rata,ben@{0}.example,021 555 0143
1042,Kauri Farms,Cara Both,cara@{0}.example,
2000,Rimu Dairies,Cara Both,cara@{0}.example,
"""
CRM = ("crmCompanyView", "crmCompanyEdit")


async def staffed(house: House, *permissions: str, is_rep: bool = False) -> tuple[str, Doorstep]:
    """An office with accounts 1042 and 2000, an administrator, and a clerk to whom 1042 is assigned."""
    office = await house.office()
    async for _ in await house.doorstep.import_rows(EXPORT.format(office).encode(), office):
        pass
    await house.doorstep.staff_set(office, f"chief@{office}.example", permissions=["administrator"])
    clerk = f"clerk@{office}.example"
    await house.doorstep.staff_set(office, clerk, permissions=permissions, is_rep=is_rep, accounts=["1042"])
    return office, acting(house.doorstep, clerk)


async def contact_named(house: House, office: str, name: str) -> UUID:
    """The id of a contact."""
    return (await house.doorstep.contacts(office, search=name))[0].id


async def draft(house: House, office: str, *accounts: str) -> Invitation:
    """A draft of the operator's."""
    email = f"{fresh('x')}@example.org"
    return await house.doorstep.invite(office=office, email=email, accounts=accounts, is_draft=True)
