"""What the pages stand on, and how one is made: template, office, status."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment

from doorstep.mail.moments import text_locale
from doorstep.text.gateway import Gateway
from starter.client import Doorstep
from web.cookies import Cookies
from web.fronts import Face, Fronts
from web.guards import asked_host
from web.languages import accepted_locale, translations
from web.observing import Metrics

SEE_OTHER = 303
LONGEST_NAME = 80


@dataclass(frozen=True)
class Site:
    """Everything that a page may ask for."""

    doorstep: Doorstep
    fronts: Fronts
    cookies: Cookies
    metrics: Metrics
    templates: Mapping[str, Environment]
    gateway: Gateway | None


def site_of(request: Request) -> Site:
    """The site that a request came to."""
    return cast("Site", request.app.state.site)


async def page(request: Request, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """A page that speaks for the office of the host that was asked for."""
    face = await site_of(request).fronts.of_host(asked_host(request))
    return page_of(request, face, template, status=status, **values)


def page_of(
    request: Request,
    face: Face | None,
    template: str,
    *,
    status: int = 200,
    **values: object,
) -> HTMLResponse:
    """A page that speaks for `face`, in its language; without one in the language that the browser asks for."""
    locale = accepted_locale(request.headers.get("accept-language", "")) if face is None else text_locale(face.locale)
    portal = translations(locale.language).gettext("Customer portal") if face is None else _shortened(face.name)
    context = {"face": face, "portal": portal, "locale": locale, "language": str(locale).replace("_", "-")}
    html = site_of(request).templates[locale.language].get_template(template).render(context | values)
    return HTMLResponse(html, status_code=status)


def go_to(path: str) -> RedirectResponse:
    """On to another page of ours: always a path that stands in our code, never one that was sent (T18)."""
    return RedirectResponse(path, SEE_OTHER)


def source_of(request: Request) -> str:
    """Whom a limit counts: the address, or the /64 of an IPv6 address, since one line has all of it."""
    address = "" if request.client is None else request.client.host
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def _shortened(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"
