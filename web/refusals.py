"""Refusals and faults as pages in the look of where they happen, to customers with the help contact (S0.22)."""

from fastapi import Request
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.types import Receive, Scope, Send

from doorstep.domain.errors import Conflict, DoorstepError, Gone, Refused, TooMany, Unavailable
from web.cookies import Cookie
from web.fronts import Face, face_of
from web.guards import asked_host
from web.hub.places import HOME
from web.hub.rendering import outside
from web.languages import N_
from web.site import page_of, site_of, source_of

TRY_AGAIN_SECONDS = "5"
FIRST_FAULT = 500
OTHER_LINK = "other_link"
TEXTS: dict[int, tuple[str, str]] = {
    400: (N_("This address is not right"), N_("Open the portal under its own address.")),
    403: (
        N_("That was not allowed"),
        N_("The request did not come from a page of this portal. Open the page again."),
    ),
    404: (N_("There is no such page"), N_("Check the address, or start again from the sign-in page.")),
    405: (N_("That cannot be done here"), N_("Start again from the sign-in page.")),
    409: (
        N_("That cannot be done now"),
        N_("Something has changed in the meantime. Please start again."),
    ),
    413: (
        N_("That was too much"),
        N_("What was sent is longer than any form of ours. Go back and shorten it."),
    ),
    415: (N_("That cannot be read"), N_("Please use the form on the page.")),
    422: (N_("Something is not right"), N_("Go back and check what you entered.")),
    429: (N_("Too many tries"), N_("Wait a while and try again.")),
    500: (N_("Something went wrong"), N_("The fault is ours, and it was noted. Please try again in a while.")),
    503: (
        N_("We will be right back"),
        N_("A part of the portal does not answer just now. Nothing was changed."),
    ),
}


async def on_refused(request: Request, error: Exception) -> HTMLResponse:
    """The page for a refusal that the form itself could not show."""
    if isinstance(error, Gone):
        return await dead_link(request, error.code)
    if isinstance(error, TooMany):
        wait = {"Retry-After": str(error.retry_after)}
        return await error_page(request, 429, sentence=error, headers=wait, by_link=False)
    status = error.status if isinstance(error, DoorstepError) else FIRST_FAULT
    headers = {"Retry-After": TRY_AGAIN_SECONDS} if isinstance(error, Unavailable) else None
    # Most sentences are meant for staff; this one is ours.
    sentence = error if isinstance(error, Conflict) and error.code == OTHER_LINK else ""
    return await error_page(request, status, sentence=sentence, headers=headers)


async def on_http(request: Request, error: Exception) -> HTMLResponse:
    """The page for what the router itself refuses."""
    if not isinstance(error, StarletteHTTPException):
        raise error
    return await error_page(request, error.status_code, headers=dict(error.headers or {}))


async def dead_link(request: Request, code: str, face: Face | None = None, **values: object) -> HTMLResponse:
    """The page of a link that opens nothing any more, and why."""
    known = face or await known_face(request, by_link=False)
    context: dict[str, object] = {"newest": None, "is_approved": False, "invitation": "", "was_declined": False}
    return page_of(request, known, "dead_link.html", status=410, code=code, **(context | values))


async def error_page(
    request: Request,
    status: int,
    *,
    sentence: Refused | str = "",
    headers: dict[str, str] | None = None,
    by_link: bool = True,
) -> HTMLResponse:
    """The page for a status; with the sentence of a refusal where that says more."""
    face = None
    if status < FIRST_FAULT and status != 400:  # noqa: PLR2004 - a host that is not ours learns nothing
        face = await known_face(request, by_link=by_link)
    return _page(request, status, face, sentence=sentence, headers=headers)


def fault_page(request: Request, reference: str) -> HTMLResponse:
    """The page for a fault of ours; asks no database, since that may be the fault."""
    return _page(request, FIRST_FAULT, None, reference=reference)


async def deny_cross_origin(scope: Scope, receive: Receive, send: Send) -> None:
    """The answer to a form that another site sent (T12)."""
    response = await error_page(Request(scope), 403)
    await response(scope, receive, send)


async def known_face(request: Request, *, by_link: bool) -> Face | None:
    """The office that somebody in trouble belongs to: by session, by link, by host.

    Args:
        request: whose cookies are looked at.
        by_link: False where the link itself is the trouble; looking again would count a second guess.
    """
    site = site_of(request)
    session, link = (site.cookies.read(request, cookie) for cookie in (Cookie.SESSION, Cookie.LINK))
    try:
        home = await site.doorstep.home(session) if session else None
        if home is not None:
            codes = {membership.office for membership in home.memberships}
            return await site.fronts.of_codes(codes, asked_host(request))
        if link and by_link:
            return face_of((await site.doorstep.open_link(link, source=source_of(request))).invitation)
        return await site.fronts.of_host(asked_host(request))
    except DoorstepError:
        return site.fronts.remembered(asked_host(request))


def _page(
    request: Request,
    status: int,
    face: Face | None,
    *,
    sentence: Refused | str = "",
    reference: str = "",
    headers: dict[str, str] | None = None,
) -> HTMLResponse:
    title, text = TEXTS.get(status, TEXTS[500 if status >= FIRST_FAULT else 409])
    values = {"title": title, "sentence": sentence or text, "reference": reference, "status_code": status}
    if request.url.path.startswith(f"{HOME}/"):
        response = outside(request, "error.html", status=status, **values)
    else:
        known = face or site_of(request).fronts.remembered(asked_host(request))
        response = page_of(request, known, "error.html", status=status, **values)
    response.headers.update(headers or {})
    return response
