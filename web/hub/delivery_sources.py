"""Mail providers that report what became of the office's mail: where they report to, and with which secret."""

from fastapi import Response

from doorstep.domain.errors import Invalid, Refused
from starter.delivery_sources import Reporting
from web.hub.forms import HubForm, filled
from web.hub.visits import Visit, act, look
from web.hub.webhooks import OVERLAPS, ends_in

PATH = "/hub/offices/{office}/settings/delivery-sources"


class SourceForm(HubForm):
    """What the provider is called."""

    name: str = ""


class RotateForm(HubForm):
    """Which source gets a new secret, and for how long the one before stays good."""

    name: str = ""
    overlap: str = ""


async def show(visit: Visit) -> Response:
    """The sources, and the form for another."""
    return await _page(visit)


async def add(visit: Visit) -> Response:
    """Let a provider report; the answer is the only page that shows the secret."""
    try:
        made = await visit.doorstep.delivery_source_add(visit.code, filled(SourceForm, visit.sent).name)
    except Refused as refusal:
        return await _page(visit, refusal)
    return _made(visit, made)


async def rotate(visit: Visit) -> Response:
    """Another secret, shown this once (T23)."""
    form = filled(RotateForm, visit.sent)
    made = await visit.doorstep.delivery_source_rotate(visit.code, form.name, overlap=ends_in(form.overlap))
    return _made(visit, made, dict(OVERLAPS).get(form.overlap, OVERLAPS[0][1]))


async def remove(visit: Visit) -> Response:
    """Believe that provider nothing any more."""
    await visit.doorstep.delivery_source_remove(visit.code, filled(SourceForm, visit.sent).name)
    return visit.go(PATH.format(office=visit.code), done="delivery-source-removed")


def _made(visit: Visit, made: Reporting, ends_in: str = "") -> Response:
    return visit.page("delivery_sources_made.html", made=made, ends_in=ends_in)


async def _page(visit: Visit, refusal: Refused | None = None) -> Response:
    field = refusal.field if isinstance(refusal, Invalid) else ""
    return visit.page(
        "delivery_sources.html",
        status=200 if refusal is None else refusal.status,
        found=await visit.doorstep.delivery_sources(visit.code),
        name="" if visit.sent is None else visit.sent.one("name"),
        faults={} if refusal is None else {field: refusal},
        overlaps=OVERLAPS,
    )


ROUTES = [
    look(PATH, show),
    act(PATH, add),
    act(f"{PATH}/rotate", rotate),
    act(f"{PATH}/remove", remove),
]
