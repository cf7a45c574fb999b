"""What mail providers report reaches the row, the flag and the inviter; what they did not sign changes nothing."""

import json
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.reports import Action
from doorstep.domain.states import Attention, State
from doorstep.store import deliveries
from doorstep.store import tables as t
from starter.returns import note_report
from tests.functional.delivery_reporting import NOBODY, Provider, event_of, provider_of
from tests.functional.returning import delivery_of, invited, report
from tests.house import House
from tests.pages_texts import text_line


@pytest.fixture
async def out(house: House) -> tuple[Invitation, Provider]:
    """An invitation whose mail is out, and a provider that reports of it."""
    invitation = await invited(house)
    return invitation, await provider_of(house, invitation)


async def test_a_mail_that_arrived_is_shown_as_delivered(house: House, out: tuple[Invitation, Provider]) -> None:
    """S3.7: with the moment that the provider names; nothing follows, and never backwards, in whatever order."""
    invitation, provider = out
    now = (await house.doorstep.show(invitation.id)).now
    arrived = event_of(house, invitation, "delivered", at=now.isoformat(), id="evt-1")
    late = [event_of(house, invitation, "deferred", type="soft", code="4.2.2"), arrived]

    first = await provider.post(json.dumps([arrived]).encode())
    row = await provider.row(invitation)
    again = await provider.reports(*late, arrived)
    after = await house.settled(invitation)

    assert (first.status_code, first.json()) == (200, {"events": [{"id": "evt-1", "outcome": "noted"}]})
    assert (row["status"], row["cause"], row["delivered_at"]) == ("delivered", "", now)
    assert again == ["unchanged"] * 3
    assert (after.attention, after.rev) == ((), invitation.rev)
    assert (await house.events(invitation)).count("message.delivered") == 1


async def test_a_clock_that_goes_wrong_moves_nothing(house: House) -> None:
    """Time: a moment before the handing over, or one to come, is not believed."""
    long_ago, to_come = [await invited(house) for _ in range(2)]
    for invitation, at in ((long_ago, "0001-01-01T00:00:00+23:59"), (to_come, "9999-12-31T23:59:59-23:59")):
        provider = await provider_of(house, invitation)
        assert await provider.reports(event_of(house, invitation, "delivered", at=at)) == ["noted"]
        row = await provider.row(invitation)
        assert row["sent_at"] <= row["delivered_at"] <= (await house.doorstep.show(invitation.id)).now  # type: ignore[operator]


async def test_a_soft_bounce_is_noted_and_no_failure(house: House, out: tuple[Invitation, Provider]) -> None:
    """S3.7: somebody is still trying: the cause is shown, and success clears it."""
    invitation, provider = out
    soft = event_of(house, invitation, "bounced", type="soft", code="4.2.2")

    noted = await provider.reports(soft, soft, event_of(house, invitation, "deferred"))
    delayed = await provider.became(invitation)
    await provider.reports(event_of(house, invitation, "delivered"))

    assert noted == ["noted", "unchanged", "noted"]
    assert delayed == ("sent", "try_later")
    assert await provider.became(invitation) == ("delivered", "")
    assert (await house.doorstep.show(invitation.id)).attention == ()


async def test_a_hard_bounce_is_told_to_the_inviter(house: House, out: tuple[Invitation, Provider]) -> None:
    """S3.7, F12, T02: the flag, one entry in the audit, one mail to the inviter; and no address in any log."""
    invitation, provider = out
    hard = event_of(house, invitation, "bounced", type="hard", code="5.1.1")

    with capture_logs() as logs:
        outcomes = [
            await provider.reports(event_of(house, invitation, "delivered"), hard),
            await provider.reports(hard),
        ]
        await house.mail_of(invitation, Message.BOUNCE_NOTICE, to=invitation.invited_by)
        row = await house.settled(invitation)

    [bounced] = [each for each in await house.doorstep.audit(invitation.id) if each.event == "message.bounced"]
    assert outcomes == [["noted", "noted"], ["unchanged"]]
    assert await provider.became(invitation) == ("bounced", "address_refused")
    assert (row.state, row.attention) == (State.PENDING, (Attention.UNDELIVERABLE,))
    assert (bounced.code, bounced.detail["status"], bounced.detail["is_permanent"]) == (
        "address_refused",
        "5.1.1",
        True,
    )
    assert len(house.mails(invitation.invited_by, Message.BOUNCE_NOTICE)) == 1
    assert invitation.address not in str(logs) + str(bounced)


