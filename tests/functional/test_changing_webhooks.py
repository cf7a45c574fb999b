"""A webhook is changed: its address, its events and its owner; the secret and what is queued stay."""

import pytest
from fastapi import FastAPI

from doorstep.domain.errors import Invalid, Refused
from doorstep.domain.events import Event
from doorstep.domain.webhooks import SendingStatus
from doorstep.store import audit
from tests.command_line import CommandLine, environment
from tests.functional.test_hub_systems import HOOKS, boss_of
from tests.functional.webhook_receiver import (
    all_committed,
    drafted,
    hand_on,
    listening,
    receiving,
    recorded,
    sendings,
    until_status,
)
from tests.house import House
from tests.pages import seen
from tests.systems import Systems, code_of


async def test_what_is_queued_goes_to_the_new_address_under_the_same_secret(house: House) -> None:
    """T23, T32: one that was disabled takes what happened meanwhile at its new address, signed as before."""
    async with receiving() as old, receiving() as new:
        added = await listening(house, old)
        webhook = added.webhook.id
        await house.doorstep.webhook_disable(webhook)
        await drafted(house, added)

        changed = await house.doorstep.webhook_set(webhook, url=new.url)
        waiting = await sendings(house, added)
        await house.doorstep.webhook_enable(webhook)
        await hand_on(house)
        [got] = await new.until(1)

    assert (changed.url, changed.events, changed.owner) == (new.url, added.webhook.events, added.webhook.owner)
    assert [each.status for each in waiting] == [SendingStatus.QUEUED]
    assert got.is_signed_with(added.secret)
    assert old.got == []
    assert await house.doorstep.webhook_secret(webhook) == added.secret


async def test_other_events_count_from_now_on(house: House) -> None:
    """T32: what happened before goes by the events of then, also where nobody had handed it on yet."""
    async with receiving() as receiver:
        added = await listening(house, receiver, "invitation.*")
        office, webhook = added.webhook.office, added.webhook.id
        await house.doorstep.invite(office=office, email="ana@example.org", is_draft=True)
        await all_committed(house)  # else what commits beside an older transaction may go by the newer list

        changed = await house.doorstep.webhook_set(webhook, events=["batch.*", "invitation.revoked"])
        await drafted(house, added)
        told = await until_status(house, added, SendingStatus.DELIVERED)

    assert changed.events == ("batch.*", "invitation.revoked")
    assert [(each.sequence, each.event) for each in told] == [(1, "invitation.created")]


async def test_t32_a_new_address_is_checked_as_that_of_a_new_webhook(house: House) -> None:
    """T32: no address inside, no event that is none, no owner that is none; each is recorded, and nothing changes."""
    async with receiving() as receiver:
        added = await listening(house, receiver)
    wrong = [
        *({"url": "https://10.0.0.1/"}, {"url": "http://example.com/"}),
        *({"events": []}, {"events": ["invitation.none"]}, {"owner": "nobody"}),
    ]
    refusals: list[tuple[str, str]] = []

    for each in wrong:
        with pytest.raises(Invalid) as caught:
            await house.doorstep.webhook_set(added.webhook.id, **each)  # type: ignore[arg-type]
        refusals.append((caught.value.code, caught.value.field))

    assert refusals == [
        *(("webhook_address_private", "url"), ("webhook_url", "url")),
        *(("unknown_event", "events"), ("unknown_event", "events"), ("address_invalid", "owner")),
    ]
    assert await house.doorstep.webhook(added.webhook.id) == added.webhook
    assert (await recorded(house, added.webhook.id)).count(Event.REFUSED) == len(wrong)


async def test_what_was_changed_is_recorded_and_nothing_is_nothing(house: House) -> None:
    """T20: the audit names what changed and holds no address; the same again, and what was removed, change nothing."""
    async with receiving() as receiver:
        added = await listening(house, receiver)
    webhook, boss = added.webhook, f"boss@{added.webhook.office}.example"
    await house.doorstep.staff_set(webhook.office, boss, permissions=["administrator"])

    await house.doorstep.webhook_set(webhook.id, url=webhook.url, owner=f"new@{webhook.office}.example", actor=boss)
    await house.doorstep.webhook_set(webhook.id, url=webhook.url, events=webhook.events)
    await house.doorstep.webhook_remove(webhook.id)
    with pytest.raises(Refused) as removed:
        await house.doorstep.webhook_set(webhook.id, owner="late@example.org")

    entries = await house.run(lambda tx: audit.entries(tx, webhook.id))
    [entry] = [each for each in entries if each.event == Event.WEBHOOK_SET]
    assert (entry.actor, entry.detail) == (boss, {"office": webhook.office, "changed": ["owner"]})
    assert removed.value.code == "no_such_webhook"


async def test_the_page_shows_what_is_set_and_keeps_what_was_typed(house: House, app: FastAPI) -> None:
    """T32: families are ticked and single events named; a refusal stands at its field, and nothing typed is lost."""
    async with receiving() as receiver:
        added = await listening(house, receiver, "invitation.*", "user.deleted")
        boss = await boss_of(house, app, added.webhook.office)
        base = boss.path(f"{HOOKS}/{added.webhook.id}")
        typed = {"events": ["batch.*"], "single": "user.added", "owner": "ops@example.org"}

        page = await boss.look(base)
        wrong = await boss.send(base, url="https://10.0.0.7/x", **typed)
        unowned = await boss.send(base, url=receiver.url, **typed | {"owner": "nobody"})
        saved = await boss.send(base, url=receiver.url, **typed)

    assert page.fields["url"]["value"] == receiver.url
    assert (page.fields["single"]["value"], page.fields["owner"]["value"]) == ("user.deleted", added.webhook.owner)
    assert (wrong.status_code, "url-fault" in seen(wrong).by_id, "owner-fault" in seen(unowned).by_id) == (
        422,
        True,
        True,
    )
    assert seen(wrong).fields["url"]["value"] == "https://10.0.0.7/x"
    assert seen(wrong).fields["single"]["value"] == "user.added"
    assert saved.headers["location"] == f"{base}?done=webhook-saved"
    found = await house.doorstep.webhook(added.webhook.id)
    assert (found.events, found.owner) == (("batch.*", "user.added"), "ops@example.org")


async def test_a_system_and_the_command_line_change_one_too(house: House) -> None:
    """T32: `PATCH` of the API and `webhook set` change what is named and leave the rest."""
    address = house.client.service_client.config.target_host
    doorstep = CommandLine(environment(house.settings, address, DOORSTEP_WEBHOOK_LOOPBACK="true"))
    async with receiving() as receiver:
        added = await listening(house, receiver)
        path = f"/v1/webhooks/{added.webhook.id}"
        async with Systems.of(house).of_office(added.webhook.office) as api:
            patched = await api.patch(path, json={"owner": "ops@example.org"})
            inside = await api.patch(path, json={"url": "https://10.0.0.1/"})
        done = await doorstep.done(
            *("webhook", "set", str(added.webhook.id), "--url", f"{receiver.url}/two", "--event", "batch.*")
        )
        refused = await doorstep.refused("webhook", "set", str(added.webhook.id), "--event", "nothing")

    assert (patched.status_code, patched.json()["owner"], patched.json()["url"]) == (
        200,
        "ops@example.org",
        added.webhook.url,
    )
    assert code_of(inside) == "webhook_address_private"
    assert (done["url"], done["events"], done["owner"]) == (f"{receiver.url}/two", ["batch.*"], "ops@example.org")
    assert refused["code"] == "unknown_event"
