"""A mail server that is away or says no: what becomes of the invitation, of its clock, and of its people.

The names begin with the fault of the trust table; F14 to F16 are in `test_mail_faults_unknown.py`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, timedelta
from typing import Any

import pytest
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.api.workflow.v1 import PendingActivityInfo

from doorstep.domain.invitation import Delivery, Invitation
from doorstep.domain.messages import DeliveryStatus, Message
from doorstep.domain.states import Attention, State
from tests.faults import misbehaving_smtp as smtp
from tests.faults.misbehaving_smtp import Mode, Session
from tests.functional.racing import pass_on_row
from tests.house import PASSWORD, House, eventually

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LONG_PAUSE = timedelta(seconds=4)  # between two tries: long enough to see that somebody did not wait for its end


@asynccontextmanager
async def outage(house: House) -> AsyncIterator[None]:
    """No mail server listens meanwhile."""
    await house.smtp.stop()
    try:
        yield
    finally:
        await house.smtp.start()


async def invited(house: House, office: str = "", **rules: Any) -> Invitation:
    """An invitation just made, in an office of its own; its mail is on the way."""
    office = office or await house.office(**rules)
    return await house.doorstep.invite(office=office, email=f"ana@{office}.example", actor=f"clerk@{office}.example")


def latest(row: Invitation, message: Message = Message.INVITATION) -> Delivery:
    """The delivery of a message in the present generation."""
    [found] = row.of(message)
    return found


async def tried(house: House, invitation: Invitation, times: int = 1) -> Invitation:
    """The invitation once its mail was tried that often and deferred."""

    def holds(row: Invitation) -> bool:
        mail = latest(row)
        return mail.status is DeliveryStatus.DEFERRED and mail.attempts >= times and not mail.is_attempt_open

    return await house.until(invitation, holds)


async def pausing(house: House, invitation: Invitation, pause: timedelta = timedelta(0)) -> PendingActivityInfo:
    """The activity that waits for its next try, once it waits at least that long."""

    async def look() -> PendingActivityInfo | None:
        described = (await house.handle(invitation).describe()).raw_description
        for found in described.pending_activities:
            if found.HasField("next_attempt_schedule_time") and found.current_retry_interval.ToTimedelta() >= pause:
                return found
        return None

    return await eventually(look, f"a pause of {pause} between two tries")


def refuse(monkeypatch: pytest.MonkeyPatch, beginning: str, code: int) -> list[str]:
    """The server refuses recipients that begin so, and no others as a `Mode` would; the list fills with them."""
    refused: list[str] = []
    answer = Session._answer

    async def picky(session: Session, verb: str, rest: str) -> None:
        recipient = rest.partition("<")[2].partition(">")[0]
        if verb == "RCPT" and recipient.startswith(beginning):
            refused.append(recipient)
            await session._say(f"{code} 5.1.1 no {recipient} here")
            return
        await answer(session, verb, rest)

    monkeypatch.setattr(Session, "_answer", picky)
    return refused


async def test_f10_a_mail_waits_for_its_server_and_arrives_by_itself(house: House) -> None:
    """F10: while nobody listens it is deferred, explained and held by no worker; afterwards it arrives, once."""
    async with outage(house):
        invitation = await invited(house)
        waiting = await tried(house, invitation, 2)
        pending = await pausing(house, invitation, timedelta(seconds=2))
        explanation = await house.doorstep.why(invitation.id)

    arrived = await house.settled(invitation)

    assert (waiting.state, waiting.attention) == (State.PENDING, ())
    assert latest(waiting).cause == "unreachable"
    assert "The mail server has not taken the invitation since" in explanation.sentences[1]
    assert "unreachable" in explanation.sentences[1]
    assert explanation.commands == ("doorstep doctor",)
    assert pending.attempt > 1
    assert pending.state == PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED
    assert pending.last_failure.application_failure_info.type == "MailDeferred"
    assert latest(arrived).status is DeliveryStatus.SENT
    assert len(house.mails(invitation.address)) == 1
    assert (await house.events(invitation)).count("message.sent") == 1


async def test_f10_the_day_begins_when_the_mail_leaves(house: House) -> None:
    """F10, decision 1: an outage of 30 hours costs the invitee nothing; each try that failed moves the end."""
    async with outage(house):
        invitation = await invited(house)
        first = await tried(house, invitation)
        second = await tried(house, invitation, 2)
        await pass_on_row(house, invitation, 30 * HOUR)
        late = await tried(house, invitation, 3)

    arrived = await house.settled(invitation)

    assert first.expires_at is not None
    assert second.expires_at is not None
    assert late.expires_at is not None
    assert arrived.expires_at is not None
    assert first.expires_at < second.expires_at
    assert late.state is State.PENDING
    assert late.expires_at - late.now > 23 * HOUR
    [mail] = house.mails(invitation.address)
    assert mail["Date"].datetime + DAY == arrived.expires_at.replace(microsecond=0)


@pytest.mark.parametrize(
    ("mode", "cause"),
    [(smtp.DEFER_451, "try_later"), (smtp.DEFER_452, "try_later"), (smtp.GREETING_REFUSED_554, "greeting_refused")],
    ids=["F11-451-at-rcpt", "F11-452-at-data", "F13-554-at-greeting"],
)
async def test_f11_f13_a_no_that_is_not_about_the_invitee_is_tried_again(house: House, mode: Mode, cause: str) -> None:
    """F11, F13: a 4xx, and a server that refuses us, raise no flag; another try, and in the end one mail."""
    house.smtp.hang_up()  # a kept connection is greeted already
    house.smtp.mode = mode
    try:
        invitation = await invited(house)
        waiting = await tried(house, invitation, 2)
    finally:
        house.smtp.mode = smtp.ACCEPT

    arrived = await house.settled(invitation)

    assert (latest(waiting).cause, latest(waiting).reply_code) == (cause, int(mode.reply[:3]))
    assert waiting.attention == ()
    assert latest(arrived).status is DeliveryStatus.SENT
    assert len(house.mails(invitation.address)) == 1


@pytest.mark.parametrize("code", [550, 552, 553, 554])
async def test_f12_a_refused_address_is_told_to_the_inviter_and_mended(
    house: House, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """F12: one try, a flag, a notice to the inviter; another address clears the flag and gets the mail."""
    office = await house.office()
    refused = refuse(monkeypatch, f"ana@{office}.", code)  # nobody of another test, whose mail may be tried again now
    invitation = await invited(house, office)
    inviter = invitation.invited_by
    await house.mail_of(invitation, Message.BOUNCE_NOTICE, to=inviter)
    bounced = await house.settled(invitation)
    explanation = await house.doorstep.why(invitation.id)
    tries = len(refused)

    await house.doorstep.readdress(invitation.id, f"zoe@{invitation.office.code}.example")

    await house.mail_of(invitation, Message.INVITATION, to=f"zoe@{invitation.office.code}.example")
    mended = await house.settled(invitation)
    assert (latest(bounced).status, latest(bounced).attempts, tries) == (DeliveryStatus.BOUNCED, 1, 1)
    assert (latest(bounced).cause, latest(bounced).reply_code) == ("address_refused", code)
    assert bounced.attention == (Attention.UNDELIVERABLE,)
    assert explanation.commands == (f"doorstep readdress {invitation.id} NEW_ADDRESS",)
    assert (mended.state, mended.attention) == (State.PENDING, ())
    assert latest(mended).status is DeliveryStatus.SENT
    assert len(house.mails(inviter, Message.BOUNCE_NOTICE)) == 1
    await house.set_up(mended, username=f"zoe@{invitation.office.code}.example")


async def test_f10_a_revocation_does_not_wait_for_the_mail_server(house: House) -> None:
    """F10: revoked in an outage, the workflow ends before the next try was due, and nothing goes out afterwards."""
    async with outage(house):
        invitation = await invited(house)
        pending = await pausing(house, invitation, LONG_PAUSE)

        await house.doorstep.revoke(invitation.id)
        result = await house.handle(invitation).result()

    described = await house.handle(invitation).describe()
    row = await house.doorstep.show(invitation.id)
    assert result == {"state": "revoked"}
    assert described.close_time is not None
    assert described.close_time < pending.next_attempt_schedule_time.ToDatetime(UTC)
    [mail] = row.deliveries
    assert (mail.status, mail.cause, mail.is_attempt_open) == (DeliveryStatus.FAILED, "revoked", False)
    assert house.mails(invitation.address) == []


@pytest.mark.parametrize("is_readdressed", [False, True], ids=["resend", "readdress"])
async def test_f10_a_new_link_does_not_wait_for_the_mail_server(house: House, *, is_readdressed: bool) -> None:
    """F10: a new link in an outage is tried at once, before the old one was due; afterwards it alone arrives."""
    async with outage(house):
        invitation = await invited(house, resend_cooldown=timedelta(0))
        to = f"zoe@{invitation.office.code}.example" if is_readdressed else invitation.address
        pending = await pausing(house, invitation, LONG_PAUSE)
        old = (await house.doorstep.link(invitation.id)).rpartition("/")[2]

        if is_readdressed:
            await house.doorstep.readdress(invitation.id, to)
        else:
            await house.doorstep.resend(invitation.id)
        renewed = await tried(house, invitation)

    await house.settled(invitation)
    first_try = latest(renewed).handed_over_at
    assert first_try is not None
    assert renewed.generation == 2
    assert first_try < pending.next_attempt_schedule_time.ToDatetime(UTC)
    [mail] = house.mails(to, Message.INVITATION)
    assert len(house.mails(invitation.address, Message.INVITATION)) == (0 if is_readdressed else 1)
    assert house.token(mail) != old
    assert getattr((await house.doorstep.open_link(old)).refusal, "code", None) == "superseded"


async def test_f10_a_link_that_was_handed_out_works_while_the_mail_waits(house: House) -> None:
    """F10, S3.8: staff read the link out on the phone; the set-up counts, and the mail with the link is withdrawn."""
    async with outage(house):
        invitation = await invited(house)
        await tried(house, invitation)
        token = (await house.doorstep.link(invitation.id)).rpartition("/")[2]

        await house.doorstep.set_up(token, username=invitation.address, password=PASSWORD)
        waiting = await house.until_state(invitation, State.AWAITING_APPROVAL)

    await house.settled(invitation)
    [withdrawn] = waiting.of(Message.INVITATION)
    assert (withdrawn.status, withdrawn.cause) == (DeliveryStatus.FAILED, "set_up")
    assert {each.message for each in waiting.unsent()} == {Message.SET_UP_RECEIVED, Message.APPROVAL_NEEDED}
    assert [mail["X-Doorstep-Message"] for mail in house.mails(invitation.address)] == [Message.SET_UP_RECEIVED]
    assert len(house.mails(f"boss1@{invitation.office.code}.example", Message.APPROVAL_NEEDED)) == 1
