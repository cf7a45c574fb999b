"""The policy of an office and its defaults."""

from datetime import timedelta

from doorstep.domain.policy import MAX_APPROVERS, Policy


def test_the_defaults_are_those_of_the_decisions() -> None:
    """Decisions 1, 2, 3 and 6, S2.1, S4.13: 24 hours, no grace, a week to send again, approval on, three places."""
    policy = Policy()

    assert policy.validity == timedelta(hours=24)
    assert policy.grace == timedelta(0)
    assert policy.reissue_window == timedelta(days=7)
    assert policy.resend_cooldown == timedelta(seconds=60)
    assert policy.approval_required
    assert not policy.four_eyes
    assert policy.places_per_job == 3
    assert policy.required_fields == ()


def test_the_reminder_comes_at_its_share_of_the_validity() -> None:
    """Decision 3: half of the time by default, another share where the office says so."""
    assert Policy().reminder_after == timedelta(hours=12)
    assert Policy(validity=timedelta(hours=10), reminder_share=0.9).reminder_after == timedelta(hours=9)


def test_three_administrators_are_the_most() -> None:
    """S4.22: at most three."""
    assert MAX_APPROVERS == 3
