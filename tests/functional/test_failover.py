"""An invitation that cannot be delivered goes to the other address of the person, once, where the office wants that."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from doorstep.domain.errors import Gone
from doorstep.domain.messages import DeliveryStatus, Handover, HandoverResult, Message
from doorstep.domain.states import Attention, State
from doorstep.store import handovers, timing
from starter.returns import note_report
from tests.faults import misbehaving_smtp as smtp
from tests.functional.failing_over import came_back, failed_over, invited, newest, notice, shown
from tests.functional.returning import delivery_of, report
from tests.house import PASSWORD, House
from tests.pages import token_of
from tests.pages_texts import Line, text_line
from tests.security.temporal_bytes import all_of, leaks

FLAGGED = (Attention.UNDELIVERABLE,)


@pytest.fixture
async def line(house: House) -> AsyncIterator[Line]:
    """The house with a text gateway."""
    async with text_line(house) as line:
        yield line


async def test_a_mail_that_is_refused_goes_out_as_a_text(line: Line) -> None:
    """S0.17, F12: refused while it was handed over, the same attempt texts a new link; the one before is dead."""
    invitation = await invited(line)
    old = await token_of(line.house, invitation)
    line.house.smtp.mode = smtp.REFUSE_550

    row = await line.post.send_all(invitation.id)

    with pytest.raises(Gone) as dead:
        await line.silent.set_up(old, username=invitation.email, password=PASSWORD)
    [text] = line.gateway.stored
    [entry] = await failed_over(line, invitation)
    assert (row.address, row.other_address) == (invitation.phone, invitation.email)
    assert (row.state, row.generation, row.attention) == (State.PENDING, 2, ())
    assert (text.to, newest(row).status) == (invitation.phone, DeliveryStatus.SENT)
    assert await token_of(line.house, row) in text.body
    assert dead.value.code == "superseded"
    assert (entry.actor, entry.via) == ("doorstep", "clock")
    assert entry.detail.keys() == {"before", "after"}
    assert not {invitation.email, invitation.phone} & set(map(str, entry.detail.values()))


async def test_a_mail_that_came_back_goes_out_as_a_text_and_the_inviter_is_told(line: Line) -> None:
    """S3.7: after a report; the notice says what was lost and where it went, and the 24 hours begin anew."""
    invitation = await invited(line)
    sent = await line.post.send_all(invitation.id)

    answers = [await came_back(line, invitation), await note_report(line.silent, report(delivery_of(sent)))]
    row = await line.post.send_all(invitation.id)

    assert answers == [True, False]
    assert (row.address, row.generation, row.attention, row.is_reminded) == (invitation.phone, 2, (), False)
    assert [each.to for each in line.gateway.stored] == [invitation.phone]
    assert row.expires_at is not None
    assert newest(row).handed_over_at == row.expires_at - timedelta(hours=24)
    told = notice(line, invitation)
    assert "the mail server of this person does not take mail for the address" in told
    assert f"Who: {invitation.email}" in told
    assert f"It went to their mobile number instead, {invitation.phone}, with a new link." in told
    assert "readdress" not in told


async def test_a_text_that_is_lost_goes_out_as_a_mail(line: Line) -> None:
    """S0.17, T02, T03: by the gateway's report, all the way through the worker; no address in a log or in Temporal."""
    invitation = await invited(line, channel="text")
    await line.post.send_all(invitation.id)

    with capture_logs() as logs:
        await line.report(line.gateway.callback(line.gateway.stored[-1], "undelivered", 30005))
        mail = await line.house.mail_of(await shown(line, invitation), Message.INVITATION)
        row = await line.house.settled(invitation)

    assert (row.address, row.attention) == (invitation.email, ())
    assert line.house.token(mail) == await token_of(line.house, row)
    told = notice(line, invitation)
    assert "the text message could not be delivered to the number" in told
    assert f"It went to their e-mail address instead, {invitation.email}, with a new link." in told
    words = [invitation.email, invitation.phone]
    assert leaks(await all_of(line.house, line.house.handle(row)), [word.encode() for word in words]) == []
    assert not [word for word in words if word in str(logs)]


async def test_it_never_goes_back_and_forth(line: Line) -> None:
    """F12: what is lost on the other channel too is flagged, and told as ever; even after somebody sent it again."""
    invitation = await invited(line)
    await line.post.send_all(invitation.id)
    await came_back(line, invitation)
    await line.post.send_all(invitation.id)

    await line.report(line.gateway.callback(line.gateway.stored[-1], "undelivered", 30005))
    lost = await line.house.settled(invitation)
    told = notice(line, invitation)
    await line.silent.readdress(invitation.id, invitation.email)
    await line.post.send_all(invitation.id)
    await came_back(line, invitation)
    row = await shown(line, invitation)

    assert (lost.address, lost.attention, lost.generation) == (invitation.phone, FLAGGED, 2)
    assert f"doorstep readdress {invitation.id}" in told
    assert (row.address, row.attention, row.generation) == (invitation.email, FLAGGED, 3)
    assert len(await failed_over(line, invitation)) == 1


