"""Forgotten passwords: one answer for every name (T08), and the form behind the mailed link."""

from datetime import timedelta

from fastapi import Request, Response

from doorstep.domain.errors import Gone, Invalid
from web import forms
from web.cookies import Cookie
from web.forms import ForgotForm, ResetForm
from web.invitee import carried
from web.routes import get, post
from web.site import go_to, page, site_of, source_of

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
    await site_of(request).doorstep.open_reset(_token(request), source=source_of(request))
    return await page(request, "reset.html", faults={})


async def reset(request: Request) -> Response:
    """Set the new password; every session ends with the old one (T24)."""
    site = site_of(request)
    token = _token(request)
    typed = await forms.typed(request)
    try:
        form = forms.checked(ResetForm, typed)
        await site.doorstep.reset(token, password=form.password.get_secret_value(), source=source_of(request))
    except Invalid as fault:
        return await page(request, "reset.html", status=422, faults=forms.by_field(fault))
    response = go_to("/reset/done")
    for cookie in (Cookie.RESET, Cookie.SESSION):
        site.cookies.clear(response, cookie)
    return response


async def done(request: Request) -> Response:
    """That it worked."""
    return await page(request, "reset_done.html")


ROUTES = [
    get("/forgot", show_forgot),
    post("/forgot", forgot),
    get("/forgot/sent", sent),
    get("/reset/done", done),  # before the next one: no token is called that
    get("/reset/{token}", enter),
    get("/reset", show_reset),
    post("/reset", reset),
]
