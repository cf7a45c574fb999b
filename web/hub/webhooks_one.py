"""One webhook: how it stands, what was sent, and what can be done about it."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Response

from doorstep.domain.errors import Invalid, Refused
from doorstep.domain.events import Event
from doorstep.domain.pages import number_at, page_of
from doorstep.domain.webhooks import Webhook, no_such_webhook
from starter.webhooks import WebhookTested
from web.hub.forms import ButtonForm, HubForm, filled
from web.hub.visits import Visit, act, look
from web.hub.webhooks import EVENTS, OVERLAPS, PATH, WebhookForm, ends_in, typed_in

PAGE = 50
ONE = f"{PATH}/{{webhook}}"


class RotateForm(HubForm):
    """For how long the secret before stays good."""

    overlap: str = ""


class ReplayForm(HubForm):
    """From when on everything is sent again."""

    since: str = ""


async def show(visit: Visit) -> Response:
    """How it stands, and the newest deliveries."""
    return await _page(visit, await _theirs(visit))


async def save(visit: Visit) -> Response:
    """Another address, other events or another owner; the secret stays, and what is queued."""
    found = await _theirs(visit)
    try:
        form = filled(WebhookForm, visit.sent)
        await visit.doorstep.webhook_set(found.id, url=form.url, events=form.asked_for, owner=form.owner)
    except Refused as refusal:
        return await _page(visit, found, refusal)
    return visit.go(_path(visit, found.id), done="webhook-saved")


async def test(visit: Visit) -> Response:
    """Send a test event now, and tell what the receiver made of it."""
    filled(ButtonForm, visit.sent)
    found = await _theirs(visit)
    return await _page(visit, found, tested=await visit.doorstep.webhook_test(found.id))


async def show_secret(visit: Visit) -> Response:
    """The secret, for whoever sets the receiver up; it is recorded who looked."""
    filled(ButtonForm, visit.sent)
    found = await _theirs(visit)
    secret = await visit.doorstep.webhook_secret(found.id)
    return visit.page("webhooks_secret.html", webhook=found, secret=secret, is_new=False, ends_in="")


async def rotate(visit: Visit) -> Response:
    """A new secret; for a while deliveries are signed with both (T23)."""
    chosen = filled(RotateForm, visit.sent).overlap
    found = await _theirs(visit)
    secret = await visit.doorstep.webhook_rotate(found.id, overlap=ends_in(chosen))
    said = dict(OVERLAPS).get(chosen, OVERLAPS[0][1])
    return visit.page("webhooks_secret.html", webhook=found, secret=secret, is_new=False, ends_in=said)


async def replay(visit: Visit) -> Response:
    """Send again what happened since a moment, with the same ids and bodies."""
    found = await _theirs(visit)
    try:
        since = _moment(visit, filled(ReplayForm, visit.sent).since)
        await visit.doorstep.webhook_replay(found.id, since=since)
    except Invalid as refusal:
        return await _page(visit, found, refusal)
    return visit.go(_path(visit, found.id), done="webhook-replayed")


def _step(
    done: str, change: Callable[[Visit, UUID], Awaitable[object]], *, leaves: bool = False
) -> Callable[[Visit], Awaitable[Response]]:
    """A button that changes the webhook and comes back to its page, or to the list where it is there no more."""

    async def endpoint(visit: Visit) -> Response:
        filled(ButtonForm, visit.sent)
        found = await _theirs(visit)
        await change(visit, found.id)
        return visit.go(PATH.format(office=visit.code) if leaves else _path(visit, found.id), done=done)

    return endpoint


async def _theirs(visit: Visit) -> Webhook:
    """The webhook of the address, of the office of the address.

    Raises:
        NotFound: `no_such_webhook`.
    """
    found = await visit.doorstep.webhook(visit.identifier("webhook"))
    if found.office != visit.code:
        raise no_such_webhook()
    return found


async def _page(
    visit: Visit, found: Webhook, refusal: Refused | None = None, *, tested: WebhookTested | None = None
) -> Response:
    before = number_at(visit.asked("before")) if visit.asked("before") else None
    sendings = await visit.doorstep.webhook_deliveries(found.id, limit=PAGE + 1, before=before)
    values, chosen = typed_in(visit.sent) if visit.sent and "url" in visit.sent.fields else _as_it_is(found)
    return visit.page(
        "webhooks_one.html",
        status=200 if refusal is None else refusal.status,
        webhook=found,
        page=page_of(sendings, PAGE, lambda each: each.sequence),
        is_first=before is None,
        tested=tested,
        values=values,
        chosen=chosen,
        events=EVENTS,
        example=Event.ACTIVATED,
        overlaps=OVERLAPS,
        since="" if visit.sent is None else visit.sent.one("since"),
        faults={} if refusal is None else {refusal.field if isinstance(refusal, Invalid) else "": refusal},
    )


def _as_it_is(found: Webhook) -> tuple[dict[str, str], tuple[str, ...]]:
    """What stands in the fields before anybody types."""
    families = dict(EVENTS)
    single = " ".join(name for name in found.events if name not in families)
    return {"url": found.url, "single": single, "owner": found.owner}, found.events


def _moment(visit: Visit, typed: str) -> datetime:
    """A moment on the clock of the office.

    Raises:
        Invalid: `since_unclear`.
    """
    try:
        found = datetime.fromisoformat(typed)
    except ValueError:
        sentence = "Say the day and the hour from which on it is sent again."
        raise Invalid("since_unclear", sentence, field="since") from None
    zone = ZoneInfo(visit.office.time_zone if visit.office else "UTC")
    return found if found.tzinfo else found.replace(tzinfo=zone)


def _path(visit: Visit, webhook_id: UUID) -> str:
    return ONE.format(office=visit.code, webhook=webhook_id)


ROUTES = [
    look(ONE, show),
    act(ONE, save),
    act(f"{ONE}/test", test),
    act(f"{ONE}/secret", show_secret),
    act(f"{ONE}/rotate", rotate),
    act(f"{ONE}/replay", replay),
    act(f"{ONE}/enable", _step("webhook-enabled", lambda visit, which: visit.doorstep.webhook_enable(which))),
    act(f"{ONE}/disable", _step("webhook-disabled", lambda visit, which: visit.doorstep.webhook_disable(which))),
    act(
        f"{ONE}/remove",
        _step("webhook-removed", lambda visit, which: visit.doorstep.webhook_remove(which), leaves=True),
    ),
]
