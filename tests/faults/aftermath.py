"""The audit that every fault ends with: one state, one user, one acceptance, identical copies, nothing left over."""

from collections.abc import Iterable

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio.worker import Replayer

from doorstep.domain.events import Event
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from doorstep.store import tables as t
from tests.house import House, eventually
from workflows.registry import INTERCEPTORS, WORKFLOWS

WITH_USER = (State.AWAITING_APPROVAL, State.APPROVED, State.ACTIVE)
ONCE = (Event.CREATED, Event.APPROVED, Event.REJECTED, Event.REVOKED, Event.ACTIVATED, Event.CLOSED, Event.ESCALATED)


async def is_clean(
    house: House, invitation: Invitation, state: State, mails: Iterable[tuple[str, Message]] = ()
) -> Invitation:
    """Wait for `state` with nothing left over, then look at everything; the row as it stands."""
    row = await house.until(invitation, lambda row: row.state is state and not row.unsent() and row.seen_rev == row.rev)
    events = await house.events(invitation)
    assert events.count(Event.SET_UP) == (1 if row.set_up_at else 0)
    assert all(events.count(event) <= 1 for event in ONCE), events
    assert await users_of(house, invitation) == (1 if state in WITH_USER else 0)
    for address, message in mails:
        copies_are_identical(house, address, message)
    await nothing_is_open(house)
    await replays(house, invitation.workflow_id)
    return row


async def users_of(house: House, invitation: Invitation) -> int:
    """How many users have the address of an invitation."""

    async def count(tx: AsyncConnection) -> int:
        query = select(func.count()).select_from(t.users).where(t.users.c.email_key == invitation.address_key)
        return int((await tx.execute(query)).scalar_one())

    return await house.run(count)


def copies_of(house: House, address: str, message: Message) -> list[bytes]:
    """Every copy that the mail server took, as it came over the wire."""
    took = [stored for stored in house.smtp.stored if address in stored.recipients]
    return [stored.content for stored in took if stored.message == message]


def copies_are_identical(house: House, address: str, message: Message) -> None:
    """At least one copy of a message, and all of them byte for byte the same: Message-ID, Date, link and body."""
    copies = copies_of(house, address, message)
    assert copies, f"no {message}"
    assert len(set(copies)) == 1, f"{len(copies)} copies of {message} differ"


async def nothing_is_open(house: House) -> None:
    """No transaction was left open by whoever died."""

    async def count(tx: AsyncConnection) -> int:
        query = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
        return int((await tx.execute(text(query))).scalar_one())

    async def none() -> bool | None:
        return True if await house.run(count) == 0 else None

    await eventually(none, "every transaction to end")


async def replays(house: House, workflow_id: str) -> None:
    """The history can be replayed by the code of today."""
    history = await house.client.get_workflow_handle(workflow_id).fetch_history()
    await Replayer(workflows=list(WORKFLOWS), interceptors=list(INTERCEPTORS)).replay_workflow(history)
