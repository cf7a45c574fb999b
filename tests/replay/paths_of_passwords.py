"""Every path of a link to a password, forgotten or first, to be recorded."""

from sqlalchemy import select

from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.store import tables as t
from starter.people import Pair
from tests.functional.direct import add, office_with_account, token_of
from tests.house import House, eventually
from tests.replay.ending import approved, ended


async def password_reset_used(house: House) -> str:
    """Asked for, mailed, used."""
    invitation = await _member(house)
    request = await _asked(house, invitation.address)
    token = house.token(await house.mail_of(invitation, Message.PASSWORD_RESET))
    await house.doorstep.reset(token, password="five other words for later")
    return await ended(house, request)


async def password_reset_expired(house: House) -> str:
    """Asked for, mailed, left alone."""
    return await ended(house, await _asked(house, (await _member(house)).address))


async def password_reset_moot(house: House) -> str:
    """Asked for by somebody unknown."""
    return await ended(house, await _asked(house, f"nobody@{await house.office()}.example"))


async def added_used(house: House) -> str:
    """Added directly, both mails sent, the passwords set."""
    pair = await _added(house)
    await house.doorstep.reset(await token_of(house, pair), password="five other words for later")
    return await ended(house, pair.workflow_id)


async def added_expired(house: House) -> str:
    """Added directly, the link left alone."""
    return await ended(house, (await _added(house)).workflow_id)


async def _added(house: House) -> Pair:
    return await add(house, await office_with_account(house))


async def _member(house: House) -> Invitation:
    invitation = await house.waiting(await house.office())
    await approved(house, invitation)
    return invitation


async def _asked(house: House, name: str) -> str:
    await house.doorstep.forgot(name, source=name)
    p = t.password_links.c

    async def look() -> str | None:
        query = select(p.id).where(p.asked_key == name)
        found = (await house.run(lambda tx: tx.execute(query))).scalar_one_or_none()
        return None if found is None else f"password-link-{found}"

    return await eventually(look, "the request")
