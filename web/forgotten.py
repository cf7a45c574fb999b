"""Forgotten passwords: one answer for every name (T08), and the form behind the mailed link.

Behind the link of way A the form sets the first passwords, of a management and a staff login (S4.12).
"""

from datetime import timedelta

from fastapi import Request, Response

from doorstep.domain.errors import Gone, Invalid
from starter.signing_in import ResetView
from web import forms
from web.cookies import Cookie
from web.forms import ForgotForm, ResetForm
from web.guards import asked_host
from web.invitee import carried
from web.routes import get, post
from web.site import go_to, page, page_of, site_of, source_of

LINK_LASTS = timedelta(hours=1)


async def show_forgot(request: Request) -> Response:
    """The form."""
    return await page(request, "forgot.html", values={}, faults={})


async def forgot(request: Request) -> Response:
    """Note that somebody asked; who is meant is found out afterwards, out of sight."""
    typed = await forms.typed(request)
    try:
        form = forms.checked(ForgotForm, typed)
    except Invalid as fault:
        return await page(request, "forgot.html", status=422, values=typed, faults=forms.by_field(fault))
    await site_of(request).doorstep.forgot(form.username, source=source_of(request))
    return go_to("/forgot/sent")


async def sent(request: Request) -> Response:
    """The same for everybody."""
    return await page(request, "forgot_sent.html")


async def enter(request: Request) -> Response:
    """Take the token out of the address bar (T01)."""
    response = go_to("/reset")
    site_of(request).cookies.put(response, Cookie.RESET, carried(request.path_params["token"]), lasts=LINK_LASTS)
    return response


def _token(request: Request) -> str:
    token = site_of(request).cookies.read(request, Cookie.RESET)
    if not token:
        raise Gone("reset_link_missing", "Open the link in the message once more.")
    return token


async def show_reset(request: Request) -> Response:
    """The form, as long as the link is live."""
    view = await site_of(request).doorstep.open_reset(_token(request), source=source_of(request))
    return await _form(request, view)


async def reset(request: Request) -> Response:
    """Set the new password, or both; every session ends with the old one (T24)."""
    site = site_of(request)
    token = _token(request)
    typed = await forms.typed(request)
    view = await site.doorstep.open_reset(token, source=source_of(request))
    try:
        form = forms.checked(ResetForm, typed)
        first, second = form.password.get_secret_value(), form.staff_password.get_secret_value()
        await site.doorstep.reset(token, password=first, staff_password=second, source=source_of(request))
    except Invalid as fault:
        return await _form(request, view, fault)
    response = go_to(_done(view, is_staff_set=bool(second)))
    for cookie in (Cookie.RESET, Cookie.SESSION):
        site.cookies.clear(response, cookie)
    return response


async def _form(request: Request, view: ResetView, fault: Invalid | None = None) -> Response:
    face = await site_of(request).fronts.of_codes({view.office}, asked_host(request))
    faults = {} if fault is None else forms.by_field(fault)
    return page_of(request, face, "reset.html", status=422 if faults else 200, view=view, faults=faults)


def _done(view: ResetView, *, is_staff_set: bool) -> str:
    if not view.is_first:
        return "/reset/done"
    if not view.staff_username:
        return "/reset/done?set=first"
    return "/reset/done?set=both" if is_staff_set else "/reset/done?set=management"


async def done(request: Request) -> Response:
    """That it worked, and who can sign in now."""
    return await page(request, "reset_done.html", which=request.query_params.get("set", ""))


ROUTES = [
    get("/forgot", show_forgot),
    post("/forgot", forgot),
    get("/forgot/sent", sent),
    get("/reset/done", done),  # before the next one: no token is called that
    get("/reset/{token}", enter),
    get("/reset", show_reset),
    post("/reset", reset),
]
