"""An office at work, for tests about its staff: two accounts with all that hangs on one, and people of every kind."""

from dataclasses import dataclass, replace

from sqlalchemy import select

from doorstep.store import tables as t
from starter.client import Doorstep
from tests.client_commands import Things, acting, fresh
from tests.house import House, eventually
from tests.rights import Kind, representatives

THEIRS, OTHERS = "1042", "2000"
"""The codes of the account that is assigned to everybody on the staff, and of the one that is assigned to nobody."""

FIRM = "Account Code,Account Name,Contact,E-mail"

KINDS = {
    str(kind): kind
    for kind in (
        *representatives(),
        Kind(frozenset({"companyView"})),
        Kind(frozenset({"companyEdit"})),
        Kind(frozenset({"crmCompanyView", "crmCompanyEdit"})),
        Kind(frozenset({"crmCompanyView", "crmCompanyEdit"}), is_rep=True),
        Kind(frozenset({"companyView", "crmCompanyView", "crmCompanyEdit"})),
    )
}
"""Who works there: the fewest who differ in every way there is, halves of pairs, and whoever the `crm` pair holds."""


@dataclass(frozen=True)
class AtWork:
    """The office, what hangs on the assigned account and on the other one, and an address for each kind of person."""

    house: House
    office: str
    theirs: Things
    others: Things
    addresses: dict[str, str]

    @property
    def operator(self) -> Doorstep:
        """Whoever holds the keys of the house."""
        return self.house.doorstep

    def as_(self, kind: str) -> Doorstep:
        """The client API in the hands of somebody of that kind."""
        return acting(self.house.doorstep, self.addresses[kind])

    async def renewed(self, name: str, things: Things) -> Things:
        """The same with another one in the place of whatever is gone after the command `name`."""
        if name in ("user_delete", "user_erase"):
            return replace(things, username=await add_user(self.house, self.office, things.account))
        if name == "staff_remove":
            return replace(things, colleague=await add_colleague(self.house, self.office))
        boss, leaving = f"boss1@{self.office}.example", f"{fresh('leaving')}@{self.office}.example"
        await self.operator.approvers_set(self.office, [boss, leaving])
        return replace(things, approver=leaving)


async def at_work(house: House) -> AtWork:
    """A new office with all of that."""
    office = await house.office()
    rows = [f"{code},Firm {code},Person {code},person-{code}@{office}.example" for code in (THEIRS, OTHERS)]
    async for _ in await house.doorstep.import_rows("\n".join([FIRM, *rows]).encode(), office):
        pass
    addresses = {kind: f"p{number}@{office}.example" for number, kind in enumerate(KINDS)}
    theirs, others = [await _things(house, office, account) for account in (THEIRS, OTHERS)]
    for name, kind in KINDS.items():
        permissions, to = sorted(kind.held), addresses[name]
        await house.doorstep.staff_set(office, to, permissions=permissions, is_rep=kind.is_rep, accounts=[THEIRS])
    for things in (theirs, others):
        await told(house, things.username)
    return AtWork(house, office, theirs, others, addresses)


async def _things(house: House, office: str, account: str) -> Things:
    invitation = await house.settled(await house.pending(office, accounts=[account], job=f"Job {account}"))
    assert invitation.job_id is not None
    contacts = await house.doorstep.contacts(office, account=account)
    username = await add_user(house, office, account)
    return Things(
        office=office,
        account=account,
        invitation=invitation.id,
        contact=contacts[0].id,
        username=username,
        colleague=await add_colleague(house, office),
        approver=f"boss1@{office}.example",
        job=invitation.job_id,
        user=(await house.doorstep.user(username)).user.id,
    )


async def add_user(house: House, office: str, account: str) -> str:
    """The username of somebody who was added to the account."""
    username = fresh("member")
    await house.doorstep.add_user(office=office, account=account, email=f"{username}@example.org", username=username)
    return username


async def told(house: House, username: str) -> None:
    """Wait until the worker has told a user how to set a password."""
    p, u = t.password_links.c, t.users.c
    is_told = select(p.id).join(t.users, u.id == p.user_id).where(u.username == username, p.state == "sent")

    async def look() -> object:
        return (await house.run(lambda tx: tx.execute(is_told.where(p.seen_rev == p.rev)))).scalar_one_or_none()

    await eventually(look, "the mails to the new user")


async def add_colleague(house: House, office: str) -> str:
    """Somebody more on the staff."""
    address = f"{fresh('colleague')}@{office}.example"
    await house.doorstep.staff_set(office, address, permissions=["customerView"])
    return address
