"""Webhooks in the Team Hub: added, tried out, looked at, exchanged, sent again, disabled and removed."""

from uuid import uuid4

from fastapi import FastAPI

from doorstep.domain.webhooks import SendingStatus, WebhookState
from tests.functional.test_hub_systems import HOOKS, boss_of, secret_on
from tests.functional.webhook_receiver import drafted, hand_on, listening, receiving, recorded, sendings, until_status
from tests.house import House
from tests.pages import seen


async def test_a_webhook_is_added_tested_and_told(house: House, app: FastAPI) -> None:
    """T32: added with its secret, tried out, told of what happens, and what it took stands in its list."""
    boss = await boss_of(house, app)
    async with receiving() as receiver:
        owner = f"it@{boss.office}.example"
        secret = secret_on(
            await boss.send(boss.path(HOOKS), url=receiver.url, events=["invitation.*"], single="", owner=owner)
        )
        [webhook] = await house.doorstep.webhooks(boss.office)
        tested = await boss.send(boss.path(f"{HOOKS}/{webhook.id}/test"))
        await house.doorstep.invite(office=boss.office, email="ana@example.org", is_draft=True)
        await hand_on(house)
        got = await receiver.until(2)
        page = await boss.look(boss.path(f"{HOOKS}/{webhook.id}"))

    assert "The receiver took the test event and answered 204." in seen(tested).words
    assert all(each.is_signed_with(secret) for each in got)
    assert secret not in page.html
    assert "invitation.created" in page.words
    assert receiver.url in (await boss.look(boss.path(HOOKS))).words


async def test_a_receiver_that_refuses_the_test_is_told_so(house: House, app: FastAPI) -> None:
    """T32: whoever sets a receiver up reads what it answered."""
    async with receiving(status=500) as receiver:
        added = await listening(house, receiver)
        boss = await boss_of(house, app, added.webhook.office)

        answer = await boss.send(boss.path(f"{HOOKS}/{added.webhook.id}/test"))

    assert "did not take the test event" in seen(answer).words
    assert "it answered 500" in seen(answer).words


async def test_t23_a_secret_is_shown_again_and_made_anew(house: House, app: FastAPI) -> None:
    """T23: to look at it is recorded; after a rotation both are good for as long as was chosen."""
    async with receiving() as receiver:
        added = await listening(house, receiver)
        boss = await boss_of(house, app, added.webhook.office)
        base = boss.path(f"{HOOKS}/{added.webhook.id}")

        shown = secret_on(await boss.send(f"{base}/secret"))
        rotated = await boss.send(f"{base}/rotate", overlap="1")
        await boss.send(f"{base}/test")

    assert shown == added.secret
    assert "1 hour" in seen(rotated).words
    assert receiver.got[0].is_signed_with(secret_on(rotated))
    assert receiver.got[0].is_signed_with(shown)
    assert "webhook.secret_shown" in await recorded(house, added.webhook.id)


async def test_a_webhook_is_disabled_by_hand_and_sends_what_has_queued_up(house: House, app: FastAPI) -> None:
    """T32: disabled it sends nothing and forgets nothing; enabled it sends what happened meanwhile; removed it ends."""
    async with receiving() as receiver:
        added = await listening(house, receiver)
        boss = await boss_of(house, app, added.webhook.office)
        base = boss.path(f"{HOOKS}/{added.webhook.id}")

        await boss.send(f"{base}/disable")
        again = await boss.send(f"{base}/disable")
        await drafted(house, added)
        await hand_on(house)
        waiting = await sendings(house, added)
        page = await boss.look(base)
        await boss.send(f"{base}/enable")
        await hand_on(house)
        await until_status(house, added, SendingStatus.DELIVERED)
        removed = await boss.send(f"{base}/remove")

    assert again.status_code == 409
    assert [each.status for each in waiting] == [SendingStatus.QUEUED]
    assert f"{base}/enable" in page.forms
    assert removed.headers["location"] == f"{boss.path(HOOKS)}?done=webhook-removed"
    assert await house.doorstep.webhooks(boss.office) == []
    await boss.look(base, 404)


async def test_what_was_sent_is_sent_again_from_a_moment_on(house: House, app: FastAPI) -> None:
    """T32: the moment is one on the clock of the office; without one nothing is sent and the page stays."""
    async with receiving() as receiver:
        added = await listening(house, receiver)
        boss = await boss_of(house, app, added.webhook.office)
        base = boss.path(f"{HOOKS}/{added.webhook.id}")
        await drafted(house, added)
        await hand_on(house)
        await receiver.until(1)
        await until_status(house, added, SendingStatus.DELIVERED)

        wrong = await boss.send(f"{base}/replay", since="yesterday")
        late = await boss.send(f"{base}/replay", since="2999-01-01T00:00")
        done = await boss.send(f"{base}/replay", since="2026-01-01T09:00")
        await hand_on(house)
        got = await receiver.until(2)

    assert wrong.status_code == 422
    assert seen(wrong).fields["since"]["value"] == "yesterday"
    assert [answer.status_code for answer in (late, done)] == [303, 303]
    assert got[0].body == got[1].body


async def test_t32_an_address_that_leads_inside_is_refused_at_its_field(house: House, app: FastAPI) -> None:
    """T32: a webhook to a machine of our own network is none, and what was typed stays."""
    boss = await boss_of(house, app)

    answer = await boss.send(boss.path(HOOKS), url="https://10.0.0.7/x", events="*", owner="it@example.org")

    page = seen(answer)
    assert answer.status_code == 422
    assert "url-fault" in page.by_id
    assert page.fields["url"]["value"] == "https://10.0.0.7/x"
    assert await house.doorstep.webhooks(boss.office) == []


async def test_t20_a_webhook_of_another_office_is_not_there(house: House, app: FastAPI) -> None:
    """T20: also not for somebody who works in both, under the address of the wrong one."""
    async with receiving() as receiver:
        added = await listening(house, receiver)
        boss = await boss_of(house, app)
        stranger = await boss.browser.get(boss.path(f"{HOOKS}/{added.webhook.id}"))
        await house.doorstep.staff_set(added.webhook.office, boss.address, permissions=["administrator"])
        in_both = [await boss.browser.get(boss.path(f"{HOOKS}/{each}")) for each in (added.webhook.id, uuid4())]
        moved = await boss.send(boss.path(f"{HOOKS}/{added.webhook.id}/remove"))

    assert [answer.status_code for answer in (stranger, *in_both, moved)] == [404] * 4
    assert (await house.doorstep.webhook(added.webhook.id)).state is WebhookState.ACTIVE
