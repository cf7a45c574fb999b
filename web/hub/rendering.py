"""How a page of the Team Hub is made: in English, by the clock of its office."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from babel import Locale
from fastapi import Request
from fastapi.responses import HTMLResponse

from doorstep.domain.authority import Right, Way
from doorstep.domain.errors import DoorstepError, TooMany, Unavailable
from web.hub.navigation import entries
from web.hub.notices import notice
from web.site import site_of

if TYPE_CHECKING:
    from web.hub.visits import Visit

LOCALE = Locale.parse("en_GB")
WITHOUT_OFFICE = "Team Hub"


@dataclass(frozen=True)
class Clock:
    """By which clock a page tells the time."""

    time_zone: str


def page(visit: "Visit", template: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """A page for somebody who is signed in."""
    office = visit.office
    context: dict[str, object] = {
        "visit": visit,
        "me": visit.me,
        "office": office,
        "entries": entries(visit),
        "here": visit.request.url.path,
        "form_token": visit.form_token,
        "notice": notice(visit.asked("done")),
        "portal": WITHOUT_OFFICE if office is None else office.name,
        "Right": Right,
        "Way": Way,
    }
    return _rendered(visit.request, template, status, office.time_zone if office else "UTC", context | values)


def outside(request: Request, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """A page for somebody who is not signed in."""
    context: dict[str, object] = {"notice": notice(request.query_params.get("done", "")), "portal": WITHOUT_OFFICE}
    return _rendered(request, template, status, "UTC", context | values)


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


def _rendered(request: Request, template: str, status: int, time_zone: str, context: dict[str, object]) -> HTMLResponse:
    base = {"face": Clock(time_zone), "locale": LOCALE, "language": "en"}
    environment = site_of(request).templates["en"]
    return HTMLResponse(environment.get_template(f"hub/{template}").render(base | context), status_code=status)
