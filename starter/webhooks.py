"""Webhooks of an office: who is told of what happens, and what was told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.destination import email_of
from doorstep.domain.errors import Invalid, Refused
from doorstep.domain.events import Event
from doorstep.domain.webhook_urls import Target, checked_url
from doorstep.domain.webhooks import TEST_EVENT, Sending, Webhook, body_text, checked_events
from doorstep.security.links import Purpose
from doorstep.security.signing import OVERLAP, require_overlap
from doorstep.store import audit, signing, webhooks
from doorstep.store.audit import Actor
from starter.desk import Connected


@dataclass(frozen=True)
class WebhookAdded:
    """A new webhook with the secret that its deliveries are signed with."""

    webhook: Webhook
    secret: str


@dataclass(frozen=True)
class WebhookTested:
    """What a receiver made of a test event: no `cause` where it took it."""

    id: UUID
    is_taken: bool
    reply_code: int | None
    cause: str


class Webhooks(Connected):
    """For whoever may change the settings of the office."""

    async def webhook_add(
        self, office: str, url: str, *, events: Sequence[str], owner: str, actor: str | None = None
    ) -> WebhookAdded:
        """Send events of an office to an address from now on.

        Args:
            office: its code.
            url: where to, beginning with https://; its host has to be one of the public Internet (T32).
            events: names such as `invitation.activated`, families such as `invitation.*`, or `*`.
            owner: the e-mail address that is told when the webhook is disabled.
            actor: who does it.

        Raises:
            Refused: `webhook_url`, `webhook_address_private`, `webhook_host_unknown`, `unknown_event`, a wrong owner,
                no such office, or not allowed.
        """
        who, detail = self._as(actor), {"command": "webhook.add", "office": office}

        async def check(tx: AsyncConnection) -> tuple[Target, tuple[str, ...], str]:
            await webhooks.require_settings(tx, who, office)
            target = checked_url(url, may_be_loopback=self.settings.webhook_loopback)
            return target, checked_events(events), email_of(owner, field="owner").typed

        target, names, person = await self._recorded(who, detail, check)
        await self._require_reachable(who, detail, target)
        return WebhookAdded(
            *await self._recorded(
                who, detail, lambda tx: webhooks.add(tx, self.ring, who, office, target.url, names, person)
            )
        )

    async def webhook_set(
        self,
        webhook_id: UUID,
        *,
        url: str | None = None,
        events: Sequence[str] | None = None,
        owner: str | None = None,
        actor: str | None = None,
    ) -> Webhook:
        """Change where a webhook sends what, or who is told when it fails; None leaves a thing as it is.

        The secret stays, and what is queued goes to the new address. A new one is checked as that of a new webhook.

        Raises:
            Refused: as `webhook_add`; `no_such_webhook`.
        """
        who, detail = self._as(actor), {"command": "webhook.set"}

        async def check(tx: AsyncConnection) -> tuple[Target | None, dict[str, object]]:
            found = await webhooks.get(tx, who, webhook_id)
            target = None if url is None else checked_url(url, may_be_loopback=self.settings.webhook_loopback)
            said: dict[str, object] = {} if target is None else {"url": target.url}
            said |= {} if events is None else {"events": checked_events(events)}
            said |= {} if owner is None else {"owner": email_of(owner, field="owner").typed}
            return (target if target is not None and target.url != found.url else None), said

        target, said = await self._recorded(who, detail, check, subject_id=webhook_id)
        if target is not None:
            await self._require_reachable(who, detail, target, subject_id=webhook_id)
        return await self._recorded(
            who, detail, lambda tx: webhooks.change(tx, who, webhook_id, said), subject_id=webhook_id
        )

    async def _require_reachable(
        self, who: Actor, detail: Mapping[str, object], target: Target, *, subject_id: UUID | None = None
    ) -> None:
        """Let a receiver pass whose host leads outside; no transaction is open while a name server thinks."""
        from doorstep.webhooks.resolving import require_reachable  # noqa: PLC0415 - most commands need no HTTP client

        try:
            await require_reachable(target)
        except Refused as refusal:
            code = refusal.code
            await self._run(
                lambda tx: audit.record(tx, Event.REFUSED, who, subject_id=subject_id, code=code, detail=detail)
            )
            raise

    async def webhooks(self, office: str, *, actor: str | None = None) -> list[Webhook]:
        """The webhooks of an office."""
        who = self._as(actor)
        return await self._run(lambda tx: webhooks.listed(tx, who, office))

    async def webhook(self, webhook_id: UUID, *, actor: str | None = None) -> Webhook:
        """One webhook."""
        who = self._as(actor)
        return await self._run(lambda tx: webhooks.get(tx, who, webhook_id))

    async def webhook_deliveries(
        self, webhook_id: UUID, *, limit: int = 50, before: int | None = None, actor: str | None = None
    ) -> list[Sending]:
        """The newest deliveries of a webhook, the newest first; `before` a sequence number, for the next page."""
        who = self._as(actor)
        return await self._run(lambda tx: webhooks.sendings(tx, who, webhook_id, limit=limit, before=before))

    async def webhook_secret(self, webhook_id: UUID, *, actor: str | None = None) -> str:
        """The secret, for whoever sets the receiver up; audited."""
        who, detail = self._as(actor), {"command": "webhook.secret"}
        return await self._recorded(
            who, detail, lambda tx: webhooks.secret(tx, self.ring, who, webhook_id), subject_id=webhook_id
        )

    async def webhook_rotate(self, webhook_id: UUID, *, overlap: timedelta = OVERLAP, actor: str | None = None) -> str:
        """A new secret; deliveries are signed with both until `overlap` is over.

        Raises:
            Invalid: `duration`, for more than 30 days; NotFound: `no_such_webhook`; Forbidden: `not_allowed`.
        """
        require_overlap(overlap)
        who, detail = self._as(actor), {"command": "webhook.rotate"}
        return await self._recorded(
            who, detail, lambda tx: webhooks.rotate(tx, self.ring, who, webhook_id, overlap), subject_id=webhook_id
        )

    async def webhook_enable(self, webhook_id: UUID, *, actor: str | None = None) -> Webhook:
        """Let a disabled webhook send again, first what has queued up."""
        who, detail = self._as(actor), {"command": "webhook.enable"}
        return await self._recorded(who, detail, lambda tx: webhooks.enable(tx, who, webhook_id), subject_id=webhook_id)

    async def webhook_disable(self, webhook_id: UUID, *, actor: str | None = None) -> Webhook:
        """Have a webhook send nothing until it is enabled; what happens meanwhile queues up."""
        who, detail = self._as(actor), {"command": "webhook.disable"}
        return await self._recorded(
            who, detail, lambda tx: webhooks.disable(tx, who, webhook_id), subject_id=webhook_id
        )

    async def webhook_replay(self, webhook_id: UUID, *, since: datetime | timedelta, actor: str | None = None) -> int:
        """Send everything again that happened since a moment, or in that time, with the same ids and bodies; how much.

        Raises:
            Invalid: `since_unclear`, for a moment without its zone; NotFound: `no_such_webhook`; Forbidden:
                `not_allowed`.
        """
        if isinstance(since, datetime) and since.tzinfo is None:
            raise Invalid("since_unclear", "Say the moment with its zone, such as 2026-11-22T09:00:00Z.", field="since")
        who, detail = self._as(actor), {"command": "webhook.replay"}
        return await self._recorded(
            who, detail, lambda tx: webhooks.replay(tx, who, webhook_id, since), subject_id=webhook_id
        )

    async def webhook_remove(self, webhook_id: UUID, *, actor: str | None = None) -> Webhook:
        """Send nothing more."""
        who, detail = self._as(actor), {"command": "webhook.remove"}
        return await self._recorded(who, detail, lambda tx: webhooks.remove(tx, who, webhook_id), subject_id=webhook_id)

    async def webhook_test(self, webhook_id: UUID, *, actor: str | None = None) -> WebhookTested:
        """Send a `webhook.test` event now, once, and tell what came of it; nothing is kept."""
        from doorstep.webhooks.sender import Sender  # noqa: PLC0415 - most commands need no HTTP client

        who = self._as(actor)

        async def work(tx: AsyncConnection) -> tuple[Webhook, tuple[str, ...], datetime]:
            found = await webhooks.get(tx, who, webhook_id)
            now: datetime = (await tx.execute(select(func.now()))).scalar_one()
            return found, tuple(await signing.valid(tx, self.ring, Purpose.WEBHOOK, webhook_id)), now

        found, secrets, now = await self._recorded(who, {"command": "webhook.test"}, work, subject_id=webhook_id)
        timestamp = now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")  # the engine's zone is UTC
        data = {"kind": "webhook", "id": str(found.id), "office": found.office}
        body = body_text({"type": TEST_EVENT, "timestamp": timestamp, "sequence": 0, "data": data})
        identifier = uuid4()
        sender = Sender(may_be_loopback=self.settings.webhook_loopback)
        reply = await sender.send(found.url, identifier, body, secrets, now)
        return WebhookTested(identifier, reply.is_taken, reply.status, str(reply.cause or ""))
