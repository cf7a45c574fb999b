"""Webhooks of the office: who is told of what happens."""

from collections.abc import Mapping
from datetime import timedelta

from fastapi import Response

from doorstep.domain.errors import Invalid, Refused
from doorstep.domain.events import Event
from doorstep.domain.webhooks import FAMILIES
from web.hub.forms import HubForm, Sent, filled
from web.hub.visits import Visit, act, look

PATH = "/hub/offices/{office}/settings/webhooks"
EVENTS = (
    ("*", "Everything"),
    *(
        (f"{family}.*", f"Everything about {words}")
        for family, words in zip(
            FAMILIES,
            (
                "invitations",
                "messages",
                "users",
                "batches",
            ),
            strict=True,
        )
    ),
)
OVERLAPS = (("24", "24 hours"), ("1", "1 hour"), ("168", "7 days"), ("0", "not at all: it ends now"))


class WebhookForm(HubForm):
    """Where to send what, and who is told when it cannot be sent."""

    url: str = ""
    events: tuple[str, ...] = ()
    single: str = ""
    owner: str = ""

    @property
    def asked_for(self) -> list[str]:
        """Every event that is named, by a tick or by its name."""
        return [*self.events, *self.single.split()]


async def show(visit: Visit) -> Response:
    """The webhooks, and the form for another."""
    return await _page(visit, {"owner": visit.me.address}, ("invitation.*",))


async def add(visit: Visit) -> Response:
    """Send events from now on; the answer shows the secret."""
    try:
        form = filled(WebhookForm, visit.sent)
        added = await visit.doorstep.webhook_add(visit.code, form.url, events=form.asked_for, owner=form.owner)
    except Refused as refusal:
        return await _page(visit, *typed_in(visit.sent or Sent()), refusal)
    return visit.page("webhooks_secret.html", webhook=added.webhook, secret=added.secret, is_new=True, ends_in="")


def typed_in(sent: Sent) -> tuple[dict[str, str], tuple[str, ...]]:
    """What was typed and what was ticked, to be shown again."""
    return {name: sent.one(name) for name in ("url", "single", "owner")}, tuple(sent.every("events"))


def ends_in(hours: str) -> timedelta:
    """For how long the secret before stays good, as chosen."""
    return timedelta(hours=int(hours if hours in dict(OVERLAPS) else OVERLAPS[0][0]))


async def _page(
    visit: Visit, values: Mapping[str, str], chosen: tuple[str, ...], refusal: Refused | None = None
) -> Response:
    field = refusal.field if isinstance(refusal, Invalid) else ""
    return visit.page(
        "webhooks.html",
        status=200 if refusal is None else refusal.status,
        found=await visit.doorstep.webhooks(visit.code),
        values=values,
        chosen=chosen,
        faults={} if refusal is None else {field: refusal},
        events=EVENTS,
        example=Event.ACTIVATED,
    )


ROUTES = [
    look(PATH, show),
    act(PATH, add),
]
