"""What a mail server told us later about a message that it had taken: ids and stable words, nothing personal."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Action(StrEnum):
    """What became of the message (RFC 3464, 2.3.3); `relayed` and `expanded` count as delivered."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"


@dataclass(frozen=True)
class Report:
    """One report about one delivery.

    `status` is an enhanced status code such as `5.1.1` (RFC 3463). A failure is final whatever its class, because the
    server has given up; `is_permanent` says that the answer was a no, and trying again would bring the same one.
    """

    delivery_id: UUID
    action: Action
    status: str
    is_permanent: bool
    cause: str
