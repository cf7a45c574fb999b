"""Every time-out and retry policy of the workflows, by name."""

from datetime import timedelta

from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityCancellationType, ActivityConfig

from doorstep.domain.webhooks import FIRST_PAUSE, LONGEST_PAUSE, PAUSE_GROWS

START_TO_CLOSE = timedelta(seconds=60)
"""Longer than the slowest mail server may take; a worker that died is noticed after this."""

UNTIL_IT_WORKS = RetryPolicy(
    initial_interval=timedelta(seconds=1), backoff_coefficient=2.0, maximum_interval=timedelta(minutes=5)
)
"""For every activity: they are idempotent, a person waits, and an outage of hours must not lose anybody."""

FOR_DAYS = RetryPolicy(initial_interval=FIRST_PAUSE, backoff_coefficient=PAUSE_GROWS, maximum_interval=LONGEST_PAUSE)
"""For a receiver that may be away for days; the row says when to give up."""


def options(summary: str, *, retries: RetryPolicy = UNTIL_IT_WORKS) -> ActivityConfig:
    """How an activity is run, with the line that the Temporal UI shows for it.

    A cancelled attempt is waited for: one that is out on the network ends by itself, one that waits for its next try
    ends at once, so that a person's word never waits for a mail server.
    """
    return ActivityConfig(
        start_to_close_timeout=START_TO_CLOSE,
        retry_policy=retries,
        cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        summary=summary,
    )


HEARTBEAT = timedelta(seconds=10)
"""For activities that work through many rows: a worker that died is noticed after this."""


def at_length(summary: str) -> ActivityConfig:
    """The same for an activity that says every few seconds that it is alive."""
    return ActivityConfig(**options(summary), heartbeat_timeout=HEARTBEAT)


PULL, PULL_IN_ALL = timedelta(hours=1), timedelta(hours=5)
"""How long one try to import a whole export may take, and all of them together; the next pull is skipped meanwhile."""

PULL_HEARTBEAT = timedelta(seconds=60)
"""Longer than a server may be silent, and than some hundred rows take on a machine with much to do."""


def for_an_hour(summary: str) -> ActivityConfig:
    """The same for an activity that works through a whole file."""
    limits = ActivityConfig(start_to_close_timeout=PULL, schedule_to_close_timeout=PULL_IN_ALL)
    return ActivityConfig(**{**options(summary), **limits, "heartbeat_timeout": PULL_HEARTBEAT})
