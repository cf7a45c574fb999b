"""What Temporal says of one workflow, in plain values; the row says where an invitation stands, never this."""

from dataclasses import dataclass
from datetime import datetime

RUNNING, PAUSED, UNKNOWN = "running", "paused", "unknown"
"""`UNKNOWN`: Temporal never had such a workflow, or forgot it after its retention."""

OFTEN = 2
"""From this failure in a row on it is no accident of a restart any more."""


@dataclass(frozen=True)
class Run:
    """The newest run of a workflow.

    `status` is one of the words above, or how it ended: `completed`, `terminated`, `failed`, `canceled`, `timed_out`.
    `task_failures` counts how often in a row its task failed, `activity_failures` the same of the activity that is
    under way; `activity_failure` is the type of the last failure.
    """

    status: str
    ended_at: datetime | None = None
    task_failures: int = 0
    task_since: datetime | None = None
    activity: str = ""
    activity_failures: int = 0
    activity_failure: str = ""

    @property
    def is_over(self) -> bool:
        """True where nothing will ever happen again unless it is started again."""
        return self.status not in (RUNNING, PAUSED)
