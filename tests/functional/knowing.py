"""People who are known somewhere already, and what the tables say of them."""

from dataclasses import dataclass
from email.message import EmailMessage

from sqlalchemy import or_, select

from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from doorstep.store import tables as t
from doorstep.store import users
from tests.house import PASSWORD, House, eventually
from tests.members import boss_of
from tests.pages import add_accounts, token_of

u = t.users.c
JOB, OTHER_JOB = "12 Hill Street", "7 Lake Road"


def person_at(office: str, name: str = "ana") -> str:
    """An address that no other test has."""
    return f"{name}@{office}.example"


async def done(house: House, invitation: Invitation, *, username: str = "") -> Invitation:
    """Set up behind the live link, without waiting for the message."""
    token = await token_of(house, invitation)
    return await house.doorstep.set_up(token, username=username or invitation.address, password=PASSWORD)


async def approved(house: House, invitation: Invitation) -> Invitation:
    """Approved, and active."""
    await house.doorstep.approve(invitation.id, approver=boss_of(invitation))
    return await house.until_state(invitation, State.ACTIVE)


async def welcomed(house: House, invitation: Invitation) -> Invitation:
    """The invitation, approved, active, and the person told."""
    await house.doorstep.approve(invitation.id, approver=boss_of(invitation))
    await house.until_state(invitation, State.ACTIVE)
    await house.mail_of(invitation, Message.WELCOME_EXISTING)
    return await house.doorstep.show(invitation.id)


async def messages_from(house: House, office: str, address: str) -> list[str]:
    """What an office has mailed to somebody, oldest first."""
    help_email = f"help@{office}.example"
    return [str(m["X-Doorstep-Message"]) for m in house.mails(address) if help_email in str(m["Reply-To"])]


async def member_elsewhere(house: House, **options: object) -> Invitation:
    """Somebody who belongs to an office of their own and can sign in with `PASSWORD`."""
    office = await house.office()
    asked = {"email": person_at(office)} | options
    invitation = await house.doorstep.invite(office=office, **asked)  # type: ignore[arg-type]
    await done(house, invitation)
    return await approved(house, invitation)


@dataclass(frozen=True)
class Added:
    """Somebody who was added directly and never set a password."""

    office: str
    address: str
    username: str
    staff_username: str


async def added(house: House) -> Added:
    """A login pair of an office of its own (way A)."""
    office = await house.office()
    await add_accounts(house, office, {"1042": "Ana Farms"})
    address, username = person_at(office), f"ana.{office}"
    pair = await house.doorstep.add_user(office=office, account="1042", email=address, username=username)
    return Added(office, address, username, pair.staff.username)


async def mail_to(house: House, address: str, message: Message) -> EmailMessage:
    """The newest mail of that message to somebody whom no invitation is about."""

    async def look() -> EmailMessage | None:
        return next(reversed(house.mails(address, message)), None)

    return await eventually(look, f"mail {message}")


async def belongs_to(house: House, username: str) -> set[str]:
    """The offices that a user belongs to."""
    found = await house.run(lambda tx: users.by_username(tx, username))
    if found is None:
        return set()
    user = found[0]
    return {each.office for each in await house.run(lambda tx: users.memberships(tx, user.id))}


async def users_of(house: House, key: str) -> list[str]:
    """The usernames of everybody with that address or number, rehearsals and staff logins left out."""
    same = or_(u.email_key == key.lower(), u.phone_key == key)
    query = select(u.username).where(same, u.pair_id.is_(None), ~u.is_test).order_by(u.created_at)
    return list((await house.run(lambda tx: tx.execute(query))).scalars())


async def invited(house: House, office: str, name: str, **options: object) -> Invitation:
    """Somebody who is invited to the job."""
    asked = {"job": JOB, "email": person_at(office, name)} | options
    return await house.doorstep.invite(office=office, **asked)  # type: ignore[arg-type]


async def inside(house: House, office: str, name: str, **options: object) -> Invitation:
    """Somebody who is active on the job."""
    invitation = await invited(house, office, name, **options)
    if invitation.state is State.PENDING:
        await done(house, invitation)
    return await approved(house, invitation)


async def allowed(house: House, username: str) -> list[set[str]]:
    """What a user may use, account by account."""
    found = await house.run(lambda tx: users.by_username(tx, username))
    assert found is not None
    user = found[0]
    return [set(each.permissions) for each in await house.run(lambda tx: users.memberships(tx, user.id))]
