"""The state table of the design on real servers: sending, reminding, expiring, and new links."""

from datetime import timedelta
from typing import Any

import pytest

from doorstep.domain.errors import Conflict, Gone, Refused, TooMany
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from doorstep.store.audit import AuditEntry
from tests.house import PASSWORD, House, text_of

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


async def entries_of(house: House, invitation: Invitation, event: str) -> list[AuditEntry]:
    """What the audit holds of one event."""
    return [entry for entry in await house.doorstep.audit(invitation.id) if entry.event == event]


async def half_a_day_later(house: House, invitation: Invitation, *, copies: int = 1) -> None:
    """Let time pass up to the reminder: the row moves at once and the workflow's clock from timer to timer."""
    # A workflow that has not seen the sending yet would wait from minute to minute when time passes again.
    await house.until_state(invitation, State.PENDING)
    await house.pass_time(invitation, 12 * HOUR)
    await house.mail_of(invitation, Message.REMINDER, copies=copies)
    await house.until_state(invitation, State.PENDING)


async def expired(house: House, **rules: Any) -> Invitation:
    """An invitation that nobody answered for a day."""
    office = await house.office(**rules)
    invitation = await house.pending(office)
    await house.pass_time(invitation, DAY)
    return await house.until_state(invitation, State.EXPIRED)


async def test_a_draft_sends_nothing_until_it_is_sent(house: House) -> None:
    """S0.15, S0.16: a draft has no link, no mail and no workflow; later it goes out without typing again."""
    office = await house.office()
    draft = await house.doorstep.invite(office=office, email=f"ana@{office}.example", name="Ana", is_draft=True)
    with pytest.raises(Conflict) as no_link:
        await house.doorstep.link(draft.id)

    sent = await house.doorstep.send(draft.id)

    assert no_link.value.code == "no_live_link"
    assert (draft.state, draft.expires_at, draft.deliveries) == (State.DRAFT, None, ())
    assert sent.state is State.PENDING
    mail = await house.mail_of(draft, Message.INVITATION)
    assert "Ana" in text_of(mail)
    assert len(house.mails(draft.address)) == 1


async def test_the_reminder_carries_the_same_link_at_half_time(house: House) -> None:
    """Decision 3: after 12 of the 24 hours, once, with the same link and the same end."""
    invitation = await house.pending(await house.office())
    before = await house.until_state(invitation, State.PENDING)

    await house.pass_time(invitation, 12 * HOUR - MINUTE)
    early = house.mails(invitation.address, Message.REMINDER)
    await house.pass_time(invitation, MINUTE)

    reminder = await house.mail_of(invitation, Message.REMINDER)
    assert early == []
    [first] = house.mails(invitation.address, Message.INVITATION)
    assert house.token(reminder) == house.token(first)
    after = await house.until_state(invitation, State.PENDING)
    assert before.expires_at is not None
    assert after.expires_at == before.expires_at - 12 * HOUR
    assert (after.generation, after.is_reminded) == (1, True)
    await house.set_up(invitation)


async def test_a_link_dies_after_24_hours_and_not_a_minute_before(house: House) -> None:
    """Decision 1: at 23 h 59 the form still opens; at 24 h the invitation is expired and the link answers 410."""
    invitation = await house.pending(await house.office())
    token = house.token(await house.mail_of(invitation, Message.INVITATION))

    await half_a_day_later(house, invitation)
    await house.pass_time(invitation, 12 * HOUR - MINUTE)
    view = await house.doorstep.open_link(token)
    await house.pass_time(invitation, MINUTE)
    await house.until_state(invitation, State.EXPIRED)

    assert (view.refusal, view.invitation.state) == (None, State.PENDING)
    with pytest.raises(Gone) as refused:
        await house.doorstep.set_up(token, username=invitation.address, password=PASSWORD)
    assert (refused.value.code, refused.value.status) == ("expired", 410)
    assert len(await entries_of(house, invitation, "invitation.expired")) == 1


async def test_somebody_who_finished_in_time_is_in_although_the_timer_comes_late(house: House) -> None:
    """T11, decision 1: the row decides; a set-up a minute before the end is never expired."""
    invitation = await house.pending(await house.office())
    await half_a_day_later(house, invitation)
    await house.pass_time(invitation, 12 * HOUR - MINUTE)

    await house.set_up(invitation)
    await house.pass_time(invitation, 2 * MINUTE)

    row = await house.until_state(invitation, State.AWAITING_APPROVAL)
    assert await entries_of(house, row, "invitation.expired") == []


async def test_after_the_reissue_window_it_is_closed_for_good(house: House) -> None:
    """Decision 2: seven days after the expiry the workflow ends with `expired`, and nothing can be sent again."""
    invitation = await expired(house)
    with_window = await house.doorstep.show(invitation.id)

    await house.pass_time(invitation, 7 * DAY)

    assert await house.handle(invitation).result() == {"state": "expired"}
    assert with_window.closed_at is None
    assert (await house.doorstep.show(invitation.id)).closed_at is not None
    with pytest.raises(Conflict) as refused:
        await house.doorstep.resend(invitation.id)
    assert refused.value.code == "closed"


