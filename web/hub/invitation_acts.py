"""The buttons of an invitation; each step is decided by the client API, and back to where it was pressed."""

from collections.abc import Awaitable, Callable
from functools import partial

from fastapi import Response

from doorstep.domain.invitation import Invitation
from web.hub.forms import HubForm, filled
from web.hub.invitation import INVITATION, SHOWN, path_of, shown
from web.hub.invitation_steps import Step
from web.hub.places import inside
from web.hub.visits import Visit, act


class StepForm(HubForm):
    """A step with nothing to fill in: the revision that was seen, and the list to go back to."""

    rev: int | None = None
    back: str = ""


class RevocationForm(StepForm):
    """Why it is taken back."""

    reason: str = ""


class NewAddressForm(StepForm):
    """Where it goes instead."""

    address: str = ""


class PlainForm(HubForm):
    """Nothing but the button, on the page of the invitation itself."""

    rev: int | None = None


async def _send(visit: Visit, form: StepForm) -> Invitation:
    return await visit.doorstep.send(visit.identifier("invitation"), if_rev=form.rev)


async def _resend(visit: Visit, form: StepForm) -> Invitation:
    return await visit.doorstep.resend(visit.identifier("invitation"), if_rev=form.rev)


async def _remind(visit: Visit, _form: StepForm) -> Invitation:
    return await visit.doorstep.remind_approvers(visit.identifier("invitation"))


async def _restart(visit: Visit, _form: StepForm) -> Invitation:
    return (await visit.doorstep.restart(visit.identifier("invitation"))).invitation


SIMPLE: dict[Step, tuple[Callable[[Visit, StepForm], Awaitable[Invitation]], str]] = {
    Step.SEND: (_send, "sent"),
    Step.RESEND: (_resend, "resent"),
    Step.REMIND: (_remind, "reminded"),
    Step.RESTART: (_restart, "restarted"),
}
"""Each with the notice that says it is done."""


async def step(visit: Visit, *, which: Step) -> Response:
    """Take a step that needs no words."""
    form = filled(StepForm, visit.sent)
    take, done = SIMPLE[which]
    try:
        await take(visit, form)
    except SHOWN as refusal:
        return await shown(visit, refusal)
    return _back(visit, form, done)


async def revoke(visit: Visit) -> Response:
    """Take it back."""
    form = filled(RevocationForm, visit.sent)
    try:
        await visit.doorstep.revoke(visit.identifier("invitation"), reason=form.reason, if_rev=form.rev)
    except SHOWN as refusal:
        return await shown(visit, refusal)
    return _back(visit, form, "revoked")


async def readdress(visit: Visit) -> Response:
    """Send it elsewhere."""
    form = filled(NewAddressForm, visit.sent)
    try:
        await visit.doorstep.readdress(visit.identifier("invitation"), form.address, if_rev=form.rev)
    except SHOWN as refusal:
        return await shown(visit, refusal, form.address)
    return _back(visit, form, "readdressed")


async def erase(visit: Visit) -> Response:
    """Erase the person."""
    form = filled(PlainForm, visit.sent)
    identifier = visit.identifier("invitation")
    try:
        await visit.doorstep.erase(identifier, if_rev=form.rev)
    except SHOWN as refusal:
        return await shown(visit, refusal)
    return visit.go(path_of(identifier), done="erased")


async def link(visit: Visit) -> Response:
    """Hand out the live link, on a page of its own: it stands in no address, and the records say who saw it."""
    filled(PlainForm, visit.sent)
    identifier = visit.identifier("invitation")
    try:
        url = await visit.doorstep.link(identifier)
    except SHOWN as refusal:
        return await shown(visit, refusal)
    invitation = await visit.doorstep.show(identifier)
    here = visit.within(invitation.office.code)
    return here.page("invitation_link.html", invitation=invitation, url=url)


def _back(visit: Visit, form: StepForm, done: str) -> Response:
    """To the list where the button was, or to the invitation."""
    is_ours = form.back != "" and inside(form.back) == form.back
    return visit.go(form.back if is_ours else path_of(visit.identifier("invitation")), done=done)


ROUTES = [
    *(act(f"{INVITATION}/{each}", partial(step, which=each)) for each in SIMPLE),
    act(f"{INVITATION}/{Step.REVOKE}", revoke),
    act(f"{INVITATION}/{Step.READDRESS}", readdress),
    act(f"{INVITATION}/{Step.LINK}", link),
    act(f"{INVITATION}/{Step.ERASE}", erase),
]
