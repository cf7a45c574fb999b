"""What the pages stand on, and how one is made: template, office, status."""

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import cast
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from doorstep.domain.permissions import labels
from doorstep.mail.moments import absolute, office_zone, text_locale
from starter.client import Doorstep
from web.cookies import Cookies
from web.fronts import Face, Fronts
from web.guards import asked_host
from web.observing import Metrics

HERE = Path(__file__).parent
STATIC = HERE / "static"
SEE_OTHER = 303
LONGEST_NAME = 80
ENGLISH = frozenset({"en"})  # what the pages are written in: their dates and their `lang` follow


@dataclass(frozen=True)
class Site:
    """Everything that a page may ask for."""

    doorstep: Doorstep
    fronts: Fronts
    cookies: Cookies
    metrics: Metrics
    templates: Environment


def site_of(request: Request) -> Site:
    """The site that a request came to."""
    return cast("Site", request.app.state.site)


def environment() -> Environment:
    """The templates; every value is escaped, a missing one is a fault."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
    )
    # The address of a file changes with its content, so that browsers may keep it for good.
    versions = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:12] for path in STATIC.iterdir()}
    made.globals["static"] = lambda name: f"/static/{name}?v={versions[name]}"
    made.filters.update(mailto=_mailto, tel=_tel, labels=labels)
    return made


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
    """A page that speaks for `face`."""
    context = {
        "face": face,
        "portal": "Customer portal" if face is None else _shortened(face.name),
        "language": "en" if face is None else str(text_locale(face.locale, ENGLISH)).replace("_", "-"),
    }
    html = site_of(request).templates.get_template(template).render(context | values)
    return HTMLResponse(html, status_code=status)


def go_to(path: str) -> RedirectResponse:
    """On to another page of ours: always a path that stands in our code, never one that was sent (T18)."""
    return RedirectResponse(path, SEE_OTHER)


def moment(instant: datetime | None, face: Face) -> str:
    """An instant by the clock of the office, with the zone; empty where there is none."""
    return "" if instant is None else absolute(instant, text_locale(face.locale, ENGLISH), office_zone(face.time_zone))


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


def _mailto(address: str) -> str:
    return f"mailto:{quote(address, safe='@+')}"


def _tel(number: str) -> str:
    return "tel:" + "".join(character for character in number if character in "+0123456789")