async def test_whoever_complains_is_not_reminded(house: House, out: tuple[Invitation, Provider]) -> None:
    """S3.7: it arrived, its cause says so, the reminder is left out; the link stays and nobody is alarmed."""
    invitation, provider = out
    complaint = event_of(house, invitation, "complained")

    outcomes = await provider.reports(complaint, complaint)
    outcomes += await provider.reports(event_of(house, invitation, "delivered"))
    row = await house.settled(invitation)
    await house.pass_time(invitation, timedelta(hours=13))
    later = await house.settled(invitation)

    assert outcomes == ["noted", "unchanged", "unchanged"]
    assert await provider.became(invitation) == ("delivered", "complained")
    assert (row.state, row.attention, row.is_reminded) == (State.PENDING, (), True)
    assert house.mails(invitation.address, Message.REMINDER) == []
    assert later.rev == row.rev


async def test_one_bad_event_does_not_lose_the_others(house: House, out: tuple[Invitation, Provider]) -> None:
    """Each has an answer of its own, in turn: not understood, of no use, of nobody, and what was to be noted."""
    invitation, provider = out
    good = event_of(house, invitation, "delivered")
    bad: list[object] = [
        "words",
        None,
        7,
        [],
        {},
        good | {"event": 5},
        good | {"at": "yesterday"},
        good | {"at": "2026-11-22T10:00"},
    ]
    bad += [good | {"type": "firm"}, good | {"message_id": ""}, good | {"code": 550}]
    nobody = [good | {"message_id": NOBODY}, good | {"message_id": "<1@elsewhere.example>"}]
    odd = [good | {"event": "opened"}, good | {"event": "clicked", "message_id": NOBODY}]

    outcomes = await provider.reports(*bad, *nobody, *odd, good)

    assert outcomes == ["malformed"] * len(bad) + ["unknown"] * 2 + ["ignored"] * 2 + ["noted"]


async def test_a_row_from_the_future_stands_in_nobodys_way(house: House, out: tuple[Invitation, Provider]) -> None:
    """F20: what cannot be noted is put aside; the event after it is noted."""
    poisoned, provider = out
    healthy = await house.doorstep.invite(office=poisoned.office.code, email=f"zoe@{poisoned.office.code}.example")
    healthy = await house.settled(healthy)
    d = t.deliveries.c
    facts = t.deliveries.update().where(d.subject_id == poisoned.id)
    await house.run(lambda tx: tx.execute(facts.values(facts="odd")))

    outcomes = await provider.reports(*(event_of(house, each, "bounced") for each in (poisoned, healthy)))

    await house.run(lambda tx: tx.execute(facts.values(facts={})))
    assert outcomes == ["failed", "noted"]


async def test_a_thousand_events_are_one_request(house: House, out: tuple[Invitation, Provider]) -> None:
    """A provider that was held up for hours reports it all at once."""
    invitation, provider = out
    names = [f"p{number}@{invitation.office.code}.example" for number in range(1000)]
    await house.run(lambda tx: deliveries.queue(tx, invitation.id, Message.REJECTED, 7, names))
    d = t.deliveries.c
    mine = d.subject_id == invitation.id, d.message == Message.REJECTED
    await house.run(
        lambda tx: tx.execute(t.deliveries.update().where(*mine).values(status="sent", sent_at=d.created_at))
    )
    ids = (await house.run(lambda tx: tx.execute(t.deliveries.select().with_only_columns(d.id).where(*mine)))).scalars()
    said = {"event": "delivered", "at": invitation.now.isoformat(), "provider": "x" * 200}

    answer = await provider.post(json.dumps([said | {"message_id": f"<{each}@x.example>"} for each in ids]).encode())

    left = await house.run(lambda tx: tx.execute(t.deliveries.select().where(*mine, d.status != "delivered")))
    assert {each["outcome"] for each in answer.json()["events"]} == {"noted"}
    assert len(answer.json()["events"]) == 1000
    assert left.all() == []


async def test_the_moment_is_kept_whoever_reports_it(house: House) -> None:
    """S3.7: by a mail server, and by the gateway of texts: status, moment, and one line in the audit, once."""
    mailed = await invited(house)
    for _ in range(2):
        await note_report(house.doorstep, report(delivery_of(mailed), Action.DELIVERED))
    async with text_line(house) as line:
        texted, text = await line.texted()
        for _ in range(2):
            await line.report(line.gateway.callback(text, "delivered"))

    for invitation in (mailed, texted):
        row = await house.doorstep.show(invitation.id)
        delivery = delivery_of(row)
        assert delivery.sent_at is not None
        assert delivery.delivered_at is not None
        assert delivery.sent_at <= delivery.delivered_at <= row.now
        assert (await house.events(invitation)).count("message.delivered") == 1
