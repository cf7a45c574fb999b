"""Every path of a delivery to a webhook, to be recorded."""

from tests.functional.webhook_receiver import drafted, listening, receiving, sendings, until_tried
from tests.house import House
from tests.replay.ending import ended


async def webhook_delivered(house: House) -> str:
    """Taken at the second try."""
    async with receiving(status=500) as receiver:
        added = await listening(house, receiver)
        await drafted(house, added)
        tried = await until_tried(house, added)
        receiver.status = 204
        return await ended(house, f"webhook-{tried.id}")


async def webhook_disabled(house: House) -> str:
    """Gone for good: kept until the webhook is enabled, and its owner told."""
    async with receiving(status=410) as receiver:
        added = await listening(house, receiver)
        await drafted(house, added)
        [sending] = await sendings(house, added)
        return await ended(house, f"webhook-{sending.id}")
