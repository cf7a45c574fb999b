"""The command line for those who look after webhooks."""

from doorstep.domain.webhooks import SendingStatus
from starter.webhooks import WebhookAdded
from tests.command_line import CommandLine, environment
from tests.functional.webhook_receiver import hand_on, receiving, until_status
from tests.house import House


async def test_a_webhook_is_looked_after_from_the_first_test_to_its_removal(house: House) -> None:
    """T23, T32: every command says in one object what it did, and for a person what to do next."""
    address = house.client.service_client.config.target_host
    doorstep = CommandLine(environment(house.settings, address, DOORSTEP_WEBHOOK_LOOPBACK="true"))
    office = await house.office()
    async with receiving() as receiver:
        made = await doorstep.done(
            *("webhook", "add", office, receiver.url, "--event", "invitation.*", "--owner", "it@x.example")
        )
        webhook = made["id"]
        tested = await doorstep.done("webhook", "test", webhook)
        await house.doorstep.invite(office=office, email="ana@example.org", is_draft=True)
        await hand_on(house)
        await until_status(house, WebhookAdded(await house.doorstep.webhook(webhook), ""), SendingStatus.DELIVERED)
        shown = await doorstep.done("webhook", "show", webhook)
        seen = await doorstep("webhook", "deliveries", webhook)
        rotated = (await doorstep.done("webhook", "rotate", webhook, "--overlap", "1h"))["secret"]
        secret = await doorstep("webhook", "secret", webhook)
        replayed = await doorstep.done("webhook", "replay", webhook, "--since", "2h")
        receiver.status = 404
        failed = await doorstep("webhook", "test", webhook)
        enabled = await doorstep.refused("webhook", "enable", webhook)
        removed = await doorstep.done("webhook", "remove", webhook)
        listed = await doorstep("webhook", "list", office)

    assert (made["office"], made["url"], made["events"]) == (office, receiver.url, ["invitation.*"])
    assert (made["owner"], made["state"], made["last_sequence"]) == ("it@x.example", "active", 0)
    assert (tested["is_taken"], tested["reply_code"]) == (True, 204)
    assert receiver.got[0].event["type"] == "webhook.test"
    assert receiver.got[0].is_signed_with(made["secret"])
    [delivery] = shown["deliveries"]
    assert (delivery["sequence"], delivery["status"], delivery["attempts"]) == (1, "delivered", 1)
    assert (shown["last_sequence"], "invitation.created" in seen.out) == (1, True)
    assert secret.out.split() == [rotated] != [made["secret"]]
    assert replayed["deliveries"] == 1
    assert (failed.status, "with status 404" in failed.out) == (1, True)
    assert enabled["code"] == "not_disabled"
    assert removed == {"id": webhook, "is_removed": True}
    assert "has no webhook" in listed.out
