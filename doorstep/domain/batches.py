"""Batches: what a row may come to, and the states of the whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class BatchState(StrEnum):
    """`checking` looks at every row without sending, `checked` waits for somebody to say go."""

    CHECKING = "checking"
    CHECKED = "checked"
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    DONE = "done"


ENDED = frozenset({BatchState.CANCELLED, BatchState.DONE})


class RowResult(StrEnum):
    """What became of a row, or would become of it: `ok` is invited, the rest is not."""

    OK = "ok"
    SKIPPED = "skipped"
    REFUSED = "refused"


class Skip(StrEnum):
    """Why a row is skipped: nothing is wrong with it, there is only nothing to send."""

    NO_ADDRESS = "no_address"
    HAS_USERNAME = "has_username"
    ALREADY_INVITED = "already_invited"
    NOT_PORTAL_USER = "not_portal_user"
    LIMIT = "limit"


SKIPS: Mapping[str, Skip] = {
    "no_address": Skip.NO_ADDRESS,
    "address_required": Skip.NO_ADDRESS,
    "already_member": Skip.HAS_USERNAME,
    "already_invited": Skip.ALREADY_INVITED,
    "not_portal_user": Skip.NOT_PORTAL_USER,
    "job_full": Skip.LIMIT,
}
"""The refusals of an invitation that are no fault of the row, by their code."""


@dataclass(frozen=True)
class BatchOptions:
    """What is the same for every row."""

    template: str = ""
    channel: str = ""
    locale: str = ""
    job: str = ""
    roles: tuple[str, ...] = ()
    is_test: bool = False


@dataclass(frozen=True)
class Counts:
    """How many rows there are, and what became of them; `failing` are tried again, the system stands in their way."""

    rows: int = 0
    ok: int = 0
    skipped: int = 0
    refused: int = 0
    failing: int = 0

    @property
    def done(self) -> int:
        """Rows with a result."""
        return self.ok + self.skipped + self.refused


@dataclass(frozen=True)
class Batch:
    """One batch; `checked` counts the dry run, `sent` what was done for real."""

    id: UUID
    office: str
    state: BatchState
    rev: int
    name: str
    source: str
    options: BatchOptions
    created_by: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    checked: Counts
    sent: Counts

    @property
    def workflow_id(self) -> str:
        """The workflow that works through it."""
        return f"batch-{self.id}"


@dataclass(frozen=True)
class BatchRow:
    """One row: what was given, what the dry run said, what became of it."""

    number: int
    given: Mapping[str, str]
    contact_id: UUID | None
    checked: RowResult | None
    checked_code: str
    checked_message: str
    result: RowResult | None
    code: str
    message: str
    invitation_id: UUID | None
