"""The Portal tab of a contact: the flag, the address, and sending, resending and removing invitations (S3.4, S2.8)."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from fastapi import Response

from doorstep.domain.authority import no_such_invitation
from doorstep.domain.clients import Portal
from doorstep.domain.contact import Contact, no_such_contact
from doorstep.domain.errors import Invalid, Refused
from doorstep.domain.invitation import Invitation
from web.hub.clients_form import CHANNELS, LANGUAGES, contact_path, group_choices, role_choices
from web.hub.clients_slips import Slip, settled, slip_in
from web.hub.contact import CONTACT, contact_of, moment_seen
from web.hub.forms import ButtonForm, HubForm, Sent, faults_of, filled
from web.hub.visits import Visit, act, look

PORTAL = f"{CONTACT}/portal"


class FlagForm(HubForm):
    """Whether anybody may invite them (S3.5)."""

    is_portal_user: str = ""


class AddressForm(HubForm):
    """Where invitations go, if not to the default address (S3.6)."""

    portal_email: str = ""
    kept: str = ""
    use_meant: str = ""
    seen: str = ""


class SendForm(HubForm):
    """What the person is invited to, and how they hear of it."""

    accounts: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    job: str = ""
    template: str = ""
    locale: str = ""
    channel: str = ""


@dataclass(frozen=True)
class Trouble:
    """Why the tab is shown again: faults by field, or an address that looks mistyped."""

    faults: Mapping[str, Refused]
    slip: Slip | None = None
    status: int = 422


NONE = Trouble({}, status=200)


async def show(visit: Visit) -> Response:
    """The tab."""
    return await _page(visit, NONE)


async def _portal(visit: Visit) -> Portal:
    portal = await visit.doorstep.client_portal(visit.identifier("contact"))
    if portal.contact.office != visit.code:
        raise no_such_contact()
    return portal


async def _page(visit: Visit, trouble: Trouble) -> Response:
    portal = await _portal(visit)
    contact = portal.contact
    return visit.page(
        "contact_portal.html",
        status=trouble.status,
        record=portal,
        contact=contact,
        path=contact_path(visit.code, contact.id),
        values=_values(contact, visit.sent or Sent()),
        trouble=trouble,
        faults=trouble.faults,
        accounts=[(each.code, f"{each.name} ({each.code})") for each in contact.accounts if not each.is_closed],
        doubt=slip_in(contact.invitation_address),
        groups=group_choices(visit, portal.groups),
        roles=role_choices(visit),
        languages=LANGUAGES,
        channels=CHANNELS,
        has_texts=visit.doorstep.means.has_texts,
    )


def _values(contact: Contact, sent: Sent) -> dict[str, object]:
    """What stands in the fields: as typed in the form that was sent, as it is in every other."""
    is_sending, is_addressing = "channel" in sent.fields, "portal_email" in sent.fields
    asked = {name: sent.one(name) for name in ("job", "template", "locale", "channel")}
    lists = {name: sent.every(name) for name in ("groups", "roles")}
    accounts = sent.every("accounts") if is_sending else list(contact.invited_to)
    address = sent.one("portal_email") if is_addressing else contact.portal_email
    return {**asked, **lists, "accounts": accounts, "portal_email": address}


async def _tried(visit: Visit, work: Callable[[], Awaitable[str]]) -> Response:
    """Do it and say what was done; or show the tab again with what speaks against it."""
    path = f"{contact_path(visit.code, visit.identifier('contact'))}/portal"
    try:
        return visit.go(path, done=await work())
    except Invalid as fault:
        return await _page(visit, Trouble(_beside_fields(faults_of(fault))))
    except Refused as refusal:
        return await _page(visit, Trouble({"": refusal}, status=refusal.status))


def _beside_fields(faults: Mapping[str, Refused]) -> dict[str, Refused]:
    """By the names that the fields have here; what belongs to none of them is said of the page."""
    names = {**dict.fromkeys([*AddressForm.model_fields, *SendForm.model_fields], ""), "account": "", "role": ""}
    renamed = {name: {"account": "accounts", "role": "roles"}.get(name, name) for name in names}
    return {renamed.get(name, ""): fault for name, fault in faults.items()}


async def set_flag(visit: Visit) -> Response:
    """Mark somebody as a portal user, or not any more, which takes back what is open (S3.5, S3.9)."""
    contact = await contact_of(visit)

    async def work() -> str:
        is_on = filled(FlagForm, visit.sent).is_portal_user == "yes"
        await visit.doorstep.contact_set(contact.id, is_portal_user=is_on)
        return "portal-on" if is_on else "portal-off"

    return await _tried(visit, work)


async def set_address(visit: Visit) -> Response:
    """Keep the portal address; one that looks mistyped is asked about first (S3.6, S3.7)."""
    contact = await contact_of(visit)
    try:
        form = filled(AddressForm, visit.sent)
    except Invalid as fault:
        return await _page(visit, Trouble(_beside_fields(faults_of(fault))))
    address, slip = settled(form.portal_email, form.kept, uses_meant=bool(form.use_meant))
    if slip is not None:
        return await _page(visit, Trouble({}, slip=slip))

    async def work() -> str:
        await visit.doorstep.contact_set(contact.id, portal_email=address, seen=moment_seen(form.seen))
        return "portal-address"

    return await _tried(visit, work)


async def send(visit: Visit) -> Response:
    """Send Portal Invitation (S2.8, S3.8)."""
    contact = await contact_of(visit)

    async def work() -> str:
        form = filled(SendForm, visit.sent)
        await visit.doorstep.invite(
            office=visit.code,
            contact=contact.id,
            name=contact.name,
            accounts=form.accounts,
            job=form.job or None,
            roles=(*form.groups, *form.roles),
            template=form.template,
            locale=form.locale,
            channel=form.channel or None,
        )
        return "portal-invited"

    return await _tried(visit, work)


async def step(visit: Visit, take: Callable[[Visit, Invitation], Awaitable[object]], done: str) -> Response:
    """One of the buttons beside an invitation of this contact."""
    portal = await _portal(visit)
    wanted = visit.identifier("invitation")
    invitation = next((each for each in portal.invitations if each.id == wanted), None)
    if invitation is None:
        raise no_such_invitation()
    found = invitation

    async def work() -> str:
        filled(ButtonForm, visit.sent)
        await take(visit, found)
        return done

    return await _tried(visit, work)


async def _release(visit: Visit, invitation: Invitation) -> object:
    """S0.16: the draft goes out as it was saved."""
    return await visit.doorstep.send(invitation.id)


async def _resend(visit: Visit, invitation: Invitation) -> object:
    return await visit.doorstep.resend(invitation.id)


async def _readdress(visit: Visit, invitation: Invitation) -> object:
    """To the address that the contact has now; the link that went to the old one dies."""
    contact = await contact_of(visit)
    return await visit.doorstep.readdress(invitation.id, contact.invitation_address)


async def _remove(visit: Visit, invitation: Invitation) -> object:
    return await visit.doorstep.revoke(invitation.id)


ROUTES = [
    look(PORTAL, show),
    act(f"{PORTAL}/flag", set_flag),
    act(f"{PORTAL}/address", set_address),
    act(f"{PORTAL}/send", send),
    act(f"{PORTAL}/{{invitation}}/release", partial(step, take=_release, done="portal-invited")),
    act(f"{PORTAL}/{{invitation}}/resend", partial(step, take=_resend, done="portal-resent")),
    act(f"{PORTAL}/{{invitation}}/readdress", partial(step, take=_readdress, done="portal-resent")),
    act(f"{PORTAL}/{{invitation}}/remove", partial(step, take=_remove, done="portal-removed")),
]
