"""The policy of an office: everything an office may set about its invitations, with the defaults of the design.

A policy is versioned; an invitation keeps the one that it started with.
"""

from dataclasses import dataclass
from datetime import timedelta

HOUR = timedelta(hours=1)

GRANT, CONSENT = "grant", "consent"
"""What happens when somebody with a user elsewhere is invited (decision 5): granted and welcomed, or asked first."""


@dataclass(frozen=True)
class Policy:
    """How long things take in an office, and what it insists on; durations as `timedelta`.

    `existing_users` is `GRANT` or `CONSENT`. `expired_holds_place`: an expired invitation keeps its place of the job
    until it is closed (S2.4). `retention`: how long unanswered invitations are kept; None for ever. `fails_over`: an
    invitation that cannot be delivered goes to the person's other address instead.
    """

    validity: timedelta = 24 * HOUR
    grace: timedelta = timedelta(0)
    reminder_share: float = 0.5
    resend_cooldown: timedelta = timedelta(seconds=60)
    reissue_window: timedelta = 7 * 24 * HOUR
    approval_required: bool = True
    approval_reminder: timedelta = 24 * HOUR
    approval_escalation: timedelta = 72 * HOUR
    four_eyes: bool = False
    places_per_job: int = 3
    account_required: bool = False
    required_fields: tuple[str, ...] = ()
    existing_users: str = GRANT
    expired_holds_place: bool = False
    retention: timedelta | None = None
    fails_over: bool = False

    @property
    def reminder_after(self) -> timedelta:
        """How long after the sending the reminder goes out."""
        return self.validity * self.reminder_share


MAX_APPROVERS = 3
"""S4.22: one to three username administrators an office."""
