"""Signing in and out, and the portal home: what was granted, account by account (S0.19, S3.11)."""

from fastapi import Request, Response

from doorstep.domain.errors import Forbidden, Invalid
from web import forms
from web.cookies import Cookie
from web.forms import EmptyForm, SignInForm
from web.guards import asked_host
from web.routes import get, post
from web.site import go_to, page, page_of, site_of, source_of

WAITING = "waiting_for_approval"


async def show_sign_in(request: Request) -> Response:
    """The form; whoever is in already goes home."""
    site = site_of(request)
    session = site.cookies.read(request, Cookie.SESSION)
    if session and await site.doorstep.home(session) is not None:
        return go_to("/")
    return await page(request, "sign_in.html", values={}, faults={})


async def sign_in(request: Request) -> Response:
    """Begin a session under a new id, whatever id the browser came with (T24)."""
    site = site_of(request)
    typed = await forms.typed(request)
    try:
        form = forms.checked(SignInForm, typed)
        password = form.password.get_secret_value()
        session = await site.doorstep.sign_in(form.username, password, source=source_of(request))
    except Invalid as fault:
        return await page(request, "sign_in.html", status=422, values=typed, faults=forms.by_field(fault))
    except Forbidden as refusal:
        site.metrics.sign_ins_refused.labels(refusal.code).inc()
        if refusal.code == WAITING:
            return await page(request, "waiting.html", status=refusal.status)
        # One body for every reason, so that nobody learns which names exist (T08).
        faults = {forms.WHOLE_FORM: refusal}
        return await page(request, "sign_in.html", status=refusal.status, values=typed, faults=faults)
    earlier = site.cookies.read(request, Cookie.SESSION)
    if earlier:
        await site.doorstep.sign_out(earlier)
    response = go_to("/")
    site.cookies.put(response, Cookie.SESSION, session)
    return response


async def sign_out(request: Request) -> Response:
    """End the session at once, and leave nothing of it in the browser (T25)."""
    site = site_of(request)
    forms.checked(EmptyForm, await forms.typed(request))
    session = site.cookies.read(request, Cookie.SESSION)
    if session:
        await site.doorstep.sign_out(session)
    response = go_to("/sign-in")
    site.cookies.clear(response, Cookie.SESSION)
    # Not "cookies": that would sign the person out of every other site under the same domain as well.
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


async def home(request: Request) -> Response:
    """The linked accounts with the sections of each."""
    site = site_of(request)
    session = site.cookies.read(request, Cookie.SESSION)
    found = await site.doorstep.home(session) if session else None
    if found is None:
        return go_to("/sign-in")
    codes = {membership.office for membership in found.memberships}
    face = await site.fronts.of_codes(codes, asked_host(request))
    return page_of(request, face, "home.html", user=found.user, memberships=found.memberships)


ROUTES = [
    get("/", home),
    get("/sign-in", show_sign_in),
    post("/sign-in", sign_in),
    post("/sign-out", sign_out),
]
