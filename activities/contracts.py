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


@dataclass(frozen=True)
class BatchRef:
    """Input of `BatchWorkflow` and of most of its activities."""

    batch_id: str


@dataclass(frozen=True)
class BatchSignalsRef:
    """Ask to carry the signals to a batch from number `first` (from 0) on, of the history of this run."""

    batch_id: str
    first: int


@dataclass(frozen=True)
class BatchStanding:
    """Where a batch stands, what comes next and after how many seconds (None: when somebody says so), and its counts.

    `checked` rows were looked at; `ok`, `skipped` and `refused` have their result; `failing` ones are tried again.
    """

    state: str
    step: str
    wait_seconds: float | None = 0.0
    rows: int = 0
    checked: int = 0
    ok: int = 0
    skipped: int = 0
    refused: int = 0
    failing: int = 0


@dataclass(frozen=True)
class CarriedBatchSignals:
    """Where the batch stands after signals were carried, and the number of the next one."""

    standing: BatchStanding
    next: int


@dataclass(frozen=True)
class WebhookRef:
    """Input of `WebhookWorkflow` and its activities: one delivery to one webhook."""

    delivery_id: str


@dataclass(frozen=True)
class WebhookStanding:
    """Where a delivery stands: `delivered`, `failed`, `dropped`, or `parked` until its webhook is enabled.

    `has_news`: its webhook was disabled on the way, and the owner is to be told.
    """

    status: str
    has_news: bool = False


@dataclass(frozen=True)
class ErpSourceRef:
    """Input of `ErpPullWorkflow` and its activities: one source of the ERP's export."""

    source_id: str


@dataclass(frozen=True)
class ErpPulled:
    """What a pull did: `done`, `unchanged`, `failed`, or `skipped` where another one is under way; counts alone."""

    outcome: str
    rows: int = 0
    refused: int = 0
