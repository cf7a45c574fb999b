"""Figures: how far the invitations of a time got, how long each step took, and what is open now.

Rehearsals are in none of them (S4.18). A figure tells of nobody: an erased invitation counts for as far as it got.
"""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum


class Step(StrEnum):
    """How far an invitation got; whoever reached a step counts at every step before it."""

    INVITED = "invited"
    SENT = "sent"
    DELIVERED = "delivered"
    SET_UP = "set_up"
    APPROVED = "approved"
    SIGNED_IN = "signed_in"


class Stretch(StrEnum):
    """A way between two steps, whose time is taken."""

    ASKED_TO_SENT = "asked_to_sent"
    SENT_TO_DELIVERED = "sent_to_delivered"
    SENT_TO_SET_UP = "sent_to_set_up"
    SET_UP_TO_DECISION = "set_up_to_decision"
    DECISION_TO_ACTIVE = "decision_to_active"
    ACTIVE_TO_SIGNED_IN = "active_to_signed_in"


class Age(StrEnum):
    """How long an open invitation has been in its state."""

    HOUR = "0-1 h"
    DAY = "1-24 h"
    THREE_DAYS = "1-3 d"
    WEEK = "3-7 d"
    OLDER = "older"


class By(StrEnum):
    """What figures can be taken apart by."""

    OFFICE = "office"
    CHANNEL = "channel"
    TEMPLATE = "template"
    ACCOUNT = "account"
    BATCH = "batch"
    MONTH = "month"


@dataclass(frozen=True)
class Reached:
    """How many invitations got as far as a step, and which share of those invited that is; None of none."""

    step: Step
    count: int
    share: float | None


@dataclass(frozen=True)
class Took:
    """How long a stretch took, in seconds, of the `count` invitations that went all of it."""

    stretch: Stretch
    count: int
    median: float | None
    p95: float | None


@dataclass(frozen=True)
class Ways:
    """The funnel and the times of some invitations, those of one value of what they are taken apart by, or all.

    `states`: where they stand now. `undeliverable`: flagged so now. `existing`: whoever had a user already and so
    needed no set-up; they count as set up when they were granted. `departed`: let in, and the user is deleted since,
    and with it the hour of the first sign-in, so that they count up to the approval.
    """

    name: str
    funnel: tuple[Reached, ...]
    times: tuple[Took, ...]
    states: dict[str, int]
    undeliverable: int
    existing: int
    departed: int

    def reached(self, step: Step) -> int:
        """How many got that far."""
        return next(each.count for each in self.funnel if each.step is step)


@dataclass(frozen=True)
class Waiting:
    """How many open invitations have been in one state for how long."""

    state: str
    age: Age
    count: int


@dataclass(frozen=True)
class Direct:
    """Customers and reps that staff added themselves, without an invitation (way A); a login pair counts once."""

    added: int = 0
    password_set: int = 0
    signed_in: int = 0


@dataclass(frozen=True)
class Figures:
    """The figures of the invitations created from `since` until just before `until`, as far as they are in sight.

    `since` is None from the beginning on. `open` is all that is open `at` the hour of asking, whenever it was created.
    `groups` are at most `MOST_GROUPS`, those with most invitations first; `groups_left_out` tells of more.
    """

    office: str | None
    since: datetime | None
    until: datetime
    at: datetime
    total: Ways
    by: By | None
    groups: tuple[Ways, ...]
    groups_left_out: int
    open: tuple[Waiting, ...]
    direct: Direct


MOST_GROUPS = 100


def as_json(value: object) -> object:
    """Any of these as what JSON knows: moments in UTC as ISO 8601 has them."""
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case dict():
            return {str(key): as_json(each) for key, each in value.items()}
        case list() | tuple():
            return [as_json(each) for each in value]
        case StrEnum():
            return value.value
    return value


def figures_json(figures: Figures) -> dict[str, object]:
    """The figures as one JSON object."""
    return {name: as_json(value) for name, value in asdict(figures).items()}
