"""How a page of the Team Hub is made: in English, by the clock of its office."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import Request
from fastapi.responses import HTMLResponse

from doorstep.domain.authority import Right, Way
from doorstep.domain.errors import DoorstepError, TooMany, Unavailable
from doorstep.mail.moments import text_locale
from web.hub.navigation import entries, place_of
from web.hub.notices import notice
from web.site import site_of

if TYPE_CHECKING:
    from web.hub.visits import Visit

ENGLISH = frozenset({"en"})
WITHOUT_OFFICE = "Team Hub"


@dataclass(frozen=True)
class Clock:
    """By which clock a page tells the time, and the country whose letters a zone is known by."""

    time_zone: str = "UTC"
    locale: str = "en_GB"


def page(visit: "Visit", template: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """A page for somebody who is signed in."""
    office = visit.office
    context: dict[str, object] = {
        "visit": visit,
        "me": visit.me,
        "office": office,
        "entries": entries(visit),
        "here": "" if office is None else place_of(visit.request.url.path, office.code),
        "form_token": visit.form_token,
        "notice": notice(visit.asked("done")),
        "portal": WITHOUT_OFFICE if office is None else office.name,
        "Right": Right,
        "Way": Way,
    }
    clock = Clock() if office is None else Clock(office.time_zone, office.locale)
    return _rendered(visit.request, template, status, clock, context | values)


def outside(request: Request, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """A page for somebody who is not signed in."""
    context: dict[str, object] = {"notice": notice(request.query_params.get("done", "")), "portal": WITHOUT_OFFICE}
    return _rendered(request, template, status, Clock(), context | values)


def refusal(visit: "Visit", error: DoorstepError) -> HTMLResponse:
    """The page for a refusal that no form could show: what, why, and the ways on."""
    status = getattr(error, "status", 500)
    response = page(visit, "refused.html", status=status, refusal=error)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    elif isinstance(error, Unavailable):
        response.headers["Retry-After"] = "5"
    return response


def signed_out(request: Request) -> HTMLResponse:
    """For a form that was sent after the session had ended."""
    return outside(request, "session_ended.html", status=403)


def _rendered(request: Request, template: str, status: int, clock: Clock, context: dict[str, object]) -> HTMLResponse:
    base = {"face": clock, "locale": text_locale(clock.locale, ENGLISH), "language": "en"}
    environment = site_of(request).templates["en"]
    return HTMLResponse(environment.get_template(f"hub/{template}").render(base | context), status_code=status)
