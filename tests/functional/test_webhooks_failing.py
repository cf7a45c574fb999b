"""Webhooks that are not taken: tried for days, given up, switched off, and switched on again."""

from datetime import timedelta

import pytest
from sqlalchemy import func, update

from doorstep.domain.errors import Conflict
from doorstep.domain.webhooks import SendingStatus
from doorstep.store import deliveries, webhook_events
from doorstep.store import tables as t
from starter.handing_on import look_back_once
from starter.webhooks import WebhookAdded
from tests.functional.webhook_receiver import (
    all_committed,
    drafted,
    grow_older,
    hand_on,
    listening,
    receiving,
    recorded,
    retried,
    sendings,
    until_status,
    until_tried,
)
from tests.house import House, eventually

DELIVERED, FAILED, QUEUED = SendingStatus.DELIVERED, SendingStatus.FAILED, SendingStatus.QUEUED


async def test_a_receiver_that_asks_for_time_gets_it(house: House) -> None:
    """`Retry-After` is respected, up to an hour."""
    async with receiving(status=503, headers={"Retry-After": "86400"}) as receiver:
        added = await listening(house, receiver)
        await drafted(house, added)

        tried = await until_tried(house, added)

    assert tried.due_at is not None
    assert tried.tried_at is not None
    assert timedelta(minutes=59) < tried.due_at - tried.tried_at < timedelta(minutes=61)


async def test_a_receiver_that_is_gone_is_asked_no_more(house: House) -> None:
    """410 disables at once: the owner is mailed, what happens queues up, and all of it is sent once it is enabled."""
    async with receiving(status=410) as receiver:
        added = await listening(house, receiver)
        owner, doorstep = added.webhook.owner, house.doorstep
        await drafted(house, added)
        mail = await eventually(lambda: _mail(house, owner), "the mail to the owner")
        await eventually(lambda: _noted(house, added), "the mail to be noted as sent")
        await doorstep.invite(office=added.webhook.office, email="zoe@example.org", is_draft=True)
        await hand_on(house)
        disabled, waiting = await doorstep.webhook(added.webhook.id), await sendings(house, added)
        receiver.status = 200
        await doorstep.webhook_enable(added.webhook.id)
        await hand_on(house)
        await until_status(house, added, DELIVERED, 2)

    assert disabled.state == "disabled"
    assert [each.status for each in waiting] == [QUEUED, QUEUED]
    # They are started in their order, and are then on their way side by side.
    assert (receiver.sequences()[0], sorted(receiver.sequences())) == (1, [1, 1, 2])
    assert "127.0.0.1" in str(mail)
    assert f"doorstep webhook enable {added.webhook.id}" in str(mail)
    assert len(house.mails(owner)) == 1
    assert "webhook.disabled" in await recorded(house, added.webhook.id)
    with pytest.raises(Conflict, match="not disabled"):
        await doorstep.webhook_enable(added.webhook.id)


async def test_a_receiver_that_takes_nothing_for_three_days_is_given_up(house: House) -> None:
    """After three days of failures the delivery has failed and the webhook is disabled, with a mail to its owner."""
    async with receiving(status=500) as receiver:
        added = await listening(house, receiver)
        await drafted(house, added)
        tried = await until_tried(house, added)
        await grow_older(house, added.webhook.id, days=2)
        await retried(house, tried.id)
        still = await until_tried(house, added, tries=2)
        await grow_older(house, added.webhook.id, days=1)
        await retried(house, tried.id, seconds=16)
        [failed] = await until_status(house, added, FAILED)
        mail = await eventually(lambda: _mail(house, added.webhook.owner), "the mail to the owner")
        result = await house.client.get_workflow_handle(f"webhook-{tried.id}").result()
        receiver.status = 204
        await house.doorstep.webhook_enable(added.webhook.id)
        await hand_on(house)
        await until_status(house, added, DELIVERED)

    assert still.status is QUEUED
    assert (failed.cause, failed.attempts, failed.due_at) == ("answered", 3, None)
    assert result == {"status": "failed"}
    assert "answered (500)" in str(mail)
    assert (await house.doorstep.webhook(added.webhook.id)).state == "active"


async def test_one_event_that_is_never_taken_disables_nothing(house: House) -> None:
    """A receiver that takes the others works: the one has failed after three days, and that is all."""
    # An hour: after the usual seconds it would be tried again while the receiver takes things, and be taken.
    async with receiving(status=500, headers={"Retry-After": "3600"}) as receiver:
        added = await listening(house, receiver)
        await drafted(house, added)
        tried = await until_tried(house, added)
        await grow_older(house, added.webhook.id, days=3)
        receiver.status = 204
        await house.doorstep.invite(office=added.webhook.office, email="zoe@example.org", is_draft=True)
        await hand_on(house)
        await until_status(house, added, DELIVERED)
        receiver.status = 500
        await retried(house, tried.id, seconds=3601)

        await until_status(house, added, FAILED)

    assert (await house.doorstep.webhook(added.webhook.id)).state == "active"


async def test_a_start_that_was_lost_is_made_up_for(house: House) -> None:
    """F29: a delivery that is noted as started and that no workflow knows is started again after minutes."""
    async with receiving() as receiver:
        added = await listening(house, receiver)
        await house.doorstep.webhook_rotate(added.webhook.id)
        await _note_started_in_vain(house, added)

        too_soon = await look_back_once(house.engine, house.doorstep.starter)
        await grow_older(house, added.webhook.id, days=1)
        await look_back_once(house.engine, house.doorstep.starter)
        await until_status(house, added, DELIVERED)

    assert too_soon == 0
    assert len(receiver.got) == 1


async def _mail(house: House, owner: str) -> object:
    return next(iter(house.mails(owner)), None)


async def _noted(house: House, added: WebhookAdded) -> bool | None:
    """True once no mail to the owner is left to send."""
    mails = await house.run(lambda tx: deliveries.of_subject(tx, added.webhook.id))
    return None if any(each.is_unsent for each in mails) else True


async def _note_started_in_vain(house: House, added: WebhookAdded) -> None:
    """As after a backup of Temporal: the row says started, and there is no workflow."""
    office = added.webhook.office
    await house.doorstep.invite(office=office, email=f"ana@{office}.example", is_draft=True)
    await all_committed(house)
    await house.run(webhook_events.hand_on)
    d = t.webhook_deliveries.c
    rows = update(t.webhook_deliveries).where(d.webhook_id == added.webhook.id)
    await house.run(lambda tx: tx.execute(rows.values(started_at=func.now())))
