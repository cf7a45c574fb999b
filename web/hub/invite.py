"""The list of those to invite: filtered, ticked, addresses edited in the row (S4.25-S4.34)."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Response

from doorstep.domain.authority import Right
from doorstep.domain.errors import Invalid, Refused
from web.hub.forms import HubForm, filled
from web.hub.invite_place import Place
from web.hub.visits import Visit, act, look

INVITE = "/hub/offices/{office}/invite"
HIDDEN = "invite"
"""The name under which somebody puts the instructions of this page away."""


class AddressForm(HubForm):
    """Where the invitations of one contact go."""

    address: str = ""


class InstructionsForm(HubForm):
    """Whether the instructions are hidden."""

    hidden: str = ""


@dataclass(frozen=True)
class Trouble:
    """Why a step was refused; `row` and `typed` are of an address that was not saved."""

    refusal: Refused
    row: UUID | None = None
    typed: str = ""

    @property
    def field(self) -> str:
        """The field to go to; empty where it is about the list."""
        return f"portal-{self.row}" if self.row is not None else ""


async def show(visit: Visit) -> Response:
    """The list."""
    return await page(visit, Place.of(visit))


async def page(visit: Visit, place: Place, trouble: Trouble | None = None) -> Response:
    """A page of the list, with what was wrong with the last step."""
    is_counted = place.choice.is_all
    found = await visit.doorstep.invite_list(visit.code, place.wanted, after=place.after, is_counted=is_counted)
    return visit.page(
        "invite.html",
        status=200 if trouble is None else trouble.refusal.status,
        place=place,
        found=found,
        elsewhere=place.elsewhere(frozenset(row.contact.id for row in found.rows.items)),
        trouble=trouble,
        faults={} if trouble is None else {trouble.field: trouble.refusal},
        saved=visit.asked("saved"),
        is_hidden=HIDDEN in visit.me.hidden,
        may_edit=visit.may(Right.CONTACTS),
        tab="reps" if place.wanted.are_reps else "customers",
    )


async def save_address(visit: Visit) -> Response:
    """Save where the invitations of a contact go; the default address stays as it is (S4.32, S4.33)."""
    place, contact = Place.of(visit), visit.identifier("contact")
    address = filled(AddressForm, visit.sent).address
    try:
        await visit.doorstep.contact_set(contact, portal_email=address)
    except Invalid as fault:
        return await page(visit, place, Trouble(fault, contact, address))
    joint = "&" if place.query else "?"
    return visit.go(f"{place.path}{joint}{urlencode({'saved': str(contact)})}", done="address-saved")


async def instructions(visit: Visit) -> Response:
    """Put the instructions away for this person, or bring them back (S4.25)."""
    is_hidden = filled(InstructionsForm, visit.sent).hidden == "yes"
    await visit.doorstep.hub_hide(visit.insider, HIDDEN, is_hidden=is_hidden)
    return visit.go(replace(Place.of(visit), after="").path, done="hidden" if is_hidden else "shown")


ROUTES = [
    look(INVITE, show),
    act(f"{INVITE}/instructions", instructions),
    act(f"{INVITE}/{{contact}}/address", save_address),
]
