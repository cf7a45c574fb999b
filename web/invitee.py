"""The pages behind a mailed invitation: look, set up, say "not me", ask for a new link.

The token lives in a cookie from the first redirect on, and only a completed form consumes it (invariant 4).
"""

import re
from datetime import timedelta

from fastapi import Request, Response

from doorstep.domain.addresses import mask
from doorstep.domain.errors import Conflict, Gone, Invalid
from doorstep.domain.states import State
from starter.onboarding import LinkView
from web import forms
from web.cookies import Cookie
from web.forms import LinkForm, SetUpForm
from web.refusals import OTHER_LINK, dead_link
from web.routes import get, post
from web.site import go_to, moment, page_of, site_of, source_of

LINK_LASTS = timedelta(hours=1)
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
NO_TOKEN = "unreadable"  # noqa: S105 - what stands for a token that is none
SET_UP = frozenset({State.AWAITING_APPROVAL, State.APPROVED, State.ACTIVE})


def carried(token: str) -> str:
    """The token as the cookie carries it; what cannot be one must not leave an earlier one in its place."""
    return token if TOKEN.fullmatch(token) else NO_TOKEN


async def enter(request: Request) -> Response:
    """Take the token out of the address bar; changes nothing, since scanners of mail come here too (T01, T05)."""
    response = go_to("/set-up")
    site_of(request).cookies.put(response, Cookie.LINK, carried(request.path_params["token"]), lasts=LINK_LASTS)
    return response


async def opened(request: Request) -> LinkView:
    """What the link in the cookie opens.

    Raises:
        Gone: `link_missing`, `link_unknown`; TooMany: somebody is guessing.
    """
    token = site_of(request).cookies.read(request, Cookie.LINK)
    if not token:
        raise Gone("link_missing", "Open the link in the message once more.")
    return await site_of(request).doorstep.open_link(token, source=source_of(request))


async def show(request: Request) -> Response:
    """The form, or why there is none."""
    view = await opened(request)
    return await _dead(request, view) if view.refusal is not None else _form(request, view)


async def set_up(request: Request) -> Response:
    """Make the user."""
    site = site_of(request)
    view = await opened(request)
    typed = await forms.typed(request)
    try:
        form = forms.checked(SetUpForm, typed)
        _require_same(view, form)
        await site.doorstep.set_up(
            site.cookies.read(request, Cookie.LINK),
            username=form.username,
            password=form.password.get_secret_value(),
            name=form.name,
            source=source_of(request),
        )
    except Invalid as fault:
        return await _dead(request, view) if view.refusal is not None else _form(request, view, typed, fault)
    except Gone:
        return await _dead(request, await opened(request))
    site.metrics.set_ups.inc()
    return go_to("/set-up/done")


def _form(
    request: Request, view: LinkView, typed: dict[str, str] | None = None, fault: Invalid | None = None
) -> Response:
    invitation = view.invitation
    prefilled = {"username": invitation.address, "name": invitation.name}
    return page_of(
        request,
        invitation.office,
        "set_up.html",
        status=200 if fault is None else fault.status,
        invitation=invitation,
        until=moment(invitation.expires_at, invitation.office),
        values=prefilled | (typed or {}),
        faults={} if fault is None else forms.by_field(fault),
    )


def _require_same(view: LinkView, form: SetUpForm | LinkForm) -> None:
    """A browser carries one link: the form of an earlier one, left open in another tab, must not answer this one."""
    if form.invitation not in {"", str(view.invitation.id)}:
        raise Conflict(OTHER_LINK, "Another invitation was opened here since. Open the link in your message once more.")


async def done(request: Request) -> Response:
    """What happens next."""
    view = await opened(request)
    if view.invitation.state not in SET_UP:
        return go_to("/set-up")
    return page_of(request, view.invitation.office, "set_up_done.html", invitation=view.invitation)


async def ask_decline(request: Request) -> Response:
    """What "not me" would do, and the button for it."""
    view = await opened(request)
    if not _can_decline(view):
        return await _dead(request, view)
    return page_of(request, view.invitation.office, "decline.html", invitation=view.invitation)


async def decline(request: Request) -> Response:
    """End the invitation."""
    site = site_of(request)
    view = await opened(request)
    form = forms.checked(LinkForm, await forms.typed(request))
    _require_same(view, form)
    try:
        await site.doorstep.decline(site.cookies.read(request, Cookie.LINK), source=source_of(request))
    except Gone:
        return await _dead(request, await opened(request))
    return go_to("/set-up/declined")


def _can_decline(view: LinkView) -> bool:
    return view.refusal is None or view.refusal.code == "expired"


async def declined(request: Request) -> Response:
    """That it is over."""
    view = await opened(request)
    if view.invitation.state is not State.DECLINED:
        return go_to("/set-up")
    return page_of(request, view.invitation.office, "declined.html")


async def renew(request: Request) -> Response:
    """Send a new link to the address of the invitation; only for an expired one, so that an old link, perhaps in the
    wrong hands, cannot keep killing the newest.
    """  # noqa: D205 - one sentence that is longer than a line
    site = site_of(request)
    view = await opened(request)
    form = forms.checked(LinkForm, await forms.typed(request))
    _require_same(view, form)
    if view.refusal is None:
        return go_to("/set-up")
    if view.refusal.code != "expired":
        return await _dead(request, view)
    try:
        await site.doorstep.request_new_link(site.cookies.read(request, Cookie.LINK), source=source_of(request))
    except Conflict:  # said in words for staff
        return await dead_link(request, "cannot_renew", view.invitation.office)
    return go_to("/set-up/sent")


async def sent(request: Request) -> Response:
    """Where the new link went; the address is masked, since an old link may be in other hands."""
    view = await opened(request)
    return page_of(request, view.invitation.office, "link_sent.html", address=mask(view.invitation.address))


async def _dead(request: Request, view: LinkView) -> Response:
    invitation = view.invitation
    code = "link_unknown" if view.refusal is None else view.refusal.code
    return await dead_link(
        request,
        code,
        invitation.office,
        newest=moment(invitation.link_made_at, invitation.office),
        is_approved=invitation.state is State.APPROVED,
        was_declined=invitation.state is State.DECLINED,
        invitation=str(invitation.id),
    )


ROUTES = [
    get("/invitation/{token}", enter),
    get("/set-up", show),
    post("/set-up", set_up),
    get("/set-up/done", done),
    get("/set-up/decline", ask_decline),
    post("/set-up/decline", decline),
    get("/set-up/declined", declined),
    post("/set-up/new-link", renew),
    get("/set-up/sent", sent),
]
