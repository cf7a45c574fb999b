"""A worker that kills itself where it is told to, and is started again as under a supervisor.

    python tests/faults/killable_worker.py FOLDER

Where a file `ACTIVITY.MOMENT` lies in the folder, the next worker that comes by takes it away and dies by SIGKILL:
`before` an activity, `after` it and before its answer, or once a mail is `posted` and before that is noted. The parent
has imported everything and never speaks to Temporal, so that a fork of it is at work within a moment.
"""

import asyncio
import os
import signal
import sys
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from temporalio import activity
from temporalio.common import RetryPolicy
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
    StartActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)
from temporalio.workflow import ActivityHandle

from doorstep import logs
from doorstep import settings as settings_module
from doorstep.domain.messages import HandoverResult
from doorstep.mail.smtp import Mailer
from doorstep.settings import Settings
from doorstep.store import password_links
from doorstep.store.engine import create_engine
from doorstep.text.texter import Texter
from starter.sweep import sweep_until
from starter.temporal import Starter, connect_temporal
from worker import build_post, build_worker

FOLDER = Path(sys.argv[1])


def die_if_told(moment: str) -> None:
    """Die here, exactly once."""
    try:
        (FOLDER / f"{activity.info().activity_type}.{moment}").unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


class Killer(Interceptor):
    """Dies before and after activities; the outermost one, so that nothing of an activity comes after it."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - SDK name
        """Wrap `next`."""
        return _Killing(next)

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:  # noqa: A002, ARG002 - SDK names
        """Notice a dead worker after a second, and try again at once."""
        return _Hurried


class _Hurried(WorkflowInboundInterceptor):
    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        super().init(_Hurrying(outbound))


class _Hurrying(WorkflowOutboundInterceptor):
    def start_activity(self, input: StartActivityInput) -> ActivityHandle[Any]:  # noqa: A002 - SDK name
        input.start_to_close_timeout = timedelta(seconds=1)
        input.retry_policy = RetryPolicy(
            initial_interval=timedelta(milliseconds=100), maximum_interval=timedelta(seconds=1)
        )
        return super().start_activity(input)


class _Killing(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - SDK name
        die_if_told("before")
        answer = await super().execute_activity(input)
        die_if_told("after")
        return answer


class KillingMailer(Mailer):
    """Dies when the mail server has taken a mail, and nobody but the mail server knows."""

    async def hand_over(self, mail: EmailMessage, recipient: str) -> HandoverResult:
        """Hand over, and die."""
        result = await super().hand_over(mail, recipient)
        die_if_told("posted")
        return result


async def work(settings: Settings) -> None:
    """What `worker.run` does, with a killer around it and short patience."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    client = await connect_temporal()
    engine = create_engine(settings.database_url.get_secret_value(), application="doorstep-killable")
    async with KillingMailer.of(settings) as mailer, Texter.of(settings) as texter:
        post, sticky = build_post(engine, mailer, texter, settings), timedelta(seconds=0.5)
        async with build_worker(client, post, settings=settings, sticky=sticky, watchers=[Killer()]):
            await sweep_until(stop, engine, Starter(client), every=settings.sweep_seconds)
    await engine.dispose()


def main() -> None:
    """Fork a worker, and another one whenever it was killed, until SIGTERM."""
    # The rule belongs to the domain; mypy minds that it is set where the store has imported it.
    password_links.RESET_VALIDITY = timedelta(seconds=30)  # type: ignore[attr-defined]
    settings = settings_module.load()
    logs.set_up("ERROR")
    while True:
        child = os.fork()
        if child == 0:
            asyncio.run(work(settings))
            os._exit(0)
        signal.signal(signal.SIGTERM, lambda *_, child=child: os.kill(child, signal.SIGTERM))
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            sys.exit(os.WEXITSTATUS(status))


if __name__ == "__main__":
    main()
