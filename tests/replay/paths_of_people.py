"""Paths of people who are known already, or reached by text, or forgotten again; to be recorded."""

from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from tests.house import PASSWORD, House
from tests.replay.ending import approved, ended


async def existing_user_granted(house: House) -> str:
    """Somebody with a user elsewhere: no link, one decision, one welcome."""
    ana = await _member(house)
    invitation = await house.doorstep.invite(office=await house.office(), email=ana.address)
    return await approved(house, await house.settled(invitation))


async def consent_accepted(house: House) -> str:
    """The same where the office asks first: the link leads to a question, and yes to the decision."""
    ana = await _member(house)
    office = await house.office(existing_users="consent")
    invitation = await house.doorstep.invite(office=office, email=ana.address)
    mail = await house.mail_of(await house.settled(invitation), Message.INVITATION, copies=2)
    await house.doorstep.accept(house.token(mail))
    return await approved(house, await house.settled(invitation))


async def invited_by_text(house: House) -> str:
    """A number is all that is known, so every message goes out as a text."""
    invitation = await house.doorstep.invite(office=await house.office(), phone="+64 21 555 0142")
    await house.settled(invitation)
    token = (await house.doorstep.link(invitation.id)).rpartition("/")[2]
    await house.doorstep.set_up(token, username=f"ana.{invitation.office.code}", password=PASSWORD)
    return await approved(house, await house.settled(invitation))


async def erased_while_pending(house: House) -> str:
    """Erased while the link was out."""
    invitation = await house.settled(await house.pending(await house.office()))
    await house.doorstep.erase(invitation.id)
    return await ended(house, invitation.workflow_id)


async def _member(house: House) -> Invitation:
    invitation = await house.waiting(await house.office())
    await approved(house, invitation)
    return await house.doorstep.show(invitation.id)
