"""Webhooks: which server is told of what happens, what it was told, and its secret."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer
from rich.console import RenderableType

from doorstep.domain.webhooks import FAMILIES, Sending, Webhook, WebhookState
from doorstep.security.signing import OVERLAP
from starter.commands.answers import Answer, As, command
from starter.commands.arguments import OfficeCode, Overlap
from starter.commands.printing import Whole, duration, iso, local, pairs, table
from starter.commands.session import ask
from starter.commands.windows import When, read_when

if TYPE_CHECKING:
    from starter.client import Doorstep

app = typer.Typer(help="Servers that are told of what happens.", no_args_is_help=True)

WebhookId = Annotated[UUID, typer.Argument(metavar="ID", help="The webhook: its id, as webhook list shows it.")]
Url = Annotated[str, typer.Argument(metavar="URL", help="Where to send, beginning with https://.")]
Events = Annotated[
    list[str],
    typer.Option(
        "--event",
        metavar="NAME",
        help=f"What to send: {', '.join(f'{family}.*' for family in FAMILIES)}, or one event; repeat it for more.",
    ),
]
Owner = Annotated[str, typer.Option(metavar="ADDRESS", help="Who is told when it is switched off.", show_default=False)]
Since = Annotated[
    When,
    typer.Option(
        parser=read_when, metavar="WHEN", help="From then on: 2h, or 2026-11-22T09:00:00Z.", show_default=False
    ),
]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="How many, the newest first.")]
CHANGES: Mapping[str, object] = {
    "url": Annotated[
        str | None,
        typer.Option(metavar="URL", help="Where to send from now on, beginning with https://.", show_default=False),
    ],
    "event": Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="What to send from now on; repeat it for more, they replace those before."),
    ],
    "owner": Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Who is told when it is switched off.", show_default=False)
    ],
}
KEEP_IT = "Give the secret to whoever runs the server. To see it again: doorstep webhook secret"


@command(app)
def add(office: OfficeCode, url: Url, event: Events, owner: Owner, actor: As = "") -> Answer:
    """Send what happens in an office to a server from now on, signed with a secret."""
    added = ask(lambda doorstep: doorstep.webhook_add(office, url, events=event, owner=owner), actor=actor)
    data = _webhook(added.webhook) | {"secret": added.secret}
    shown: list[RenderableType] = [pairs(_sheet(added.webhook)), Whole(added.secret), f"{KEEP_IT} {added.webhook.id}"]
    return Answer(data, shown)


@command(app, "set", options=CHANGES)
def set_(webhook: WebhookId, actor: As = "", **options: Any) -> Answer:
    """Change where a webhook sends what, or who is told; its secret stays, and so does what is queued."""
    url, events, owner = options["url"], options["event"] or None, options["owner"]
    found = ask(lambda doorstep: doorstep.webhook_set(webhook, url=url, events=events, owner=owner), actor=actor)
    return Answer(_webhook(found), [pairs(_sheet(found))])


@command(app, "list")
def list_(office: OfficeCode, actor: As = "") -> Answer:
    """The webhooks of an office."""
    found = ask(lambda doorstep: doorstep.webhooks(office), actor=actor)
    rows = [(w.id, w.state, w.url, ", ".join(w.events), w.owner) for w in found]
    shown = table(("id", "state", "url", "events", "owner"), rows) if rows else f"Office {office} has no webhook."
    return Answer({"office": office, "webhooks": [_webhook(each) for each in found]}, [shown])


@command(app)
def show(webhook: WebhookId, actor: As = "") -> Answer:
    """One webhook, its newest deliveries, and when the next try is."""

    async def work(doorstep: "Doorstep") -> tuple[Webhook, list[Sending], str]:
        found = await doorstep.webhook(webhook)
        zone = (await doorstep.office(found.office)).time_zone
        return found, await doorstep.webhook_deliveries(webhook, limit=10), zone

    found, sendings, zone = ask(work, actor=actor)
    data = _webhook(found) | {"deliveries": [_sending(each) for each in sendings]}
    return Answer(data, [pairs(_sheet(found, zone)), _table(sendings, zone)])


@command(app)
def deliveries(webhook: WebhookId, limit: Limit = 50, actor: As = "") -> Answer:
    """What a webhook was told, the newest first, and what it answered."""

    async def work(doorstep: "Doorstep") -> tuple[list[Sending], str]:
        found = await doorstep.webhook(webhook)
        zone = (await doorstep.office(found.office)).time_zone
        return await doorstep.webhook_deliveries(webhook, limit=limit), zone

    sendings, zone = ask(work, actor=actor)
    return Answer({"deliveries": [_sending(each) for each in sendings]}, [_table(sendings, zone)])


@command(app)
def secret(webhook: WebhookId, actor: As = "") -> Answer:
    """The secret that deliveries are signed with; that it was shown is recorded."""
    shown = ask(lambda doorstep: doorstep.webhook_secret(webhook), actor=actor)
    return Answer({"id": str(webhook), "secret": shown}, [Whole(shown)])


@command(app)
def rotate(webhook: WebhookId, overlap: Overlap = None, actor: As = "") -> Answer:
    """Make a new secret; deliveries are signed with both for a while, so that the server can change over."""
    kept = OVERLAP if overlap is None else overlap
    made = ask(lambda doorstep: doorstep.webhook_rotate(webhook, overlap=kept), actor=actor)
    note = f"The secret before stays good for {duration(kept)}."
    return Answer({"id": str(webhook), "secret": made}, [Whole(made), note])


@command(app, "test")
def try_(webhook: WebhookId, actor: As = "") -> Answer:
    """Send a webhook.test event now, and tell what the server made of it."""
    found = ask(lambda doorstep: doorstep.webhook_test(webhook), actor=actor)
    code = "" if found.reply_code is None else f", with status {found.reply_code}"
    said = f"It was taken{code}." if found.is_taken else f"It was not taken: {found.cause.replace('_', ' ')}{code}."
    data = {"id": str(found.id), "is_taken": found.is_taken, "reply_code": found.reply_code, "cause": found.cause}
    return Answer(data, [said], 0 if found.is_taken else 1)


@command(app)
def replay(webhook: WebhookId, since: Since, actor: As = "") -> Answer:
    """Send everything since a moment again, with the same ids and bodies; the server knows a copy by its id."""

    async def work(doorstep: "Doorstep") -> int:
        found = await doorstep.webhook(webhook)
        zone = (await doorstep.office(found.office)).time_zone
        return await doorstep.webhook_replay(webhook, since=since.in_zone(zone))

    count = ask(work, actor=actor)
    return Answer({"id": str(webhook), "deliveries": count}, [f"{count} deliveries go out again."])


@command(app)
def enable(webhook: WebhookId, actor: As = "") -> Answer:
    """Switch a webhook on again that was switched off, and send what it missed."""
    found = ask(lambda doorstep: doorstep.webhook_enable(webhook), actor=actor)
    return Answer(_webhook(found), ["It is switched on again, and what it missed is on its way."])


@command(app)
def remove(webhook: WebhookId, actor: As = "") -> Answer:
    """Send nothing more to a server."""
    found = ask(lambda doorstep: doorstep.webhook_remove(webhook), actor=actor)
    return Answer({"id": str(found.id), "is_removed": True}, ["Nothing is sent there any more."])


def _webhook(webhook: Webhook) -> dict[str, object]:
    return {
        "id": str(webhook.id),
        "office": webhook.office,
        "url": webhook.url,
        "events": list(webhook.events),
        "owner": webhook.owner,
        "state": str(webhook.state),
        "last_sequence": webhook.last_sequence,
        "created_by": webhook.created_by,
        "created_at": iso(webhook.created_at),
        "failing_since": iso(webhook.failing_since),
        "last_success_at": iso(webhook.last_success_at),
        "disabled_at": iso(webhook.disabled_at),
    }


def _sheet(webhook: Webhook, zone: str = "UTC") -> list[tuple[str, object]]:
    mend = f"doorstep webhook enable {webhook.id}" if webhook.state is WebhookState.DISABLED else ""
    return [
        ("id", webhook.id),
        ("office", webhook.office),
        ("url", webhook.url),
        ("events", ", ".join(webhook.events)),
        ("owner", webhook.owner),
        ("state", webhook.state),
        ("taken last", local(webhook.last_success_at, zone)),
        ("failing since", local(webhook.failing_since, zone)),
        ("switched off", local(webhook.disabled_at, zone)),
        ("switch it on with", mend),
    ]


def _sending(sending: Sending) -> dict[str, Any]:
    return {
        "id": str(sending.id),
        "sequence": sending.sequence,
        "event": sending.event,
        "subject_id": None if sending.subject_id is None else str(sending.subject_id),
        "status": str(sending.status),
        "attempts": sending.attempts,
        "reply_code": sending.reply_code,
        "cause": sending.cause,
        "created_at": iso(sending.created_at),
        "tried_at": iso(sending.tried_at),
        "next_try_at": iso(sending.due_at),
        "delivered_at": iso(sending.delivered_at),
    }


def _table(sendings: list[Sending], zone: str) -> Any:
    if not sendings:
        return "Nothing has happened yet that it would be told."
    rows = [
        (s.sequence, s.event, s.subject_id, s.status, s.attempts, s.reply_code, s.cause, local(s.due_at, zone))
        for s in sendings
    ]
    return table(("number", "event", "of", "status", "tries", "answer", "cause", "next try"), rows)
