"""The second step of signing in, for whoever turned on a one-time code: a right password opens nothing before it."""

from collections.abc import Mapping
from typing import ClassVar

from fastapi import Request, Response

from doorstep.domain.errors import Forbidden, Invalid
from web import forms as portal_forms
from web.cookies import Cookie
from web.forms import Form
from web.hub import rendering
from web.hub.entering import let_in, sign_in_page
from web.hub.places import CODE, inside, sign_in_for
from web.routes import get, post
from web.site import go_to, site_of


class StaffCodeForm(Form):
    """The code of the app, and where to go on."""

    empty: ClassVar[Mapping[str, str]] = {"code": "Enter the code that the app shows."}

    code: str = ""
    next: str = ""


async def show(request: Request) -> Response:
    """The form; whoever has not typed a password begins with that."""
    site = site_of(request)
    wanted = request.query_params.get("next", "")
    if await site.doorstep.hub_waiting(site.cookies.read(request, Cookie.STAFF)) is None:
        return go_to(sign_in_for(wanted))
    return rendering.outside(request, "code.html", wanted=inside(wanted), faults={})


async def enter(request: Request) -> Response:
    """Begin the session that opens the Hub."""
    site = site_of(request)
    typed = await portal_forms.typed(request)
    wanted = inside(typed.get("next", ""))
    session = site.cookies.read(request, Cookie.STAFF)
    try:
        form = portal_forms.checked(StaffCodeForm, typed)
        agent = request.headers.get("user-agent", "")
        entry = await site.doorstep.hub_sign_in_code(session, form.code, agent=agent)
    except Invalid as fault:
        site.metrics.sign_ins_refused.labels(fault.code).inc()
        faults = portal_forms.by_field(fault)
        return rendering.outside(request, "code.html", status=fault.status, wanted=wanted, faults=faults)
    except Forbidden as refusal:
        return sign_in_page(request, status=refusal.status, values={"next": wanted}, faults={"": refusal})
    return await let_in(request, entry, wanted)


ROUTES = [
    get(CODE, show),
    post(CODE, enter),
]
