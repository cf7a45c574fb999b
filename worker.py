"""Composition root of the worker: settings, engine, mailer and client become a `Worker`; SIGTERM drains it.

The handler is set before anything heavy is imported, so that a stop during the start is a clean stop too.
"""

import os
import signal
import sys


def _leave_at_once(_number: int, _frame: object) -> None:
    os._exit(0)  # nothing was begun yet


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _leave_at_once)
    signal.signal(signal.SIGINT, _leave_at_once)

import asyncio  # noqa: E402 - the handlers come first
from collections.abc import Callable, Sequence  # noqa: E402
from datetime import timedelta  # noqa: E402

import structlog  # noqa: E402
from sqlalchemy.ext.asyncio import AsyncEngine  # noqa: E402
from temporalio.client import Client  # noqa: E402
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig  # noqa: E402
from temporalio.worker import Interceptor, Worker  # noqa: E402

from activities.batches import BatchActivities  # noqa: E402
from activities.decisions import DecisionActivities  # noqa: E402
from activities.edge import EdgeInterceptor  # noqa: E402
from activities.erp import ErpActivities  # noqa: E402
from activities.invitations import InvitationActivities  # noqa: E402
from activities.passwords import PasswordActivities  # noqa: E402
from activities.post import Post  # noqa: E402
from activities.webhooks import WebhookActivities  # noqa: E402
from doorstep import logs  # noqa: E402
from doorstep import settings as settings_module  # noqa: E402
from doorstep.erp.fetching import Fetcher  # noqa: E402
from doorstep.mail.letters import Desk  # noqa: E402
from doorstep.mail.smtp import Mailer  # noqa: E402
from doorstep.security.links import KeyRing  # noqa: E402
from doorstep.settings import Settings, SettingsError  # noqa: E402
from doorstep.store.audit import CLOCK  # noqa: E402
from doorstep.store.engine import create_engine  # noqa: E402
from doorstep.text.texter import Texter  # noqa: E402
from starter import checks  # noqa: E402
from starter.desk import Connected  # noqa: E402
from starter.handing_on import hand_on_until  # noqa: E402
from starter.returns import collect_until  # noqa: E402
from starter.sweep import sweep_until  # noqa: E402
from starter.temporal import DEFAULT_ADDRESS, Starter, address, connect_temporal  # noqa: E402
from workflows.attributes import TASK_QUEUE  # noqa: E402
from workflows.registry import INTERCEPTORS, WORKFLOWS  # noqa: E402

log = structlog.get_logger()
STICKY = timedelta(seconds=10)


def build_worker(
    client: Client,
    post: Post,
    *,
    settings: Settings,
    sticky: timedelta = STICKY,
    watchers: Sequence[Interceptor] = (),
) -> Worker:
    """The worker with everything registered; the tests and the measurements add `watchers` and use it as it is."""
    invitations = InvitationActivities(post)
    decisions = DecisionActivities(post, invitations, policy=settings.operator_signals)
    passwords = PasswordActivities(post)
    batches = BatchActivities(post, Starter(client), policy=settings.operator_signals)
    webhooks = WebhookActivities(post, may_be_loopback=settings.webhook_loopback)
    pulls = ErpActivities(post, Fetcher.of(settings))
    return Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=list(WORKFLOWS),
        activities=[
            *(each for one in (invitations, decisions, passwords, batches, pulls) for each in activities_of(one)),
            *activities_of(webhooks),
        ],
        interceptors=[*watchers, *INTERCEPTORS, EdgeInterceptor()],
        graceful_shutdown_timeout=timedelta(seconds=settings.drain_seconds),
        sticky_queue_schedule_to_start_timeout=sticky,
        # What waits for a slot waits in Temporal, where offices take turns; what a process has taken is first come,
        # first served.
        max_concurrent_activities=settings.activities_at_once,
        # Most workflows wait for days. One that is not kept costs a replay of a few events when something happens.
        max_cached_workflows=settings.cached_workflows,
    )


def activities_of(holder: object) -> list[Callable[..., object]]:
    """The bound methods of `holder` that are activities, so that a new one is registered by being written."""
    methods = (getattr(holder, name) for name in dir(holder) if not name.startswith("_"))
    return [method for method in methods if hasattr(method, "__temporal_activity_definition")]


def build_post(
    engine: AsyncEngine, mailer: Mailer, texter: Texter, settings: Settings, *, namespace: str = "default"
) -> Post:
    """What the activities stand on."""
    where = address()
    desk = Desk(
        public_url=settings.public_url,
        sender=settings.sender,
        temporal_ui_url=settings.temporal_ui_url,
        temporal_namespace=namespace,
        # In production the administrators' profiles say where the server is; a mail does not.
        temporal_address="" if settings.is_production or where == DEFAULT_ADDRESS else where,
    )
    return Post(engine, mailer, texter, KeyRing.parse(settings.link_keys.get_secret_value()), desk)


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Work until `stop`, then let what is under way finish.

    Raises:
        checks.NotReady: a migration, a search attribute or a key is missing; says which command mends it.
    """
    runtime = _runtime(settings)
    try:
        client = await connect_temporal(runtime=runtime)
    except RuntimeError:
        mend = "check TEMPORAL_ADDRESS, or start it: doorstep up"
        raise checks.NotReady(f"temporal: {address()} does not answer\n  mend it with: {mend}") from None
    engine = create_engine(
        settings.database_url.get_secret_value(), application="doorstep-worker", pool_size=settings.database_pool_size
    )
    try:
        await checks.require_ready(settings, engine, client)
        async with Mailer.of(settings) as mailer, Texter.of(settings) as texter:
            post = build_post(engine, mailer, texter, settings, namespace=client.namespace)
            async with build_worker(client, post, settings=settings):
                log.info("worker_ready", task_queue=TASK_QUEUE)
                await _look_around(stop, engine, Starter(client), settings)
                log.info("worker_draining")
    finally:
        await engine.dispose()


async def _look_around(stop: asyncio.Event, engine: AsyncEngine, starter: Starter, settings: Settings) -> None:
    """Do until `stop` what no workflow asks for: the sweep, the events for webhooks, and the mail that came back."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(sweep_until(stop, engine, starter, every=settings.sweep_seconds))
        tasks.create_task(hand_on_until(stop, engine, starter, every=min(1.0, settings.sweep_seconds)))
        if settings.returns_maildir is not None:
            folder = settings.returns_maildir
            ring = KeyRing.parse(settings.link_keys.get_secret_value())
            desk = Connected(engine, starter, ring, settings, CLOCK)
            tasks.create_task(collect_until(stop, desk, folder, every=settings.sweep_seconds))


def _runtime(settings: Settings) -> Runtime | None:
    if not settings.metrics_address:
        return None
    metrics = PrometheusConfig(bind_address=settings.metrics_address)
    return Runtime(telemetry=TelemetryConfig(metrics=metrics))


async def main() -> int:
    """Run until SIGTERM or SIGINT; the exit status."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        settings = settings_module.load()
        logs.set_up(settings.log_level)
        await run(settings, stop)
    except (SettingsError, checks.NotReady, OSError, RuntimeError) as error:
        sys.stderr.write(f"The worker cannot start:\n{error}\n")
        return 2
    log.info("worker_stopped")
    return 0


if __name__ == "__main__":
    status = asyncio.run(main())
    sys.stdout.flush()
    sys.stderr.flush()
    # The SDK's threads sometimes crash the interpreter while it is being torn down, after all work is done and
    # everything is closed; leaving without that teardown makes the exit status the one that was earned.
    os._exit(status)
