"""Signing in to the Team Hub and out of it, and the mailed link that sets a password."""

from collections.abc import Mapping
from typing import ClassVar

from fastapi import Request, Response

from doorstep.domain.errors import Forbidden, Gone, Invalid
from web import forms as portal_forms
from web.cookies import Cookie
from web.forms import Form
from web.hub import rendering
from web.hub.entering import let_in, sign_in_page
from web.hub.places import HOME, SIGN_IN, inside
from web.invitee import LINK_LASTS, carried
from web.routes import get, post
from web.site import go_to, site_of, source_of


class StaffSignInForm(Form):
    """An address and a password, and where to go on."""

    empty: ClassVar[Mapping[str, str]] = {
        "address": "Enter your e-mail address.",
        "password": "Enter your password.",
    }

    address: str = ""
    password: str = ""
    next: str = ""


class StaffForgotForm(Form):
    """Who needs a link."""

    empty: ClassVar[Mapping[str, str]] = {"address": "Enter your e-mail address."}

    address: str = ""


class StaffPasswordForm(Form):
    """A new password."""

    empty: ClassVar[Mapping[str, str]] = {"password": "Enter a new password."}

    password: str = ""


async def show_sign_in(request: Request) -> Response:
    """The form; whoever is in already goes on."""
    site = site_of(request)
    session = site.cookies.read(request, Cookie.STAFF)
    wanted = inside(request.query_params.get("next", ""))
    if session and await site.doorstep.hub_insider(session) is not None:
        return go_to(wanted)
    return sign_in_page(request, values={"next": wanted})


async def sign_in(request: Request) -> Response:
    """Begin a session under a new id, whatever id the browser came with (T24)."""
    site = site_of(request)
    typed = await portal_forms.typed(request)
    try:
        form = portal_forms.checked(StaffSignInForm, typed)
        agent = request.headers.get("user-agent", "")
        source = source_of(request)
        entry = await site.doorstep.hub_sign_in(form.address, form.password, source=source, agent=agent)
    except Invalid as fault:
        return sign_in_page(request, status=422, values=typed, faults=portal_forms.by_field(fault))
    except Forbidden as refusal:
        site.metrics.sign_ins_refused.labels(refusal.code).inc()
        return sign_in_page(request, status=refusal.status, values=typed, faults={"": refusal})
    return await let_in(request, entry, form.next)


async def sign_out(request: Request) -> Response:
    """End the session at once, and leave nothing of it in the browser (T25)."""
    site = site_of(request)
    await portal_forms.typed(request)
    session = site.cookies.read(request, Cookie.STAFF)
    if session:
        await site.doorstep.hub_sign_out(session)
    response = go_to(f"{SIGN_IN}?done=signed-out")
    site.cookies.clear(response, Cookie.STAFF)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


async def show_forgot(request: Request) -> Response:
    """Where a link is asked for: the first one, or after a password was forgotten."""
    return rendering.outside(request, "forgot.html", values={}, faults={})


async def forgot(request: Request) -> Response:
    """The same answer for every address (T08)."""
    typed = await portal_forms.typed(request)
    try:
        form = portal_forms.checked(StaffForgotForm, typed)
    except Invalid as fault:
        return rendering.outside(request, "forgot.html", status=422, values=typed, faults=portal_forms.by_field(fault))
    await site_of(request).doorstep.hub_link(form.address, source=source_of(request))
    return go_to("/hub/forgot/sent")


async def forgot_sent(request: Request) -> Response:
    """What happens now."""
    return rendering.outside(request, "forgot_sent.html")


async def enter(request: Request) -> Response:
    """Take the token of a mailed link out of the address bar; changes nothing (T01, T05)."""
    response = go_to("/hub/password")
    token = carried(request.path_params["token"])
    site_of(request).cookies.put(response, Cookie.STAFF_LINK, token, lasts=LINK_LASTS)
    return response


async def show_password(request: Request) -> Response:
    """The form behind the link."""
    return await _password_page(request)


async def set_password(request: Request) -> Response:
    """Set the password; the link is used."""
    site = site_of(request)
    typed = await portal_forms.typed(request)
    token = site.cookies.read(request, Cookie.STAFF_LINK)
    try:
        form = portal_forms.checked(StaffPasswordForm, typed)
        await site.doorstep.hub_set_password(token, form.password, source=source_of(request))
    except Invalid as fault:
        return await _password_page(request, portal_forms.by_field(fault), status=422)
    except Gone:
        return rendering.outside(request, "dead_link.html", status=410)
    response = go_to(f"{SIGN_IN}?done=password-set")
    site.cookies.clear(response, Cookie.STAFF_LINK)
    return response


async def _password_page(request: Request, faults: dict[str, Invalid] | None = None, *, status: int = 200) -> Response:
    site = site_of(request)
    token = site.cookies.read(request, Cookie.STAFF_LINK)
    try:
        view = await site.doorstep.hub_open_link(token, source=source_of(request))
    except Gone:
        return rendering.outside(request, "dead_link.html", status=410)
    return rendering.outside(request, "password.html", status=status, view=view, faults=faults or {})


ROUTES = [
    get(SIGN_IN, show_sign_in),
    post(SIGN_IN, sign_in),
    post(f"{HOME}/sign-out", sign_out),
    get(f"{HOME}/forgot", show_forgot),
    post(f"{HOME}/forgot", forgot),
    get(f"{HOME}/forgot/sent", forgot_sent),
    get(f"{HOME}/password/{{token}}", enter),
    get(f"{HOME}/password", show_password),
    post(f"{HOME}/password", set_password),
]
