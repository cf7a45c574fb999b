"""Webhooks of the office: who is told of what happens, and what was told."""

from uuid import UUID

from fastapi import APIRouter, Response

from doorstep.domain.keys import Scope
from doorstep.domain.pages import number_at, page_of
from web.api import webhook_models as models
from web.api.callers import Called
from web.api.operations import Operation, operation
from web.api.paging import Listed, Paged

router = APIRouter(prefix="/v1", tags=["webhooks"], route_class=Operation)


@router.get("/webhooks", **operation(Scope.SETTINGS))
async def list_webhooks(caller: Called) -> models.WebhooksAnswer:
    """List the webhooks of the office."""
    found = await caller.doorstep.webhooks(caller.office)
    return models.WebhooksAnswer(data=[models.WebhookAnswer.model_validate(each) for each in found])


@router.post("/webhooks", status_code=201, **operation(Scope.SETTINGS, 404, 409, 413, is_kept=False))
async def add_webhook(response: Response, new: models.NewWebhook, caller: Called) -> models.NewWebhookAnswer:
    """Send events of the office to an address from now on.

    They are signed as Standard Webhooks has it, and tried for three days.
    """
    added = await caller.doorstep.webhook_add(caller.office, new.url, events=new.events, owner=new.owner)
    response.headers["Location"] = f"/v1/webhooks/{added.webhook.id}"
    told = models.WebhookAnswer.model_validate(added.webhook).model_dump()
    return models.NewWebhookAnswer.model_validate(told | {"secret": added.secret})


@router.get("/webhooks/{webhook_id}", **operation(Scope.SETTINGS, 404))
async def show_webhook(webhook_id: UUID, caller: Called) -> models.WebhookAnswer:
    """Look at one webhook."""
    return models.WebhookAnswer.model_validate(await caller.doorstep.webhook(webhook_id))


@router.patch("/webhooks/{webhook_id}", **operation(Scope.SETTINGS, 404, 409, 413))
async def change_webhook(webhook_id: UUID, said: models.WebhookPatch, caller: Called) -> models.WebhookAnswer:
    """Change where a webhook sends what, or who is told when it is disabled.

    The secret stays, and what is queued goes to the new address. Other events count from now on.
    """
    changed = await caller.doorstep.webhook_set(webhook_id, **said.model_dump())
    return models.WebhookAnswer.model_validate(changed)


@router.delete("/webhooks/{webhook_id}", status_code=204, **operation(Scope.SETTINGS, 404, 409))
async def remove_webhook(webhook_id: UUID, caller: Called) -> None:
    """Send nothing more to a webhook."""
    await caller.doorstep.webhook_remove(webhook_id)


@router.get("/webhooks/{webhook_id}/deliveries", **operation(Scope.SETTINGS, 404))
async def list_webhook_deliveries(
    response: Response, webhook_id: UUID, caller: Called, paging: Paged
) -> Listed[models.SendingAnswer]:
    """List what was sent to a webhook, the newest first."""
    before = number_at(paging.after) if paging.after else None
    found = await caller.doorstep.webhook_deliveries(webhook_id, limit=paging.limit + 1, before=before)
    page = page_of(found, paging.limit, lambda sending: sending.sequence)
    return paging.answer(response, page, models.SendingAnswer.model_validate)


@router.post("/webhooks/{webhook_id}/secret", **operation(Scope.SETTINGS, 404, 409, is_kept=False))
async def show_webhook_secret(webhook_id: UUID, caller: Called) -> models.WebhookSecretAnswer:
    """Hand out the secret of a webhook, for whoever sets the receiver up; it is recorded who did."""
    return models.WebhookSecretAnswer(secret=await caller.doorstep.webhook_secret(webhook_id))


@router.post("/webhooks/{webhook_id}/rotate", **operation(Scope.SETTINGS, 404, 409, is_kept=False))
async def rotate_webhook_secret(webhook_id: UUID, caller: Called) -> models.WebhookSecretAnswer:
    """Make a new secret for a webhook; for a day deliveries are signed with both."""
    return models.WebhookSecretAnswer(secret=await caller.doorstep.webhook_rotate(webhook_id))


@router.post("/webhooks/{webhook_id}/enable", **operation(Scope.SETTINGS, 404, 409))
async def enable_webhook(webhook_id: UUID, caller: Called) -> models.WebhookAnswer:
    """Let a disabled webhook send again, first what has queued up."""
    return models.WebhookAnswer.model_validate(await caller.doorstep.webhook_enable(webhook_id))


@router.post("/webhooks/{webhook_id}/replay", **operation(Scope.SETTINGS, 404, 409, 413))
async def replay_webhook(webhook_id: UUID, said: models.Replay, caller: Called) -> models.ReplayAnswer:
    """Send everything since a moment again, with the same ids and bodies."""
    return models.ReplayAnswer(count=await caller.doorstep.webhook_replay(webhook_id, since=said.since))


@router.post("/webhooks/{webhook_id}/test", **operation(Scope.SETTINGS, 404, 409))
async def test_webhook(webhook_id: UUID, caller: Called) -> models.WebhookTestAnswer:
    """Send a test event now, once, and tell what came of it."""
    return models.WebhookTestAnswer.model_validate(await caller.doorstep.webhook_test(webhook_id))
