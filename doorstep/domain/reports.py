"""What is told later about a message that was handed over: ids and stable words, nothing personal."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Action(StrEnum):
    """What became of the message (RFC 3464, 2.3.3); `relayed` and `expanded` count as delivered."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"


COMPLAINED = "complained"
"""The cause of a message that arrived, and that whoever got it called unwanted."""


@dataclass(frozen=True)
class Report:
    """One report about one delivery.

    `status` is an enhanced status code such as `5.1.1` (RFC 3463). A failure is final whatever its class, because the
    server has given up; `is_permanent` says that the answer was a no, and trying again would bring the same one. `at`
    is the moment by the clock of whoever reports, where they name one.
    """

    delivery_id: UUID
    action: Action
    status: str
    is_permanent: bool
    cause: str
    at: datetime | None = None


@dataclass(frozen=True)
class Complaint:
    """Whoever got a message called it unwanted: so it arrived, and they want no other one."""

    delivery_id: UUID
    at: datetime | None = None


class Taken(StrEnum):
    """What became of one event of a mail provider; `unknown` is also what is not the reporter's."""

    NOTED = "noted"
    UNCHANGED = "unchanged"
    UNKNOWN = "unknown"
    IGNORED = "ignored"
    MALFORMED = "malformed"
    FAILED = "failed"
