"""The way in through the OpenID Connect provider: there with an attempt of this very browser, and back with a code."""

from datetime import timedelta
from urllib.parse import quote, unquote

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from doorstep.domain.errors import DoorstepError, Forbidden, NotFound, Unavailable
from doorstep.openid.attempt import Attempt
from starter.hub_openid import BACK, OpenIdAnswer
from web.cookies import Cookie
from web.fronts import host_of
from web.guards import asked_host
from web.hub.entering import let_in, sign_in_page
from web.hub.places import OPENID, inside, openid_for
from web.routes import get
from web.site import SEE_OTHER, go_to, site_of, source_of

LASTS = timedelta(minutes=10)
"""As long as somebody may take on the pages of the provider."""


async def leave(request: Request) -> Response:
    """To the provider; the browser remembers the attempt, and we remember nothing."""
    site = site_of(request)
    wanted = inside(request.query_params.get("next", ""))
    public = site.doorstep.settings.public_url
    if asked_host(request) != host_of(public):  # the way back leads there, and so does the cookie
        return RedirectResponse(public.rstrip("/") + openid_for(wanted), SEE_OTHER)
    attempt = Attempt.new()
    try:
        response = RedirectResponse(await site.doorstep.hub_openid_url(attempt), SEE_OTHER)
    except (NotFound, Unavailable) as refusal:
        return _sorry(request, refusal, wanted)
    site.cookies.put(response, Cookie.OPENID, f"{attempt.secret}.{quote(wanted, safe='')}", lasts=LASTS)
    return response


async def come_back(request: Request) -> Response:
    """Begin the session; the attempt is over, whatever comes of it."""
    site = site_of(request)
    secret, _, path = site.cookies.read(request, Cookie.OPENID).partition(".")
    attempt, wanted = Attempt.of(secret), inside(unquote(path))
    if attempt is None:  # too late, or another browser
        return go_to(openid_for(wanted))
    asked = request.query_params
    answer = OpenIdAnswer(asked.get("code", ""), asked.get("state", ""), asked.get("iss", ""))
    agent = request.headers.get("user-agent", "")
    try:
        entry = await site.doorstep.hub_openid_sign_in(attempt, answer, source=source_of(request), agent=agent)
        response = await let_in(request, entry, wanted)
    except (Forbidden, NotFound, Unavailable) as refusal:
        response = _sorry(request, refusal, wanted)
    site.cookies.clear(response, Cookie.OPENID)
    return response


def _sorry(request: Request, refusal: DoorstepError, wanted: str) -> Response:
    site_of(request).metrics.sign_ins_refused.labels(refusal.code).inc()
    return sign_in_page(request, status=refusal.status, values={"next": wanted}, faults={"": refusal})


ROUTES = [
    get(OPENID, leave),
    get(BACK, come_back),
]
