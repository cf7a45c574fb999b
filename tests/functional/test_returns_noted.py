"""What follows from a report, by what it says and by where the invitation stands."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update
from temporalio.client import Client

from doorstep.domain.messages import DeliveryStatus, Message
from doorstep.domain.states import Attention, State
from doorstep.mail.reports import Action, Report
from doorstep.store import deliveries
from doorstep.store import tables as t
from starter.returns import note_report
from starter.temporal import Starter
from tests.faults import misbehaving_smtp as smtp
from tests.functional.racing import sweep_up
from tests.functional.returning import became, delivery_of, invited, report
from tests.functional.test_states_signing_in import forgotten
from tests.house import House, eventually
from tests.members import boss_of

DAY = timedelta(days=1)
NOBODY = UUID("0199a4c2-8d10-7b3c-a1f2-6b0de94c7735")


async def noted(house: House, said: Report) -> bool:
    """Note a report as the doors do it."""
    return await note_report(house.doorstep, said)


async def test_a_success_is_shown_and_wakes_nobody(house: House) -> None:
    """S3.7: delivered is more than sent; nothing follows from it, and a second report changes nothing."""
    invitation = await invited(house)
    mail = delivery_of(invitation)

    first = await noted(house, report(mail, Action.DELIVERED))
    again = await noted(house, report(mail, Action.DELIVERED))

    row = await house.doorstep.show(invitation.id)
    assert (first, again) == (True, False)
    assert await became(house, mail) == (DeliveryStatus.DELIVERED, "")
    assert (row.rev, row.attention, row.expires_at) == (invitation.rev, (), invitation.expires_at)


async def test_a_delay_is_noted_and_no_failure(house: House) -> None:
    """S3.7: the server is still trying: the mail stays sent, the cause is shown, and success clears it."""
    invitation = await invited(house)
    mail = delivery_of(invitation)

    answers = [await noted(house, report(mail, Action.DELAYED)) for _ in range(2)]
    delayed = await became(house, mail)
    row = await house.doorstep.show(invitation.id)
    arrived = await noted(house, report(mail, Action.DELIVERED))

    assert (answers, arrived) == ([True, False], True)
    assert delayed == (DeliveryStatus.SENT, "try_later")
    assert (row.rev, row.attention) == (invitation.rev, ())
    assert await became(house, mail) == (DeliveryStatus.DELIVERED, "")


async def test_a_server_that_gave_up_has_failed(house: House) -> None:
    """S3.7, F12: after days of 4xx nothing will arrive any more, so the inviter is told as of a refusal."""
    invitation = await invited(house)
    mail = delivery_of(invitation)

    await noted(house, report(mail, Action.DELAYED))
    answer = await noted(house, report(mail, status="4.4.7", cause="given_up"))

    await house.mail_of(invitation, Message.BOUNCE_NOTICE, to=invitation.invited_by)
    row = await house.settled(invitation)
    assert answer is True
    assert await became(house, mail) == (DeliveryStatus.BOUNCED, "given_up")
    assert row.attention == (Attention.UNDELIVERABLE,)


async def test_news_after_a_success(house: House) -> None:
    """S3.7: a relay that passed the mail on may hear of a refusal later; after a failure nothing is believed."""
    invitation = await invited(house)
    mail = delivery_of(invitation)
    said = [
        report(mail, Action.DELIVERED),
        report(mail, Action.DELAYED),
        report(mail, Action.FAILED),
        report(mail, Action.FAILED, "5.2.2", "mailbox_full"),
        report(mail, Action.DELAYED),
        report(mail, Action.DELIVERED),
    ]

    answers = [await noted(house, each) for each in said]

    await house.settled(invitation)
    assert answers == [True, False, True, False, False, False]
    assert await became(house, mail) == (DeliveryStatus.BOUNCED, "address_refused")
    assert len(house.mails(invitation.invited_by, Message.BOUNCE_NOTICE)) == 1


@pytest.mark.parametrize("action", list(Action))
async def test_only_a_mail_that_was_handed_over_can_come_back(house: House, action: Action) -> None:
    """S3.7: nothing follows for an unknown id, a message that was never sent, a withdrawn one, or a text."""
    invitation = await invited(house)
    d = t.deliveries.c
    await house.run(lambda tx: deliveries.queue(tx, NOBODY, Message.INVITATION, 1, ["ana@example.org", "+64215550142"]))
    unsent, text = await house.run(lambda tx: deliveries.of_subject(tx, NOBODY))
    sent = update(t.deliveries).where(d.id == text.id).values(status=DeliveryStatus.SENT)
    await house.run(lambda tx: tx.execute(sent))

    answers = [await noted(house, report(each, action)) for each in (NOBODY, unsent, text)]
    await house.run(lambda tx: deliveries.withdraw(tx, NOBODY, [Message.INVITATION], cause="superseded"))
    answers.append(await noted(house, report(unsent, action)))

    row = await house.doorstep.show(invitation.id)
    await house.run(lambda tx: tx.execute(t.deliveries.delete().where(d.subject_id == NOBODY)))
    assert answers == [False] * 4
    assert (row.rev, row.attention) == (invitation.rev, ())


async def test_f15_a_report_ends_an_attempt_whose_end_is_unknown(house: House) -> None:
    """F15: the server took the mail and hung up; its report says how that ended, and no second copy goes out."""
    office = await house.office()
    house.smtp.mode = smtp.TAKES_AND_DROPS
    clerk = f"clerk@{office}.example"
    invitation = await house.doorstep.invite(office=office, email=f"ana@{office}.example", actor=clerk)
    row = await house.until(invitation, lambda row: delivery_of(row).status is DeliveryStatus.DEFERRED)

    answer = await noted(house, report(delivery_of(row)))
    tried = delivery_of(await house.doorstep.show(invitation.id)).attempts  # one more may be under way by now
    house.smtp.mode = smtp.ACCEPT
    await house.mail_of(invitation, Message.BOUNCE_NOTICE, to=invitation.invited_by)
    ended = await house.settled(invitation)

    assert answer is True
    assert (delivery_of(ended).status, delivery_of(ended).is_attempt_open) == (DeliveryStatus.BOUNCED, False)
    assert ended.expires_at == row.expires_at
    assert delivery_of(ended).attempts == tried
    assert len(house.mails(invitation.address)) <= tried


async def test_an_old_link_that_comes_back_harms_no_new_one(house: House) -> None:
    """S3.7: the report of a generation before is recorded, raises no flag and tells nobody."""
    invitation = await invited(house, resend_cooldown=timedelta(0))
    old = delivery_of(invitation)
    await house.doorstep.resend(invitation.id)
    renewed = await house.settled(invitation)

    answer = await noted(house, report(old))

    row = await house.doorstep.show(invitation.id)
    assert answer is True
    assert await became(house, old) == (DeliveryStatus.BOUNCED, "address_refused")
    assert (row.rev, row.attention) == (renewed.rev, ())
    assert (await house.events(invitation))[-1] == "message.bounced"
    assert house.mails(invitation.invited_by, Message.BOUNCE_NOTICE) == []


async def test_a_link_that_was_used_did_arrive(house: House) -> None:
    """S3.7: somebody has set up a user; a report about the invitation is old news then, however it came about."""
    invitation = await invited(house)
    await house.set_up(invitation, username=invitation.address)
    waiting = await house.settled(invitation)

    answer = await noted(house, report(delivery_of(invitation)))

    row = await house.doorstep.show(invitation.id)
    assert answer is True
    assert (row.state, row.rev, row.attention) == (State.AWAITING_APPROVAL, waiting.rev, ())
    assert house.mails(invitation.invited_by, Message.BOUNCE_NOTICE) == []


async def test_a_failure_that_is_reported_after_the_end_of_the_link_is_told(house: House) -> None:
    """S3.7: a server may try for days; the inviter hears why nobody came while the link can still be sent again."""
    invitation = await invited(house)
    await house.pass_time(invitation, DAY)
    await house.until_state(invitation, State.EXPIRED)

    await noted(house, report(delivery_of(invitation), status="4.4.7", cause="given_up"))

    await house.mail_of(invitation, Message.BOUNCE_NOTICE, to=invitation.invited_by)
    row = await house.settled(invitation)
    assert (row.state, row.attention) == (State.EXPIRED, (Attention.UNDELIVERABLE,))


async def test_a_message_to_a_closed_workflow_is_told_too(house: House) -> None:
    """S3.7: the good news came back when the workflow was over: a run that does only that tells the inviter."""
    invitation = await invited(house)
    await house.set_up(invitation, username=invitation.address)
    await house.doorstep.approve(invitation.id, approver=boss_of(invitation))
    await house.until_state(invitation, State.ACTIVE)
    active = await house.settled(invitation)
    await house.handle(invitation).result()

    await noted(house, report(delivery_of(active, Message.APPROVED)))

    await house.mail_of(invitation, Message.BOUNCE_NOTICE, to=invitation.invited_by)
    assert (await house.settled(invitation)).attention == (Attention.UNDELIVERABLE,)


async def test_f05_while_temporal_is_away_the_report_is_kept(house: House) -> None:
    """F05: the failure is noted all the same, and the sweep tells the workflow later."""
    invitation = await invited(house)
    away = await Client.connect("127.0.0.1:1", lazy=True)

    answer = await note_report(replace(house.doorstep, starter=Starter(away)), report(delivery_of(invitation)))
    unheard = await house.doorstep.show(invitation.id)
    await sweep_up(house, invitation)

    await house.mail_of(invitation, Message.BOUNCE_NOTICE, to=invitation.invited_by)
    assert answer is True
    assert (unheard.attention, unheard.rev) == ((Attention.UNDELIVERABLE,), unheard.seen_rev + 1)


async def test_a_notice_that_comes_back_raises_no_flag(house: House) -> None:
    """F12: what tells of a failure causes none: the notice to an old address, and the one to the inviter."""
    invitation = await invited(house)
    await house.doorstep.readdress(invitation.id, f"zoe@{invitation.office.code}.example")
    await house.mail_of(invitation, Message.READDRESSED_NOTICE)
    moved = await house.settled(invitation)

    answer = await noted(house, report(delivery_of(moved, Message.READDRESSED_NOTICE)))

    row = await house.settled(invitation)
    assert answer is True
    assert row.attention == ()
    assert (await house.events(invitation)).count("message.bounced") == 1
    assert house.mails(invitation.invited_by, Message.BOUNCE_NOTICE) == []


async def test_a_password_link_that_comes_back_changes_its_row_alone(house: House) -> None:
    """S3.7: nobody is told of a mail that somebody ordered for themselves; support sees what became of it."""
    invitation = await invited(house)
    await house.set_up(invitation, username=invitation.address)
    await house.doorstep.approve(invitation.id, approver=boss_of(invitation))
    active = await house.until_state(invitation, State.ACTIVE)
    request = await forgotten(house, invitation.address, source=invitation.office.code)
    await house.mail_of(invitation, Message.PASSWORD_RESET)

    async def look() -> bool | None:
        [mail] = await house.run(lambda tx: deliveries.of_subject(tx, request))
        return mail.status is DeliveryStatus.SENT or None

    await eventually(look, "the mail to be noted as sent")
    [mail] = await house.run(lambda tx: deliveries.of_subject(tx, request))

    answer = await noted(house, report(mail))

    row = await house.doorstep.show(invitation.id)
    assert answer is True
    assert await became(house, mail) == (DeliveryStatus.BOUNCED, "address_refused")
    assert row.attention == active.attention == ()
    assert house.mails(invitation.invited_by, Message.BOUNCE_NOTICE) == []
