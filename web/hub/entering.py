"""What every way in to the Team Hub ends with: the sign-in page once more, or a session and the page wanted."""

from collections.abc import Mapping

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from doorstep.domain.errors import DoorstepError
from starter.hub_doors import Entry
from web.cookies import Cookie
from web.hub import rendering
from web.hub.places import code_for, inside, openid_for
from web.site import go_to, site_of


def sign_in_page(
    request: Request,
    *,
    status: int = 200,
    values: Mapping[str, str],
    faults: Mapping[str, DoorstepError] | None = None,
) -> HTMLResponse:
    """The sign-in page, with the way through the provider where there is one."""
    settings = site_of(request).doorstep.settings
    provider = settings.oidc_name if settings.oidc_issuer else ""
    openid = openid_for(values.get("next", ""))
    more = {"values": values, "faults": faults or {}, "provider": provider, "openid": openid}
    return rendering.outside(request, "sign_in.html", status=status, **more)


async def let_in(request: Request, entry: Entry, wanted: str) -> Response:
    """On to the page that was wanted, or to the one-time code; whoever was in with this browser is out (T24)."""
    site = site_of(request)
    earlier = site.cookies.read(request, Cookie.STAFF)
    if earlier:
        await site.doorstep.hub_sign_out(earlier)
    response = go_to(code_for(wanted) if entry.waits_for_code else inside(wanted))
    site.cookies.put(response, Cookie.STAFF, entry.session_id)
    return response
