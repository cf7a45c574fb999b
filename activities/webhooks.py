"""A delivery to a webhook: try once, note what came of it, tell the owner of one that was disabled."""

import asyncio
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.contracts import WebhookRef, WebhookStanding
from activities.post import Post
from doorstep.domain.messages import Handover, Letter
from doorstep.mail.letters import Desk
from doorstep.mail.webhook_letters import disabled_letter
from doorstep.store import webhook_notices, webhook_sendings
from doorstep.store.engine import transact
from doorstep.store.webhook_notices import Notice
from doorstep.store.webhook_sendings import Attempt, Failure, Where

if TYPE_CHECKING:
    from doorstep.webhooks.outcomes import Reply
    from doorstep.webhooks.sender import Sender

log = structlog.get_logger()


class WebhookActivities:
    """What `WebhookWorkflow` has done for it."""

    def __init__(self, post: Post, *, may_be_loopback: bool) -> None:
        self._post = post
        self._may_be_loopback = may_be_loopback
        self._sender: Sender | None = None

    @activity.defn
    async def deliver_webhook(self, ref: WebhookRef) -> WebhookStanding:
        """Try to deliver one event; what was not taken is tried again, after a pause that the row knows too."""
        delivery_id = UUID(ref.delivery_id)
        engine = self._post.engine
        attempt = await transact(engine, lambda tx: webhook_sendings.open_attempt(tx, self._post.ring, delivery_id))
        if attempt.where is not Where.OPEN:
            return WebhookStanding(attempt.where, attempt.has_news)
        reply = await self._send(delivery_id, attempt)
        log.info("webhook_tried", cause=str(reply.cause or ""), reply_code=reply.status, attempt=attempt.number)
        if reply.is_taken:
            await transact(engine, lambda tx: webhook_sendings.delivered(tx, delivery_id, reply.status or 0))
            return WebhookStanding(Where.DELIVERED, attempt.has_news)
        failure = Failure(str(reply.cause), reply.status, reply.retry_after, reply.is_gone)
        left = await transact(engine, lambda tx: webhook_sendings.not_taken(tx, delivery_id, failure))
        if left.where is not Where.OPEN:
            return WebhookStanding(left.where, left.has_news or attempt.has_news)
        raise ApplicationError(
            f"not taken yet: {reply.cause}",
            type="WebhookDeferred",
            next_retry_delay=left.pause,
            category=ApplicationErrorCategory.BENIGN,
        )

    @activity.defn
    async def tell_webhook_owner(self, ref: WebhookRef) -> WebhookStanding:
        """Mail the owner of the webhook of this delivery that it was disabled."""
        delivery_id = UUID(ref.delivery_id)
        notice = await transact(self._post.engine, lambda tx: webhook_notices.open_notice(tx, delivery_id))
        if notice is None:
            return WebhookStanding(Where.PARKED)
        result = await self._post.hand_over(_letter(self._post.desk, notice))
        await transact(self._post.engine, lambda tx: webhook_notices.close_notice(tx, notice, result))
        if result.kind in (Handover.DEFERRED, Handover.UNKNOWN):
            raise ApplicationError(
                f"not handed over yet: {result.cause}", type="MailDeferred", category=ApplicationErrorCategory.BENIGN
            )
        return WebhookStanding(Where.PARKED)

    async def _send(self, delivery_id: UUID, attempt: Attempt) -> "Reply":
        if self._sender is None:
            self._sender = await asyncio.to_thread(_load, may_be_loopback=self._may_be_loopback)
        if attempt.now is None:
            raise ValueError("the attempt was not opened")
        return await self._sender.send(attempt.url, delivery_id, attempt.body, attempt.secrets, attempt.now)


def _letter(desk: Desk, notice: Notice) -> Letter:
    return disabled_letter(desk, notice.office, str(notice.webhook_id), notice.url, notice.delivery)


def _load(*, may_be_loopback: bool) -> "Sender":
    """The HTTP client, imported beside the event loop: it takes a moment, and most processes never need it."""
    from doorstep.webhooks.sender import Sender  # noqa: PLC0415 - see above

    return Sender(may_be_loopback=may_be_loopback)
