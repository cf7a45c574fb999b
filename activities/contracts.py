"""The messages between workflows and activities: ids and small values, never anything personal (invariant 2).

Fields are only ever added, each with a default, so that old histories and new code understand each other (F24).
"""

from dataclasses import dataclass, field

from doorstep.domain.standing import Standing


@dataclass(frozen=True)
class InvitationRef:
    """Input of `InvitationWorkflow` and of most activities."""

    invitation_id: str


@dataclass(frozen=True)
class SignalsRef:
    """Ask to carry signals to the database: all in the history from number `first` (from 0) on.

    What they say is read from the history by the activity and not repeated in its input.
    """

    invitation_id: str
    first: int


@dataclass(frozen=True)
class CarriedSignals:
    """Where the invitation stands after signals were carried, the number of the next one, and whether it is there."""

    standing: Standing
    next: int
    has_more: bool = False


@dataclass(frozen=True)
class UpdateRef:
    """One update to carry to the database, by its id in the history."""

    invitation_id: str
    update_id: str


@dataclass(frozen=True)
class Carried:
    """What became of an update: where the invitation stands, and the refusal if there was one."""

    standing: Standing
    refusal_code: str | None = None
    refusal_message: str = ""


@dataclass(frozen=True)
class PasswordLinkRef:
    """Input of `PasswordLinkWorkflow` and its activities."""

    password_link_id: str


@dataclass(frozen=True)
class PasswordLinkStanding:
    """Where a request for a new password stands; `wait_seconds` until its link dies."""

    state: str
    wait_seconds: float = 0.0
    deliveries: dict[str, str] = field(default_factory=dict)
