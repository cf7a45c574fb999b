"""Every time-out and retry policy of the workflows, by name."""

from datetime import timedelta

from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityCancellationType, ActivityConfig

START_TO_CLOSE = timedelta(seconds=60)
"""Longer than the slowest mail server may take; a worker that died is noticed after this."""

UNTIL_IT_WORKS = RetryPolicy(
    initial_interval=timedelta(seconds=1), backoff_coefficient=2.0, maximum_interval=timedelta(minutes=5)
)
"""For every activity: they are idempotent, a person waits, and an outage of hours must not lose anybody."""


def options(summary: str) -> ActivityConfig:
    """How an activity is run, with the line that the Temporal UI shows for it.

    A cancelled attempt is waited for: one that is out on the network ends by itself, one that waits for its next try
    ends at once, so that a person's word never waits for a mail server.
    """
    return ActivityConfig(
        start_to_close_timeout=START_TO_CLOSE,
        retry_policy=UNTIL_IT_WORKS,
        cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        summary=summary,
    )
