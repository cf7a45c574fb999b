"""The main job on real servers: invited, set up, approved, active, signed in."""

from doorstep.domain.messages import Message
from doorstep.domain.states import State
from tests.house import PASSWORD, House


async def test_an_invited_person_ends_up_signed_in(house: House) -> None:
    """S3.1, S4.24, S4.38, S4.40, S4.45: from the invitation to the sign-in, each message arrives once."""
    office = await house.office()
    invitation = await house.pending(office)
    boss = f"boss1@{office}.example"

    await house.set_up(invitation)
    await house.doorstep.approve(invitation.id, approver=boss)
    active = await house.until_state(invitation, State.ACTIVE)
    session = await house.doorstep.sign_in(invitation.address, PASSWORD)

    home = await house.doorstep.home(session)
    assert home is not None
    assert home.user.username == invitation.address
    assert await house.handle(invitation).result() == {"state": "active"}
    assert active.seen_rev == active.rev
    for message in (Message.INVITATION, Message.SET_UP_RECEIVED, Message.APPROVED, Message.WELCOME):
        assert len(house.mails(invitation.address, message)) == 1
    assert len(house.mails(boss, Message.APPROVAL_NEEDED)) == 1
