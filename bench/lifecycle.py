"""Lives of an invitation a second, the product's beside a bare workflow's, in alternating rounds on one server.

A life of the product: invited, mailed, set up, announced, approved, activated, told; with PostgreSQL, the audit and a
real mail server. The password's hash is made once beforehand: it costs what it is meant to cost, and is measured alone.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

import uuid_utils.compat as uuid_utils
from temporalio.client import Client

from bench.bare import TASK_QUEUE, BareWorkflow
from bench.moments import Moments
from doorstep.domain.invitation import Invitation
from doorstep.domain.states import Command
from doorstep.security.links import Purpose
from doorstep.store import links
from doorstep.store.orders import NewUser, Order
from starter.client import Doorstep
from starter.invitee import INVITEE

ROUNDS = 6
LIVES = 50
AT_ONCE = 20
LATENCIES = 60
SETTLE = 0.06
"""Seconds a driver leaves a workflow to begin its wait, so that the timer really starts; lives overlap meanwhile."""

Life = Callable[[], Awaitable[float]]


@dataclass(frozen=True)
class Lives:
    """Both kinds of lives on one set of servers; each answers with its seconds from the approval to the effect."""

    doorstep: Doorstep
    client: Client
    moments: Moments
    office: str
    boss: str
    password_hash: str

    async def product(self) -> float:
        """One invitation from the start to the end of its workflow."""
        invitation = await self.doorstep.invite(office=self.office, email=f"{uuid_utils.uuid7().hex}@example.org")
        await self._after(invitation, "send_invitation")
        await self._set_up(invitation)
        await self._after(invitation, "announce_set_up")
        approved_at = time.perf_counter()
        await self.doorstep.approve(invitation.id, approver=self.boss)
        active_at = await self.moments.of(invitation.workflow_id, "active")
        await self.client.get_workflow_handle(invitation.workflow_id).result()
        return active_at - approved_at

    async def bare(self) -> float:
        """One bare workflow from its start to its end."""
        identifier = f"bare-{uuid_utils.uuid7()}"
        handle = await self.client.start_workflow(BareWorkflow.run, identifier, id=identifier, task_queue=TASK_QUEUE)
        await self.moments.of(identifier, "nothing")
        await asyncio.sleep(SETTLE)
        await handle.signal(BareWorkflow.go)
        await asyncio.sleep(SETTLE)
        approved_at = time.perf_counter()
        await handle.signal(BareWorkflow.go)
        ended_at = await self.moments.of(identifier, "nothing_more")
        await handle.result()
        return ended_at - approved_at

    async def _after(self, invitation: Invitation, activity_type: str) -> None:
        await self.moments.of(invitation.workflow_id, activity_type)
        await asyncio.sleep(SETTLE)

    async def _set_up(self, invitation: Invitation) -> None:
        """What the set-up form does after the password is hashed: find the link, and carry out the order."""
        token = await self._token(invitation.id)
        view = await self.doorstep.open_link(token)
        user = NewUser(invitation.address, self.password_hash)
        order = Order(Command.SET_UP, invitation.id, INVITEE, link_generation=view.generation, user=user)
        await self.doorstep._command(order)  # noqa: SLF001 - set_up without the hash, which is measured by itself

    async def _token(self, identifier: UUID) -> str:
        record = await self.doorstep._run(  # noqa: SLF001 - instead of reading a mailbox
            lambda tx: links.current(tx, Purpose.INVITATION, identifier, 1)
        )
        if record is None:
            raise LookupError("the invitation has no link")
        return self.doorstep.ring.token(record)


async def throughput(life: Life, count: int) -> float:
    """Lives a second, `AT_ONCE` of them at a time."""
    turnstile = asyncio.Semaphore(AT_ONCE)

    async def one() -> None:
        async with turnstile:
            await life()

    begin = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(one())
    return count / (time.perf_counter() - begin)


async def rounds(lives: Lives, say: Callable[[str], None]) -> dict[str, list[float]]:
    """Lives a second of both, round by round, taking turns at being first."""
    measured: dict[str, list[float]] = {"product": [], "bare": []}
    kinds: list[tuple[str, Life]] = [("product", lives.product), ("bare", lives.bare)]
    for number in range(ROUNDS):
        for name, life in kinds if number % 2 else reversed(kinds):
            measured[name].append(await throughput(life, LIVES))
        say(f"round {number + 1} of {ROUNDS}: " + ", ".join(f"{k} {v[-1]:.1f}/s" for k, v in measured.items()))
    return measured


async def latencies(lives: Lives) -> dict[str, list[float]]:
    """Milliseconds from the approval to its effect, one life at a time, alternating."""
    measured: dict[str, list[float]] = {"product": [], "bare": []}
    for _ in range(LATENCIES):
        measured["product"].append(1000 * await lives.product())
        measured["bare"].append(1000 * await lives.bare())
    return measured


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` of `values` lie."""
    return statistics.quantiles(values, n=100, method="inclusive")[round(share * 100) - 1]
