"""What the workflow should do next, worked out from what the row says; pure, so that one test table covers it.

The database decides and the workflow waits: every activity ends by reading the row and answers with a `Standing`.
It crosses Temporal, so it holds ids, states, times and numbers alone.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from doorstep.domain.messages import DeliveryStatus, Message
from doorstep.domain.policy import Policy
from doorstep.domain.states import State


class Step(StrEnum):
    """The next thing to do for an invitation; `DONE` ends the workflow."""

    SEND = "send"
    REMIND = "remind"
    EXPIRE = "expire"
    ANNOUNCE = "announce"
    NUDGE = "nudge"
    ESCALATE = "escalate"
    AWAIT_DECISION = "await_decision"
    ACTIVATE = "activate"
    CLOSE = "close"
    TELL = "tell"
    DONE = "done"


@dataclass(frozen=True)
class Standing:
    """Where an invitation stands and what comes next.

    `wait_seconds` is how long to wait before `step`; None means until somebody wakes the workflow.
    `deliveries` maps a message's key to how far its latest copy got.
    """

    state: str
    rev: int
    step: str
    wait_seconds: float | None = 0.0
    since: str = ""
    expires_at: str | None = None
    is_closed: bool = False
    deliveries: dict[str, str] = field(default_factory=dict)
    attention: list[str] = field(default_factory=list)
    last_refusal: str | None = None


@dataclass(frozen=True)
class Facts:
    """The columns of a row that decide what comes next; all times aware, `now` from the database.

    `unsent` are the messages that still have to go out. `is_end_unknown`: the last attempt to hand the invitation over
    may have succeeded, so its expiry must not move any more (F15).
    """

    state: State
    now: datetime
    policy: Policy
    expires_at: datetime | None
    set_up_at: datetime | None
    expired_at: datetime | None
    is_reminded: bool
    is_undeliverable: bool
    is_end_unknown: bool
    is_nudged: bool
    is_escalated: bool
    is_closed: bool
    unsent: frozenset[Message]


def next_step(facts: Facts) -> tuple[Step, float | None]:
    """The next step and the seconds to wait before it (None: until woken)."""
    match facts.state:
        case State.PENDING:
            return _while_pending(facts)
        case State.AWAITING_APPROVAL:
            return _while_awaiting_approval(facts)
        case State.APPROVED:
            return Step.ACTIVATE, 0.0
        case State.EXPIRED if not facts.is_closed:
            return _while_expired(facts)
        case State.DRAFT:
            return Step.DONE, 0.0
        case _:
            return (Step.TELL if facts.unsent else Step.DONE), 0.0


def _while_pending(facts: Facts) -> tuple[Step, float | None]:
    if facts.expires_at is None:
        return Step.SEND, 0.0
    end = facts.expires_at + facts.policy.grace
    is_over = facts.now >= end
    never_left = Message.INVITATION in facts.unsent and not facts.is_end_unknown
    if facts.unsent and (never_left or not is_over):
        return Step.SEND, 0.0
    remind_at = facts.expires_at - facts.policy.validity + facts.policy.reminder_after
    if not facts.is_reminded and not facts.is_undeliverable and not is_over and remind_at < facts.expires_at:
        return Step.REMIND, _seconds(facts.now, remind_at)
    return Step.EXPIRE, _seconds(facts.now, end)


def _while_awaiting_approval(facts: Facts) -> tuple[Step, float | None]:
    if facts.unsent:
        return Step.ANNOUNCE, 0.0
    set_up_at = facts.set_up_at or facts.now
    if not facts.is_nudged:
        return Step.NUDGE, _seconds(facts.now, set_up_at + facts.policy.approval_reminder)
    if not facts.is_escalated:
        return Step.ESCALATE, _seconds(facts.now, set_up_at + facts.policy.approval_escalation)
    return Step.AWAIT_DECISION, None


def _while_expired(facts: Facts) -> tuple[Step, float | None]:
    if facts.unsent:
        return Step.TELL, 0.0
    end = (facts.expired_at or facts.now) + facts.policy.reissue_window
    return Step.CLOSE, _seconds(facts.now, end)


def _seconds(now: datetime, then: datetime) -> float:
    """Rounded up to a tenth, so that a timer does not fire a hair before the database agrees."""
    return max(0.0, math.ceil((then - now) / timedelta(seconds=0.1)) / 10)


def latest(statuses: Mapping[Message, DeliveryStatus]) -> dict[str, str]:
    """Deliveries as plain texts, for the history."""
    return {message.value: status.value for message, status in statuses.items()}
