"""Lives of an invitation beside lives of a bare workflow: their number a second, their waits and their histories."""

import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from temporalio import activity
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.worker import Worker

from activities.post import Post
from bench import bare, lifecycle
from bench.figures import Figures
from bench.ground import BOSS, own_client, own_stack, say
from bench.lifecycle import Lives, percentile
from bench.moments import Moments
from doorstep import settings
from doorstep.domain.messages import HandoverResult
from doorstep.local.stack import Stack
from doorstep.mail.smtp import Mailer
from doorstep.security.passwords import hash_password
from doorstep.store.handovers import Outbox
from doorstep.text.texter import Texter
from worker import build_post, build_worker

BOUND = 0.8
BILLABLE = frozenset(
    {
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
        EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
        EventType.EVENT_TYPE_TIMER_STARTED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
        EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
    }
)
"""What Temporal Cloud bills as an Action, among the events of our histories."""


@dataclass(frozen=True)
class NotingPost(Post):
    """Notes the moment at which an account is active: committed, and its messages about to go out."""

    moments: Moments

    async def _hand_over_all(self, outbox: Outbox) -> dict[UUID, HandoverResult]:
        info = activity.info()
        if info.activity_type == "activate_account":
            self.moments.note(str(info.workflow_id), "active")
        return await super()._hand_over_all(outbox)


@asynccontextmanager
async def lives_on(stack: Stack) -> AsyncIterator[Lives]:
    """Workers of both kinds, a client and an office on the servers of `stack`."""
    moments = Moments()
    chosen = settings.load()
    client = await Client.connect(stack.addresses()["temporal_address"])
    async with own_client("bench") as doorstep, Mailer.of(chosen) as mailer, Texter.of(chosen) as texter:
        post = build_post(doorstep.engine, mailer, texter, chosen)
        noting = NotingPost(post.engine, post.mailer, post.texter, post.ring, post.desk, moments)
        yardstick = Worker(
            client,
            task_queue=bare.TASK_QUEUE,
            workflows=[bare.BareWorkflow],
            activities=[bare.nothing, bare.nothing_more],
            interceptors=[moments],
        )
        async with build_worker(client, noting, settings=chosen, watchers=[moments]), yardstick:
            password_hash = await hash_password("four plain words together")
            yield Lives(doorstep, client, moments, "bench", BOSS, password_hash)


async def history_of_one(lives: Lives) -> dict[str, int]:
    """Events and Actions of one life that nobody hurried."""
    await lives.product()
    invitation = (await lives.doorstep.list(limit=1))[0]
    history = await lives.client.get_workflow_handle(invitation.workflow_id).fetch_history()
    kinds = Counter(event.event_type for event in history.events)
    return {"events": len(history.events), "actions": sum(kinds[kind] for kind in BILLABLE)}


async def hash_milliseconds() -> float:
    """What the hash of one password takes, the median of five."""
    taken: list[float] = []
    for _ in range(5):
        begin = time.perf_counter()
        await hash_password("four plain words together")
        taken.append(1000 * (time.perf_counter() - begin))
    return statistics.median(taken)


async def measure() -> Figures:
    """All of it, on a stack of its own."""
    async with own_stack() as stack, lives_on(stack) as lives:
        return await _measure(lives)


async def _measure(lives: Lives) -> Figures:
    history = await history_of_one(lives)
    waits = await lifecycle.latencies(lives)
    speeds = await lifecycle.rounds(lives, say)
    product, yardstick = (statistics.median(speeds[kind]) for kind in ("product", "bare"))
    p50, p95 = ({kind: percentile(waits[kind], share) for kind in waits} for share in (0.5, 0.95))
    return {
        "lifecycle": {
            "product_per_s": product,
            "bare_per_s": yardstick,
            "ratio": product / yardstick,
            "bound": BOUND,
            "password_hash_ms": await hash_milliseconds(),
        },
        "approve_to_active_ms": {
            "product_p50": p50["product"],
            "bare_p50": p50["bare"],
            "ratio_p50": p50["product"] / p50["bare"],
            "product_p95": p95["product"],
            "bare_p95": p95["bare"],
            "ratio_p95": p95["product"] / p95["bare"],
        },
        "history": {name: float(count) for name, count in history.items()},
    }
