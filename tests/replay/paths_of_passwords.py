"""Every path of a forgotten password, to be recorded."""

from sqlalchemy import select

from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.store import tables as t
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
