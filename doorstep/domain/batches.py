"""Batches: what a row may come to, and the states of the whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from doorstep.domain.errors import Invalid, NotFound, Refused

MOST_ROWS = 100_000
WINDOW = 4
"""Invitations of one batch whose first message may be on its way at the same time. More of them made a batch no faster,
and every single invitation beside it slower: they share the worker (`make bench ARGS=beside`)."""

KEPT_UNSTARTED = timedelta(days=7)
"""How long a batch that was looked at waits for somebody to say go."""

KEPT_ROWS = timedelta(days=30)
"""How long the rows of a batch that has ended say whom they were about (T34)."""


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
    "has_username": Skip.HAS_USERNAME,
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
class BatchFilter:
    """Which customers: those of the accounts that match all that is named, without a username (S4.26, S4.29)."""

    customer_type: str = ""
    sales_rep: str = ""
    price_list: str = ""


@dataclass(frozen=True)
class Problem:
    """Why a row cannot be read; `field` is the column that is to blame, empty where it is the whole row."""

    code: str
    sentence: str
    field: str = ""


@dataclass(frozen=True)
class NewRow:
    """Whom one row means; `number` is its line in a file, or 0 for its place in the list.

    `invitation` is what an earlier batch made of it, so that a file of results invites nobody twice.
    """

    number: int = 0
    email: str = ""
    phone: str = ""
    name: str = ""
    accounts: tuple[str, ...] = ()
    job: str = ""
    contact: str = ""
    invitation: str = ""
    problem: Problem | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a row, in the rehearsal or for real."""

    result: RowResult
    code: str = ""
    message: str = ""
    field: str = ""
    invitation_id: UUID | None = None


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

    @property
    def left(self) -> int:
        """Rows without one."""
        return self.rows - self.done


@dataclass(frozen=True)
class Batch:
    """One batch; `checked` counts the dry run, `sent` what was done for real."""

    id: UUID
    office: str
    state: BatchState
    rev: int
    seen_rev: int
    name: str
    source: str
    options: BatchOptions
    starts_by_itself: bool
    created_by: str
    created_via: str
    key_id: UUID | None
    is_trusted: bool
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
    job: str
    contact_id: UUID | None
    checked: RowResult | None
    checked_code: str
    checked_message: str
    checked_field: str
    result: RowResult | None
    code: str
    message: str
    field: str
    attempts: int
    invitation_id: UUID | None


OPEN_ALREADY = "This person has an open invitation already; nothing was sent."


def outcome_of(refusal: Refused) -> Outcome:
    """What a refusal makes of a row; `TooMany` is about the moment and no answer to a row: that one is tried again."""
    skip = SKIPS.get(refusal.code)
    if skip is not None:
        return Outcome(RowResult.SKIPPED, skip.value, refusal.message)
    field = refusal.field if isinstance(refusal, Invalid) else ""
    return Outcome(RowResult.REFUSED, refusal.code, refusal.message, field)


def no_such_batch() -> NotFound:
    """The one answer for a batch that is unknown or out of sight."""
    return NotFound("no_such_batch", "There is no such batch.")


def numbered(rows: Sequence[NewRow]) -> list[tuple[int, NewRow]]:
    """The rows with their numbers.

    Raises:
        Invalid: `batch_empty`, `batch_too_long`.
    """
    if not rows:
        sentence = "There is no row to invite anybody from. Check the filter, or the file."
        raise Invalid("batch_empty", sentence, field="rows")
    if len(rows) > MOST_ROWS:
        sentence = f"A batch takes at most {MOST_ROWS:,} rows. Split it, with the header line in every part."
        raise Invalid("batch_too_long", sentence, field="rows")
    return [(row.number or place, row) for place, row in enumerate(rows, start=1)]
