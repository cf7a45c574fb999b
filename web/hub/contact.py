"""The page of a contact: who it is, which accounts they are on, and what staff may change of it (S1.18)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fastapi import Response

from doorstep.domain.contact import Contact, no_such_contact
from doorstep.domain.errors import Invalid, Refused
from web.hub.clients_form import contact_path
from web.hub.clients_picking import Alike, picked
from web.hub.forms import UNREADABLE, HubForm, Sent, faults_of, filled
from web.hub.visits import Visit, act, look

CONTACT = "/hub/offices/{office}/clients/{contact}"


class ContactForm(HubForm):
    """What staff may write of a contact; the default address is the ERP's to say (S4.33)."""

    name: str = ""
    phone: str = ""
    account: str = ""
    picked: str = ""
    asked: str = ""
    seen: str = ""


class TakeOffForm(HubForm):
    """The accounts that the person is not to be on any more."""

    take_off: tuple[str, ...] = ()
    seen: str = ""


@dataclass(frozen=True)
class Trouble:
    """Why the page is shown again."""

    faults: Mapping[str, Refused]
    alike: tuple[object, ...] = ()
    status: int = 422


NONE = Trouble({}, status=200)


async def contact_of(visit: Visit) -> Contact:
    """The contact of the address.

    Raises:
        NotFound: `no_such_contact`, also for one of another office of theirs (T20).
    """
    contact = await visit.doorstep.contact(visit.identifier("contact"))
    if contact.office != visit.code:
        raise no_such_contact()
    return contact


def moment_seen(text: str) -> datetime | None:
    """Which edition of the contact somebody had before them; None where the form says nothing of it.

    Raises:
        Invalid: `form_field_invalid`.
    """
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid("form_field_invalid", UNREADABLE, field="") from None


async def show(visit: Visit) -> Response:
    """The details."""
    return await _page(visit, NONE)


async def _page(visit: Visit, trouble: Trouble) -> Response:
    contact = await contact_of(visit)
    typed = visit.sent or Sent()
    sent = typed if "name" in typed.fields else Sent({"name": [contact.name], "phone": [contact.phone]})
    return visit.page(
        "contact.html",
        status=trouble.status,
        contact=contact,
        held=[(each.code, f"{each.name} ({each.code})" if each.name else each.code) for each in contact.accounts],
        path=contact_path(visit.code, contact.id),
        values={name: sent.one(name) for name in ContactForm.model_fields},
        ticked=typed.every("take_off"),
        trouble=trouble,
        faults=trouble.faults,
    )


async def change(visit: Visit) -> Response:
    """Save the details, unless somebody else did meanwhile."""
    contact = await contact_of(visit)
    try:
        form = filled(ContactForm, visit.sent)
        is_chosen = form.picked and form.asked == form.account
        account = await picked(visit, form.picked if is_chosen else form.account) if form.account else ""
        await visit.doorstep.contact_set(
            contact.id,
            name=form.name,
            phone=form.phone,
            add_accounts=[account] if account else [],
            seen=moment_seen(form.seen),
        )
    except Alike as fault:
        return await _page(visit, Trouble(faults_of(fault), fault.companies))
    except Invalid as fault:
        return await _page(visit, Trouble(faults_of(fault)))
    except Refused as refusal:
        return await _page(visit, Trouble({"": refusal}, status=refusal.status))
    return visit.go(contact_path(visit.code, contact.id), done="contact-saved")


async def take_off(visit: Visit) -> Response:
    """Take the person off the ticked accounts; whatever they were invited to goes on."""
    contact = await contact_of(visit)
    try:
        form = filled(TakeOffForm, visit.sent)
        ticked, seen = _ticked(form), moment_seen(form.seen)
        await visit.doorstep.contact_set(contact.id, remove_accounts=ticked, seen=seen)
    except Invalid as fault:
        return await _page(visit, Trouble({"take_off" if fault.field else "": fault}))
    except Refused as refusal:
        return await _page(visit, Trouble({"": refusal}, status=refusal.status))
    return visit.go(contact_path(visit.code, contact.id), done="contact-taken-off")


def _ticked(form: TakeOffForm) -> tuple[str, ...]:
    if not form.take_off:
        raise Invalid("account_required", "Tick the account to take them off.", field="take_off")
    return form.take_off


ROUTES = [
    look(CONTACT, show),
    act(CONTACT, change),
    act(f"{CONTACT}/take-off", take_off),
]
