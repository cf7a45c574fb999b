"""A visit: somebody who signed in, the office whose page they opened, and the client API in their hands.

Every page and every button of the Team Hub is made by `look` and `act`, and so stands behind the same door: a live
session, an office that the person works for, and for whatever changes something the token of a form of ours (T12, T20).
"""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute

from doorstep.domain.authority import Authority, Right, Way
from doorstep.domain.errors import DoorstepError, Forbidden, NotFound
from doorstep.store.staff_logins import StaffLogin, Workplace
from starter.client import Doorstep
from starter.hub_doors import Insider
from web.cookies import Cookie
from web.hub import rendering
from web.hub.forms import Sent, sent_by
from web.hub.places import inside, sign_in_for
from web.site import Site, go_to, site_of

TOKEN_FIELD = "form_token"  # noqa: S105 - the name of a field
NO_OFFICE = "no_such_office"


@dataclass(frozen=True)
class Visit:
    """What a page of the Hub stands on; `office` is the one of the address, None on pages about the person alone."""

    request: Request
    site: Site
    insider: Insider
    doorstep: Doorstep
    form_token: str
    office: Workplace | None = None
    sent: Sent | None = None

    @property
    def me(self) -> StaffLogin:
        """Who is signed in."""
        return self.insider.login

    @property
    def code(self) -> str:
        """The code of the office whose page it is.

        Raises:
            NotFound: on a page of no office.
        """
        if self.office is None:
            raise NotFound(NO_OFFICE, "There is no such office.")
        return self.office.code

    @property
    def authority(self) -> Authority:
        """What the person may do in the office."""
        return Authority({}) if self.office is None else self.office.authority

    def may(self, right: Right) -> bool:
        """Whether a button for `right` is worth showing; the client API decides (S4.4)."""
        return right in self.authority.rights

    def may_come_by(self, way: Way) -> bool:
        """Whether the Companies or the Customers page is theirs (S1.2, S1.4)."""
        return way in self.authority.ways

    def identifier(self, name: str) -> UUID:
        """The id in the address.

        Raises:
            NotFound: for anything that is none, as for one that there is not.
        """
        try:
            return UUID(self.request.path_params[name])
        except ValueError:
            raise NotFound("no_such_page", "There is nothing under this address.") from None

    def asked(self, name: str, default: str = "") -> str:
        """What the address asks for, without blanks around it."""
        return self.request.query_params.get(name, default).strip()

    def within(self, office: str) -> "Visit":
        """The same visit in `office`: of a page about a thing whose office its address does not name.

        Raises:
            NotFound: the person does not work there (T20).
        """
        return _in_office(self, office)

    def page(self, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
        """A page of the Hub; `template` below `web/templates/hub`."""
        return rendering.page(self, template, status=status, **values)

    def go(self, path: str, *, done: str = "") -> Response:
        """On to another page of the Hub, which says what was done: `done` is a name in `web.hub.notices`."""
        joint = "&" if "?" in path else "?"
        return go_to(f"{path}{joint}done={done}" if done else path)


Endpoint = Callable[[Visit], Awaitable[Response]]


def look(path: str, endpoint: Endpoint) -> APIRoute:
    """A page to look at; changes nothing (invariant 4)."""
    return APIRoute(path, _behind_the_door(endpoint), methods=["GET", "HEAD"], include_in_schema=False)


def act(path: str, endpoint: Endpoint) -> APIRoute:
    """What a form of the Hub is sent to."""
    return APIRoute(path, _behind_the_door(endpoint), methods=["POST"], include_in_schema=False)


def _behind_the_door(endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    async def enter(request: Request) -> Response:
        site = site_of(request)
        session = site.cookies.read(request, Cookie.STAFF)
        insider = await site.doorstep.hub_insider(session) if session else None
        if insider is None:
            return await _outside(request)
        doorstep = site.doorstep.acting_as(insider)
        visit = Visit(request, site, insider, doorstep, token_of(session))
        try:
            return await endpoint(await _received(visit))
        except DoorstepError as refusal:
            return rendering.refusal(visit, refusal)

    return enter


async def _outside(request: Request) -> Response:
    """To the sign-in page, and back here; whoever sent a form is told how to lose nothing of it."""
    if request.method in {"GET", "HEAD"}:
        return go_to(sign_in_for(inside(f"{request.url.path}?{request.url.query}".rstrip("?"))))
    return rendering.signed_out(request)


async def _received(visit: Visit) -> Visit:
    """The visit with its office, and with what was sent.

    Raises:
        NotFound: the person does not work in that office (T20); Forbidden: `form_token` (T12).
    """
    code = visit.request.path_params.get("office")
    found = visit if code is None else _in_office(visit, code)
    if visit.request.method != "POST":
        return found
    sent = await sent_by(visit.request)
    if not hmac.compare_digest(sent.fields.pop(TOKEN_FIELD, [""])[0].encode(), visit.form_token.encode()):
        raise Forbidden("form_token", "This form is not from your session. Open the page again and send it once more.")
    return replace(found, sent=sent)


def _in_office(visit: Visit, code: str) -> Visit:
    for office in visit.insider.workplaces:
        if office.code == code:
            return replace(visit, office=office)
    raise NotFound(NO_OFFICE, "There is no such office.")


def token_of(session: str) -> str:
    """The token that the forms of a session carry: nobody knows it who does not know the cookie (T12)."""
    return hmac.digest(session.encode(), b"form", "sha256").hex()
