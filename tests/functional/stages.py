"""An invitation in each of its states, by the way that leads there."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta

from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from tests.breaking import activation_broken
from tests.house import PASSWORD, House
from tests.members import boss_of
from tests.pages import active

DAY = timedelta(days=1)
Make = Callable[[House, AsyncExitStack], Awaitable[Invitation]]


async def draft(house: House, _stack: AsyncExitStack) -> Invitation:
    """Saved for later."""
    office = await house.office()
    return await house.doorstep.invite(office=office, email=f"ana@{office}.example", is_draft=True)


async def pending(house: House, _stack: AsyncExitStack) -> Invitation:
    """Mailed."""
    return await house.pending(await house.office())


async def awaiting_approval(house: House, _stack: AsyncExitStack) -> Invitation:
    """Set up."""
    return await house.waiting(await house.office())


async def approved(house: House, stack: AsyncExitStack) -> Invitation:
    """Decided, and kept from becoming active for as long as the stack is open."""
    made = await house.waiting(await house.office())
    await stack.enter_async_context(activation_broken(house, made.office.code))
    await house.doorstep.approve(made.id, approver=boss_of(made))
    return await house.until(made, lambda row: "activation_failing" in row.attention)


async def active_and_signed_in(house: House, _stack: AsyncExitStack) -> Invitation:
    """Active, and used."""
    made = await active(house, await house.office())
    await house.doorstep.sign_in(made.address, PASSWORD, source=made.address)
    return made


async def expired(house: House, _stack: AsyncExitStack) -> Invitation:
    """Not used in time."""
    made = await house.pending(await house.office())
    await house.pass_time(made, DAY)
    return await house.until_state(made, State.EXPIRED)


async def closed(house: House, stack: AsyncExitStack) -> Invitation:
    """Not renewed in time either."""
    made = await expired(house, stack)
    await house.pass_time(made, 7 * DAY)
    await house.handle(made).result()
    return await house.doorstep.show(made.id)


async def declined(house: House, _stack: AsyncExitStack) -> Invitation:
    """Not me."""
    made = await house.pending(await house.office())
    await house.doorstep.decline(house.token(await house.mail_of(made, Message.INVITATION)))
    return await house.until_state(made, State.DECLINED)


async def revoked(house: House, _stack: AsyncExitStack) -> Invitation:
    """Taken back."""
    made = await house.pending(await house.office())
    await house.doorstep.revoke(made.id, reason="moved")
    return await house.until_state(made, State.REVOKED)


async def rejected(house: House, _stack: AsyncExitStack) -> Invitation:
    """Refused."""
    made = await house.waiting(await house.office())
    await house.doorstep.reject(made.id, approver=boss_of(made), reason="a stranger")
    return await house.until_state(made, State.REJECTED)


STATES: dict[str, Make] = {
    make.__name__: make
    for make in (
        *(draft, pending, awaiting_approval, approved, active_and_signed_in),
        *(expired, closed, declined, revoked, rejected),
    )
}
