"""The next step of an invitation, as one table over every state."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.domain.messages import DeliveryStatus, Message
from doorstep.domain.policy import Policy
from doorstep.domain.standing import Facts, Step, latest, next_step
from doorstep.domain.states import State

NOW = datetime(2028, 2, 29, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = 24 * 3600.0
FACTS = Facts(
    state=State.PENDING,
    now=NOW,
    policy=Policy(),
    expires_at=NOW + 24 * HOUR,
    set_up_at=None,
    expired_at=None,
    is_reminded=False,
    is_undeliverable=False,
    is_end_unknown=False,
    is_nudged=False,
    is_escalated=False,
    is_closed=False,
    unsent=frozenset(),
)
UNSENT_LINK = frozenset({Message.INVITATION})
UNSENT_NEWS = frozenset({Message.SET_UP_RECEIVED, Message.APPROVAL_NEEDED})


@pytest.mark.parametrize(
    ("changed", "step", "seconds"),
    [
        ({"state": State.DRAFT, "expires_at": None}, Step.DONE, 0.0),
        ({"unsent": UNSENT_LINK}, Step.SEND, 0.0),
        ({"expires_at": None}, Step.SEND, 0.0),
        ({}, Step.REMIND, DAY / 2),
        ({"expires_at": NOW + HOUR}, Step.REMIND, 0.0),
        ({"is_reminded": True}, Step.EXPIRE, DAY),
        ({"is_undeliverable": True}, Step.EXPIRE, DAY),
        ({"policy": Policy(reminder_share=1.0)}, Step.EXPIRE, DAY),
        ({"is_reminded": True, "policy": Policy(grace=HOUR)}, Step.EXPIRE, DAY + 3600),
        ({"expires_at": NOW}, Step.EXPIRE, 0.0),
        ({"expires_at": NOW - HOUR}, Step.EXPIRE, 0.0),
        ({"expires_at": NOW - HOUR, "unsent": UNSENT_LINK}, Step.SEND, 0.0),
        ({"expires_at": NOW - HOUR, "unsent": UNSENT_LINK, "is_end_unknown": True}, Step.EXPIRE, 0.0),
        ({"expires_at": NOW + HOUR, "unsent": UNSENT_LINK, "is_end_unknown": True}, Step.SEND, 0.0),
        ({"expires_at": NOW - HOUR, "unsent": frozenset({Message.REMINDER})}, Step.EXPIRE, 0.0),
        ({"state": State.AWAITING_APPROVAL, "set_up_at": NOW, "unsent": UNSENT_NEWS}, Step.ANNOUNCE, 0.0),
        ({"state": State.AWAITING_APPROVAL, "set_up_at": NOW}, Step.NUDGE, DAY),
        ({"state": State.AWAITING_APPROVAL, "set_up_at": NOW - 30 * HOUR}, Step.NUDGE, 0.0),
        ({"state": State.AWAITING_APPROVAL, "set_up_at": NOW, "is_nudged": True}, Step.ESCALATE, 3 * DAY),
        (
            {"state": State.AWAITING_APPROVAL, "set_up_at": NOW, "is_nudged": True, "is_escalated": True},
            Step.AWAIT_DECISION,
            None,
        ),
        ({"state": State.APPROVED, "unsent": UNSENT_NEWS}, Step.ACTIVATE, 0.0),
        ({"state": State.EXPIRED, "expired_at": NOW}, Step.CLOSE, 7 * DAY),
        ({"state": State.EXPIRED, "expired_at": NOW - timedelta(days=8)}, Step.CLOSE, 0.0),
        ({"state": State.EXPIRED, "expired_at": NOW, "unsent": frozenset({Message.BOUNCE_NOTICE})}, Step.TELL, 0.0),
        ({"state": State.EXPIRED, "expired_at": NOW, "is_closed": True}, Step.DONE, 0.0),
        ({"state": State.ACTIVE, "unsent": frozenset({Message.WELCOME})}, Step.TELL, 0.0),
        ({"state": State.ACTIVE}, Step.DONE, 0.0),
        ({"state": State.REJECTED, "unsent": frozenset({Message.REJECTED})}, Step.TELL, 0.0),
        ({"state": State.REJECTED}, Step.DONE, 0.0),
        ({"state": State.DECLINED}, Step.DONE, 0.0),
        ({"state": State.REVOKED}, Step.DONE, 0.0),
        ({"state": State.ERASED}, Step.DONE, 0.0),
    ],
)
def test_the_next_step_follows_from_the_row(changed: dict[str, object], step: Step, seconds: float | None) -> None:
    """F10, F15, decision 2: for each state and each thing that may be left to do, one step and one pause before it."""
    facts = replace(FACTS, **changed)  # type: ignore[arg-type]

    assert next_step(facts) == (step, seconds)


@given(
    facts=st.builds(
        Facts,
        state=st.sampled_from(State),
        now=st.just(NOW),
        policy=st.builds(Policy, grace=st.sampled_from([timedelta(0), HOUR]), reminder_share=st.floats(0, 1)),
        expires_at=st.none() | st.timedeltas(-72 * HOUR, 72 * HOUR).map(lambda each: NOW + each),
        set_up_at=st.timedeltas(-96 * HOUR, timedelta(0)).map(lambda each: NOW + each),
        expired_at=st.timedeltas(-300 * HOUR, timedelta(0)).map(lambda each: NOW + each),
        is_reminded=st.booleans(),
        is_undeliverable=st.booleans(),
        is_end_unknown=st.booleans(),
        is_nudged=st.booleans(),
        is_escalated=st.booleans(),
        is_closed=st.booleans(),
        unsent=st.frozensets(st.sampled_from(Message), max_size=3),
    )
)
def test_no_row_is_without_a_next_step(facts: Facts) -> None:
    """F20: whatever a row says there is a step; pauses are never negative, and only people are waited for for ever."""
    step, seconds = next_step(facts)

    assert (seconds is None) == (step is Step.AWAIT_DECISION)
    assert seconds is None or seconds >= 0
    if step is Step.DONE:
        assert not facts.unsent or facts.is_closed or facts.state is State.DRAFT


def test_a_timer_never_fires_before_the_database_agrees() -> None:
    """F19: the pause is rounded up to a tenth of a second, so that the guard holds when the timer fires."""
    facts = replace(FACTS, is_reminded=True, expires_at=NOW + timedelta(milliseconds=10_010))

    assert next_step(facts) == (Step.EXPIRE, 10.1)


def test_deliveries_are_plain_texts() -> None:
    """T03: what crosses Temporal about the deliveries is keys and words, nothing of the recipient."""
    assert latest({Message.WELCOME: DeliveryStatus.SENT}) == {"welcome": "sent"}
