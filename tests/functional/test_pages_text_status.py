"""What the text gateway reports afterwards reaches the row, the flag and the inviter, in whatever order it comes."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from doorstep.domain.invitation import Delivery, Invitation
from doorstep.domain.messages import Channel, DeliveryStatus, Handover, HandoverResult, Message
from doorstep.domain.states import State
from doorstep.store import handovers
from doorstep.text.callbacks import Report, status_url
from tests.faults.misbehaving_texts import TAKES_AND_DROPS, Stored
from tests.house import House
from tests.house import text_of as text_part
from tests.pages_texts import Line, text_line

FLAG = "undeliverable"
NONE = timedelta(0)


@pytest.fixture
async def line(house: House) -> AsyncIterator[Line]:
    """The house with a text gateway."""
    async with text_line(house) as line:
        yield line


def text_of(invitation: Invitation) -> Delivery:
    """The newest text of an invitation."""
    return [each for each in invitation.deliveries if each.message is Message.INVITATION][-1]


async def test_a_text_that_arrived_is_shown_as_delivered(line: Line) -> None:
    """S0.17, S3.7: sent, then delivered; the page says 204 and nobody has to do anything."""
    invitation, text = await line.texted()
    before = await line.became(text_of(invitation))

    answer = await line.report(line.gateway.callback(text, "delivered"))
    after = await line.house.doorstep.show(invitation.id)

    assert invitation.channel is Channel.TEXT
    assert before == ("sent", "", 201, False)
    assert (answer.status_code, answer.content) == (204, b"")
    assert await line.became(text_of(invitation)) == ("delivered", "", 201, False)
    assert (after.attention, after.rev) == ((), invitation.rev)


@pytest.mark.parametrize(
    ("order", "wanted"),
    [
        (("sent", "delivered"), "delivered"),
        (("delivered", "sent"), "delivered"),
        (("queued", "sending", "sent"), "sent"),
        (("delivered", "undelivered", "sent"), "delivered"),
        (("undelivered", "sent", "delivered"), "bounced"),
    ],
)
async def test_reports_come_in_any_order(line: Line, order: tuple[str, ...], wanted: str) -> None:
    """S3.7, F18: late, early and repeated reports end in the same place; nothing goes back to sent."""
    invitation, text = await line.texted()

    answers = [await line.report(line.gateway.callback(text, status)) for status in (*order, *order)]

    assert {answer.status_code for answer in answers} == {204}
    assert (await line.became(text_of(invitation)))[0] == wanted


async def test_only_news_is_news(line: Line) -> None:
    """S3.7, F18: what the row says already is noted no second time, and neither is what came too late."""
    invitation, _text = await line.texted()
    delivery = text_of(invitation)
    said = [DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.DELIVERED, DeliveryStatus.SENT]

    noted = [await line.silent.text_status(delivery.id, Report(status)) for status in said]

    assert noted == [False, True, False, False]


async def test_a_text_that_nobody_can_get_is_told_to_the_inviter(line: Line) -> None:
    """S3.7, F12: the flag, the cause, one entry in the audit, and the workflow mails the inviter, once."""
    invitation, text = await line.texted()
    lost = line.gateway.callback(text, "undelivered", 30005)

    answers = [await line.report(lost), await line.report(lost)]
    notice = await line.house.mail_of(invitation, Message.BOUNCE_NOTICE, to=invitation.invited_by)
    row = await line.house.until(invitation, lambda row: row.seen_rev == row.rev and not row.unsent())

    assert [answer.status_code for answer in answers] == [204, 204]
    assert await line.became(text_of(invitation)) == ("bounced", "number_refused", 30005, False)
    assert (row.attention, row.state) == ((FLAG,), State.PENDING)
    assert row.rev > invitation.rev
    assert (await line.house.events(invitation)).count("message.bounced") == 1
    assert f"Office {invitation.office.code}" in " ".join(text_part(notice).split())
    assert len(line.house.mails(invitation.invited_by, Message.BOUNCE_NOTICE)) == 1
    assert len(line.gateway.stored) == 1


async def test_a_text_that_the_account_lost_has_failed(line: Line) -> None:
    """S3.7, F13: lost by our account and not by the number: `failed`, with the cause; flagged, since nobody has it."""
    invitation, text = await line.texted()

    await line.report(line.gateway.callback(text, "failed", 30002))

    assert await line.became(text_of(invitation)) == ("failed", "account_inactive", 30002, False)
    assert (await line.house.doorstep.show(invitation.id)).attention == (FLAG,)


async def test_f15_a_report_may_come_before_the_attempt_is_closed(line: Line) -> None:
    """F15, S0.17: delivered while our own transaction is still open; its end takes nothing back."""
    invitation = await line.invited()
    outbox = await line.house.run(lambda tx: handovers.open_all(tx, invitation.id))
    delivery = outbox.to_send[0]
    text = Stored(delivery.recipient, "", "", "", status_url_of(line, delivery))

    early = await line.report(line.gateway.callback(text, "delivered"))
    results = {delivery.id: HandoverResult(Handover.ACCEPTED)}
    await line.house.run(lambda tx: handovers.close_all(tx, line.silent.means, outbox, results))

    assert early.status_code == 204
    assert await line.became(delivery) == ("delivered", "", None, False)


def status_url_of(line: Line, delivery: Delivery) -> str:
    """Where the gateway is told to report."""
    gateway = line.app.state.site.gateway
    return status_url(gateway, line.silent.settings.public_url, delivery.id)


async def test_f15_a_report_ends_an_attempt_whose_end_is_unknown(line: Line) -> None:
    """F15: taken, and the connection lost: once the gateway says `sent`, no second copy goes out."""
    line.gateway.mode = TAKES_AND_DROPS
    invitation, text = await line.texted()
    before = await line.became(text_of(invitation))

    await line.report(line.gateway.callback(text, "sent"))
    again = await line.post.send_all(invitation.id)

    assert (before[0], before[3]) == ("deferred", True)
    assert await line.became(text_of(invitation)) == ("sent", "", None, False)
    assert text_of(again).sent_at is not None
    assert line.gateway.requests == 1


async def test_an_old_text_that_is_lost_harms_no_new_one(line: Line) -> None:
    """T09, F18: news of a generation before is recorded, and the invitation that is out now stays as it is."""
    invitation, old = await line.texted(resend_cooldown=NONE)
    await line.silent.resend(invitation.id)
    present = await line.post.send_all(invitation.id)

    await line.report(line.gateway.callback(old, "undelivered", 30005))
    row = await line.house.doorstep.show(invitation.id)

    assert present.generation == 2
    assert (await line.became(text_of(invitation)))[0] == "bounced"
    assert (row.attention, row.rev) == ((), present.rev)
    assert "message.bounced" in await line.house.events(invitation)


async def test_a_report_about_a_text_that_was_never_tried_is_none(line: Line) -> None:
    """F18: of a text that is still queued nothing can be known; the row waits for its turn."""
    invitation = await line.invited()
    delivery = text_of(invitation)
    text = Stored(delivery.recipient, "", "", "", status_url_of(line, delivery))

    answer = await line.report(line.gateway.callback(text, "delivered"))

    assert answer.status_code == 204
    assert (await line.became(delivery))[0] == "queued"
