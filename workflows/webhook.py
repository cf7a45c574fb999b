"""One event on its way to one webhook: tried for days; its owner is told where that was the end of it."""

from dataclasses import dataclass

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.contracts import WebhookRef
    from activities.webhooks import WebhookActivities
    from workflows import timing


@dataclass(frozen=True)
class WebhookOutcome:
    """Result of the workflow: `delivered`, `failed`, `dropped`, or `parked` until the webhook is enabled."""

    status: str


@workflow.defn(name="WebhookWorkflow")
class WebhookWorkflow:
    """Has one activity tried until the row says that there is an end."""

    @workflow.run
    async def run(self, ref: WebhookRef) -> WebhookOutcome:
        """Deliver; tell the owner where the webhook was disabled on the way."""
        standing = await workflow.execute_activity_method(
            WebhookActivities.deliver_webhook, ref, **timing.options("Deliver", retries=timing.FOR_DAYS)
        )
        workflow.set_current_details(f"### {standing.status}")
        if standing.has_news:
            await workflow.execute_activity_method(
                WebhookActivities.tell_webhook_owner, ref, **timing.options("Tell the owner that it is disabled")
            )
        return WebhookOutcome(standing.status)
