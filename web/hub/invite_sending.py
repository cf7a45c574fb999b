"""From page to page of the list with its ticks, and the sending: a batch of all who are ticked (S4.30, S4.35)."""

from uuid import UUID

from fastapi import Response

from doorstep.domain.batches import BatchOptions
from doorstep.domain.errors import Refused
from web.hub import invite
from web.hub.batches_place import batch_path
from web.hub.forms import HubForm, filled
from web.hub.invite_place import FILTERS, Place, require_few
from web.hub.visits import Visit, act

REP_ROLE = "rep"


class TicksForm(HubForm):
    """The rows of a page, those of them that are ticked, and where to go on."""

    shown: tuple[UUID, ...] = ()
    contact: tuple[UUID, ...] = ()
    to: str = ""


async def turn(visit: Visit) -> Response:
    """To another page of the list; what is ticked stays ticked."""
    place, form = _ticked(visit)
    try:
        require_few(place)
    except Refused as refusal:
        return await invite.page(visit, place, invite.Trouble(refusal))
    return visit.go(place.at(form.to).path)


async def send(visit: Visit) -> Response:
    """Invite everybody who is ticked: each is a row of a batch, and a bad one stops no other (S4.35, S4.36)."""
    place, _ = _ticked(visit)
    try:
        contacts = await visit.doorstep.invite_chosen(visit.code, place.choice)
        batch = await visit.doorstep.batch_create(
            visit.code,
            contacts=contacts,
            options=BatchOptions(roles=(REP_ROLE,) if place.wanted.are_reps else ()),
            name=_name(place),
            starts_by_itself=True,
        )
    except Refused as refusal:
        return await invite.page(visit, place, invite.Trouble(refusal))
    return visit.go(batch_path(batch.id))


def _ticked(visit: Visit) -> tuple[Place, TicksForm]:
    form = filled(TicksForm, visit.sent)
    return Place.of(visit).ticked(frozenset(form.shown), frozenset(form.contact)), form


def _name(place: Place) -> str:
    """What the batch is called: the tab, and the filter that it was chosen by."""
    said = [getattr(place.wanted, name) for name in FILTERS]
    return ", ".join(["Rep users" if place.wanted.are_reps else "Customers", *filter(None, said)])[:200]


ROUTES = [
    act(f"{invite.INVITE}/turn", turn),
    act(f"{invite.INVITE}/send", send),
]