async def test_an_expired_invitee_asks_for_a_new_link(house: House) -> None:
    """S3.8, decision 2: with the old link one gets a new one, at the same address, in the same invitation."""
    invitation = await expired(house)
    old = house.token(await house.mail_of(invitation, Message.INVITATION))

    await house.doorstep.request_new_link(old)

    new = house.token(await house.mail_of(invitation, Message.INVITATION, copies=2))
    assert new != old
    pending = await house.until_state(invitation, State.PENDING)
    assert (pending.generation, pending.expired_at, pending.is_reminded) == (2, None, False)
    await house.set_up(pending)


async def test_a_new_link_supersedes_the_old_one(house: House) -> None:
    """Decision 3, T09: after a resend the old link answers 410 and does not burn the newer one."""
    invitation = await house.pending(await house.office(resend_cooldown=timedelta(0)))
    old = house.token(await house.mail_of(invitation, Message.INVITATION))

    resent = await house.doorstep.resend(invitation.id)
    await house.mail_of(invitation, Message.INVITATION, copies=2)

    with pytest.raises(Gone) as refused:
        await house.doorstep.set_up(old, username=invitation.address, password=PASSWORD)
    assert refused.value.code == "superseded"
    assert "newer link was sent at" in refused.value.message
    assert resent.generation == 2
    await house.set_up(resent)


async def test_a_new_link_has_24_hours_of_its_own(house: House) -> None:
    """Decision 3: the day begins anew, and so does the reminder."""
    invitation = await house.pending(await house.office())
    await half_a_day_later(house, invitation)
    await house.pass_time(invitation, 8 * HOUR)

    await house.doorstep.resend(invitation.id)
    await house.mail_of(invitation, Message.INVITATION, copies=2)
    await half_a_day_later(house, invitation, copies=2)
    await house.pass_time(invitation, 8 * HOUR)
    still = await house.doorstep.show(invitation.id)
    await house.pass_time(invitation, 4 * HOUR)

    assert still.state is State.PENDING
    await house.until_state(invitation, State.EXPIRED)


async def test_a_second_resend_waits_for_the_cooldown(house: House) -> None:
    """T28: within the minute it is refused with 429 and the seconds to wait; afterwards it works."""
    invitation = await house.pending(await house.office())

    with pytest.raises(TooMany) as refused:
        await house.doorstep.resend(invitation.id)
    await house.pass_time(invitation, MINUTE)
    resent = await house.doorstep.resend(invitation.id)

    assert (refused.value.code, refused.value.status) == ("too_soon", 429)
    assert 0 < refused.value.retry_after <= 60
    assert resent.generation == 2


@pytest.mark.parametrize("is_expired", [False, True], ids=["pending", "expired"])
async def test_another_address_kills_the_link_to_the_old_one_first(house: House, *, is_expired: bool) -> None:
    """Decision 4, T29: the old link is dead, both are told, and the audit holds both addresses masked."""
    invitation = await (expired(house) if is_expired else house.pending(await house.office()))
    old = house.token(await house.mail_of(invitation, Message.INVITATION))
    other = f"zoe@{invitation.office.code}.example"

    await house.doorstep.readdress(invitation.id, other)

    with pytest.raises(Gone) as refused:
        await house.doorstep.set_up(old, username=invitation.address, password=PASSWORD)
    assert refused.value.code == "superseded"
    new = house.token(await house.mail_of(invitation, Message.INVITATION, to=other))
    notice = await house.mail_of(invitation, Message.READDRESSED_NOTICE)
    assert new not in text_of(notice)
    assert other not in text_of(notice)
    [entry] = await entries_of(house, invitation, "invitation.readdressed")
    assert entry.detail.keys() == {"before", "after"}
    assert invitation.address not in str(entry.detail)
    assert other not in str(entry.detail)
    await house.set_up(await house.until_state(invitation, State.PENDING))


@pytest.mark.parametrize("is_expired", [False, True], ids=["pending", "expired"])
async def test_not_me_ends_it_and_tells_the_inviter(house: House, *, is_expired: bool) -> None:
    """S3.7: who declines is left alone; the inviter hears of it and the workflow ends."""
    office = await house.office()
    inviter = f"clerk@{office}.example"
    invitation = await house.pending(office, actor=inviter)
    if is_expired:
        await house.pass_time(invitation, DAY)
        await house.until_state(invitation, State.EXPIRED)
    token = house.token(await house.mail_of(invitation, Message.INVITATION))

    await house.doorstep.decline(token)

    await house.mail_of(invitation, Message.DECLINED_NOTICE, to=inviter)
    assert await house.handle(invitation).result() == {"state": "declined"}
    with pytest.raises(Gone) as refused:
        await house.doorstep.set_up(token, username=invitation.address, password=PASSWORD)
    assert refused.value.code == "link_revoked"
    with pytest.raises(Refused) as no_new_one:
        await house.doorstep.request_new_link(token)
    assert no_new_one.value.status == 410


async def test_a_used_link_says_that_it_is_used(house: House) -> None:
    """T09: a second use answers 410 with the state, and makes no second user."""
    invitation = await house.waiting(await house.office())
    token = house.token(await house.mail_of(invitation, Message.INVITATION))

    with pytest.raises(Gone) as refused:
        await house.doorstep.set_up(token, username=f"second-{invitation.address}", password=PASSWORD)

    assert refused.value.code == "already_set_up"
    assert len(await entries_of(house, invitation, "invitation.set_up")) == 1