async def test_a_reminder_that_comes_back_goes_over_too(line: Line) -> None:
    """F12: a mailbox may close between the two; whoever was delivered to before is reached by text."""
    invitation = await invited(line, reminder_share=0.05)
    await line.post.send_all(invitation.id)
    await line.house.pass_time(invitation, timedelta(hours=2))
    await line.post.send_all(invitation.id, timing.remind)

    await came_back(line, invitation, Message.REMINDER)
    row = await line.post.send_all(invitation.id)

    assert (row.address, row.generation, len(line.gateway.stored)) == (invitation.phone, 2, 1)


@pytest.mark.parametrize(
    "case", ["no rule", "no number", "landline", "no gateway", "nobody approves", "over", "no link"]
)
async def test_where_it_cannot_go_elsewhere_it_is_flagged_as_ever(line: Line, case: str) -> None:
    """F12: the rule is off, there is no other address or none that takes texts, or the moment has passed."""
    if case == "no number":
        invitation = await line.house.doorstep.invite(
            office=(office := await line.house.office(fails_over=True)), email=f"ana@{office}.example"
        )
        await line.house.until(invitation, lambda row: not row.unsent())
    else:
        options = {"phone": "+6493001234"} if case == "landline" else {}
        invitation = await invited(line, fails_over=case != "no rule", **options)
        await line.post.send_all(invitation.id)
    if case == "over":
        await line.house.run(lambda tx: _passed(tx, invitation.id))
    desk = line.house.doorstep if case == "no gateway" else line.silent
    message = Message.INVITATION
    if case == "nobody approves":
        await line.house.run(lambda tx: _nobody_approves(tx, invitation.office.code))
    if case == "no link":
        await line.silent.set_up(await token_of(line.house, invitation), username=invitation.email, password=PASSWORD)
        await line.post.send_all(invitation.id)
        message = Message.SET_UP_RECEIVED

    await note_report(desk, report(delivery_of(await shown(line, invitation), message)))

    row = await shown(line, invitation)
    assert (row.address, row.generation, row.attention) == (invitation.email, 1, FLAGGED)
    assert await failed_over(line, invitation) == []
    assert line.gateway.stored == []


async def _passed(tx: object, identifier: object) -> None:
    await tx.execute(  # type: ignore[attr-defined]
        text("UPDATE invitations SET expires_at = now() - interval '1 minute' WHERE id = :id"), {"id": identifier}
    )


async def _nobody_approves(tx: object, office: str) -> None:
    await tx.execute(text("DELETE FROM approvers WHERE office = :office"), {"office": office})  # type: ignore[attr-defined]


async def test_a_message_that_is_lost_later_is_told_in_its_own_words(line: Line) -> None:
    """F12: of the thanks for the set-up nobody is told that the invitation came back, or to send it elsewhere."""
    invitation = await invited(line)
    await line.post.send_all(invitation.id)
    await line.silent.set_up(await token_of(line.house, invitation), username=invitation.email, password=PASSWORD)
    await line.post.send_all(invitation.id)

    await came_back(line, invitation, Message.SET_UP_RECEIVED)
    await line.post.send_all(invitation.id)

    told = notice(line, invitation)
    assert "A later mail to them came back" in told
    assert "readdress" not in told


async def test_a_refusal_that_comes_too_late_takes_nobody_back(line: Line) -> None:
    """Invariant 1, F12: set up with a link that was passed on by hand while the mail server was still thinking."""
    invitation = await invited(line)
    outbox = await line.house.run(lambda tx: handovers.open_all(tx, invitation.id))
    await line.silent.set_up(await token_of(line.house, invitation), username=invitation.email, password=PASSWORD)
    refused = {each.id: HandoverResult(Handover.REFUSED, "address_refused", 550) for each in outbox.to_send}

    await line.house.run(lambda tx: handovers.close_all(tx, line.silent.means, outbox, refused))

    row = await shown(line, invitation)
    assert (row.state, row.address, row.generation) == (State.AWAITING_APPROVAL, invitation.email, 1)
    assert await failed_over(line, invitation) == []


async def test_whoever_comes_first_wins(line: Line) -> None:
    """Invariant 1: of one report eight times over and a set-up at once, one changes the row, and nobody is lost."""
    for _ in range(3):
        invitation = await invited(line)
        sent = await line.post.send_all(invitation.id)
        token = await token_of(line.house, invitation)
        bounce = report(delivery_of(sent))

        results = await asyncio.gather(
            line.silent.set_up(token, username=f"ana.{invitation.office.code}", password=PASSWORD),
            *(note_report(line.silent, bounce) for _ in range(8)),
            return_exceptions=True,
        )
        row = await shown(line, invitation)

        went = len(await failed_over(line, invitation))
        is_in = not isinstance(results[0], BaseException)
        assert results[1:].count(True) == 1
        assert results[1:].count(False) == 7
        assert (is_in, went) in {(True, 0), (False, 1)}
        assert row.state is (State.AWAITING_APPROVAL if is_in else State.PENDING)
        assert isinstance(results[0], Gone) is not is_in
