"""What can be wrong with an invitation, and how it is told: sentences for a person, and the commands that help."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from doorstep.domain.invitation import Invitation


class Kind(StrEnum):
    """What can be wrong, in the order in which it is to be mended; scripts may rely on the words."""

    ROW_UNREADABLE = "row_unreadable"
    ROW_MISSING = "row_missing"
    WORKFLOW_MISSING = "workflow_missing"
    WORKFLOW_FAILING = "workflow_failing"
    WORKFLOW_PAUSED = "workflow_paused"
    ACTIVITY_FAILING = "activity_failing"
    ACTIVATION_FAILING = "activation_failing"
    NOT_ACTIVATED = "not_activated"
    NO_APPROVER = "no_approver"
    UNDELIVERABLE = "undeliverable"
    MESSAGE_REFUSED = "message_refused"
    APPROVAL_OVERDUE = "approval_overdue"
    MAIL_WAITING = "mail_waiting"
    CHANGE_UNSEEN = "change_unseen"
    LONG_WAIT = "long_wait"


_ORDER = {kind: place for place, kind in enumerate(Kind)}
MOST_TOLD = 2
"""Of several troubles the two worst are told; what is mended goes away, and the next `why` tells the next."""


@dataclass(frozen=True)
class Trouble:
    """One thing that is wrong: a sentence with what was tried and whose job it is, and the commands that help."""

    kind: Kind
    sentence: str
    commands: tuple[str, ...] = ()


@dataclass(frozen=True)
class Explanation:
    """Why an invitation stands where it does.

    `invitation` is None where this version cannot read its row, or where there is none; `state` is then what the row
    says. `otherwise` are the commands that help where nothing is wrong. `is_temporal_asked` is False where Temporal did
    not answer, so that nothing is known of the workflow. `prefix` begins the id of the workflow: mail about a password
    has one of its own.
    """

    id: UUID
    state: str
    waits: str
    tried: str = ""
    troubles: tuple[Trouble, ...] = ()
    otherwise: tuple[str, ...] = ()
    invitation: Invitation | None = None
    is_temporal_asked: bool = True
    prefix: str = "invitation-"

    @property
    def workflow_id(self) -> str:
        """The id of its workflow."""
        return f"{self.prefix}{self.id}"

    @property
    def reasons(self) -> tuple[str, ...]:
        """What is wrong, the worst first."""
        return tuple(trouble.sentence for trouble in self.troubles[:MOST_TOLD])

    @property
    def sentences(self) -> tuple[str, ...]:
        """What it waits for and since when, and then what is wrong, or what was done so far: three at most."""
        return tuple(sentence for sentence in (self.waits, *(self.reasons or (self.tried,))) if sentence)

    @property
    def commands(self) -> tuple[str, ...]:
        """The commands that help, those for the worst first."""
        wanted = [command for trouble in self.troubles[:MOST_TOLD] for command in trouble.commands]
        return tuple(dict.fromkeys(wanted)) or self.otherwise


def in_order(troubles: Iterable[Trouble]) -> tuple[Trouble, ...]:
    """The worst first."""
    return tuple(sorted(troubles, key=lambda trouble: _ORDER[trouble.kind]))


def urgency(found: Explanation) -> int:
    """How far down the list of kinds its worst trouble stands."""
    return min((_ORDER[trouble.kind] for trouble in found.troubles), default=len(_ORDER))
