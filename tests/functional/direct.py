"""Somebody who is added directly: the pair, its mails, and the request behind its link."""

from datetime import datetime, timedelta
from email.message import EmailMessage
from uuid import UUID

from sqlalchemy import select

from doorstep.domain.invitation import Delivery
from doorstep.domain.messages import Message
from doorstep.local.clock import fast_forward_link
from doorstep.store import deliveries, password_links, users
from doorstep.store import tables as t
from doorstep.store.password_links import PasswordLink
from doorstep.store.users import Membership
from starter.people import Pair
from tests.house import House, eventually
from tests.pages import add_accounts

ACCOUNT = "1042"


async def office_with_account(house: House, **rules: object) -> str:
    """An office with the account `ACCOUNT`, and with nobody who could approve."""
    office = await house.office(approvers=0, **rules)
    await add_accounts(house, office, {ACCOUNT: "Hill Farm"})
    return office


async def add(house: House, office: str, username: str = "", **options: object) -> Pair:
    """A pair of the account; the address is that of `username` in the domain of the office, unless one is given."""
    name = username or f"ann.{office}"
    values: dict[str, object] = {"account": ACCOUNT, "email": f"{name}@{office}.example", "name": "Ann Hill"}
    return await house.doorstep.add_user(office=office, username=name, **(values | options))  # type: ignore[arg-type]


async def mail_to(house: House, address: str, message: Message, *, copies: int = 1) -> EmailMessage:
    """The newest mail of that message, once `copies` of it are there."""

    async def look() -> EmailMessage | None:
        found = house.mails(address, message)
        return found[-1] if len(found) >= copies else None

    return await eventually(look, f"{copies} mail {message}")


async def link_of(house: House, pair: Pair) -> PasswordLink:
    """The request behind the link to the passwords."""
    found = await house.run(lambda tx: password_links.get(tx, pair.password_link_id))
    assert found is not None
    return found


async def sent_for(house: House, pair: Pair, message: Message) -> Delivery:
    """The delivery of one of the two mails."""
    found = await house.run(lambda tx: deliveries.of_subject(tx, pair.password_link_id))
    return next(each for each in found if each.message is message)


async def token_of(house: House, pair: Pair) -> str:
    """The token that was mailed."""
    return house.token(await mail_to(house, pair.management.email, Message.SET_PASSWORD))


async def pass_time(house: House, pair: Pair, by: timedelta) -> bool:
    """Let `by` pass for the link to the passwords."""
    url = house.settings.database_url.get_secret_value()
    return await fast_forward_link(house.client, url, pair.password_link_id, by)


async def memberships_of(house: House, user_id: UUID) -> list[Membership]:
    """What a user belongs to."""
    return await house.run(lambda tx: users.memberships(tx, user_id))


async def result_of(house: House, pair: Pair) -> object:
    """How the workflow of the pair ended."""
    return await house.client.get_workflow_handle(pair.workflow_id).result()


async def requests_of(house: House, asked: str) -> list[tuple[UUID, str, datetime | None]]:
    """The requests for a forgotten password under that name: id, state, and the end of the link."""
    p = t.password_links.c
    query = select(p.id, p.state, p.expires_at).where(p.asked_key == asked, p.kind == password_links.FORGOT)
    return [(row[0], row[1], row[2]) for row in await house.run(lambda tx: tx.execute(query))]
