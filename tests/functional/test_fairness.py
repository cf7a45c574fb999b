"""Whose turn it is: a single invitation beside the bulk of another office, and two offices with bulk at once."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
import uuid_utils.compat as uuid_utils
from temporalio.common import Priority

import worker
from doorstep.domain.invitation import Invitation
from doorstep.store.audit import Actor
from starter import temporal
from starter.client import Doorstep
from starter.temporal import Starter
from tests.faults.misbehaving_smtp import ACCEPT
from tests.house import House, eventually, work

BULK = 16
FEW_SLOTS = 1
Invite = Callable[[str], Awaitable[str]]


class InBulk(Starter):
    """Starts the workflow of an invitation as that of a batch."""

    async def start(self, invitation: Invitation) -> bool:
        """Start it as one of many."""
        return await super().start(replace(invitation, batch_id=uuid_utils.uuid7()))


@pytest.fixture
async def queue(idle_house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """The house with a task queue of its own, on which nobody works yet."""
    name = f"fairness-{uuid_utils.uuid7()}"
    monkeypatch.setattr(temporal, "TASK_QUEUE", name)
    monkeypatch.setattr(worker, "TASK_QUEUE", name)
    idle_house.smtp.mode = ACCEPT
    return idle_house


def invite_with(house: House, starter: Starter) -> Invite:
    """Inviting through the client API; answers with the address, by which the mail is known."""
    actor = Actor("clerk@office.example", "api", is_trusted=True)
    doorstep = Doorstep(house.engine, starter, house.ring, house.settings, actor)

    async def invite(office: str) -> str:
        address = f"{uuid_utils.uuid7().hex}@example.org"
        await doorstep.invite(office=office, email=address)
        return address

    return invite


async def places(house: House, busy: list[str], watched: list[str]) -> list[int]:
    """At which places the watched ones were mailed, once a worker with few slots has mailed them all."""
    waited_for = {*busy, *watched}

    async def all_mailed() -> list[str] | None:
        arrived = [stored.recipients[0] for stored in house.smtp.stored if waited_for & set(stored.recipients)]
        order = list(dict.fromkeys(arrived))  # a busy machine may have to hand over a mail twice
        return order if len(order) == len(waited_for) else None

    async with work(house, activities_at_once=FEW_SLOTS):
        order = await eventually(all_mailed, "every invitation to be mailed")
    return [order.index(address) for address in watched]


async def test_who_waits_comes_before_the_bulk_of_another_office(queue: House) -> None:
    """A single invitation that comes last is mailed before most of another office's bulk."""
    busy_office, other_office = await queue.office(), await queue.office()
    in_bulk, singly = invite_with(queue, InBulk(queue.client)), invite_with(queue, Starter(queue.client))
    busy = [await in_bulk(busy_office) for _ in range(BULK)]

    place = await places(queue, busy, [await singly(other_office)])

    assert place[0] < BULK // 4


async def test_without_its_keys_it_would_wait_for_all_of_them(queue: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the keys that let it pass, since without them the same invitation is mailed late."""
    monkeypatch.setattr(temporal, "priority_of", lambda _office, **_: Priority.default)
    busy_office, other_office = await queue.office(), await queue.office()
    in_bulk, singly = invite_with(queue, InBulk(queue.client)), invite_with(queue, Starter(queue.client))
    busy = [await in_bulk(busy_office) for _ in range(BULK)]

    place = await places(queue, busy, [await singly(other_office)])

    assert place[0] > BULK // 2  # not the very last: workflows begin several at a time, and change places then


async def test_two_offices_with_bulk_take_turns(queue: House) -> None:
    """The small batch of one office does not wait for the end of the large one before it."""
    busy_office, other_office = await queue.office(), await queue.office()
    in_bulk = invite_with(queue, InBulk(queue.client))
    busy = [await in_bulk(busy_office) for _ in range(BULK)]

    taken = await places(queue, busy, [await in_bulk(other_office) for _ in range(3)])

    assert taken[-1] < BULK // 2
