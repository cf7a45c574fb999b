"""The pages behind a mailed invitation: look, set up or accept, say "not me", ask for a new link.

The token lives in a cookie from the first redirect on, and only a completed form consumes it (invariant 4).
"""

import re
from datetime import timedelta

from fastapi import Request, Response

from doorstep.domain.addresses import mask
from doorstep.domain.errors import Conflict, Gone, Invalid
from doorstep.domain.states import State
from starter.link_views import LinkView
from web import forms
from web.cookies import Cookie
from web.forms import LinkForm, SetUpForm
from web.fronts import face_of
from web.languages import N_
from web.refusals import OTHER_LINK, dead_link, error_page
from web.routes import get, post
from web.site import go_to, page_of, site_of, source_of

LINK_LASTS = timedelta(hours=1)
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
NO_TOKEN = "unreadable"  # noqa: S105 - what stands for a token that is none
CHANGED, FAULTY = 409, 422
OTHER_LINK_SAID = N_("Another invitation was opened here since. Open the link in your message once more.")
NOT_NOW = N_("This cannot be done just now. Please ask the office that invited you.")
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
    """The form, the question whether a user that is there already may come in, or why there is neither."""
    return await _now(request, await opened(request))


async def set_up(request: Request) -> Response:
    """Make the user."""
    site = site_of(request)
    view = await opened(request)
    typed = await forms.typed(request)
    _require_same(view, typed.get("invitation", ""))
    try:
        form = forms.checked(SetUpForm, typed)
        await site.doorstep.set_up(
            site.cookies.read(request, Cookie.LINK),
            username=form.username,
            password=form.password.get_secret_value(),
            name=form.name,
            source=source_of(request),
        )
    except Invalid as fault:
        return await _now(request, await opened(request), typed, fault)
    except Conflict as refusal:
        return await _changed(request, refusal)
    except Gone:
        return await _dead(request, await opened(request))
    site.metrics.set_ups.inc()
    return go_to("/set-up/done")


async def accept(request: Request) -> Response:
    """The consent of somebody who has a user already (decision 5)."""
    site = site_of(request)
    view = await opened(request)
    form = forms.checked(LinkForm, await forms.typed(request))
    _require_same(view, form.invitation)
    try:
        await site.doorstep.accept(site.cookies.read(request, Cookie.LINK), source=source_of(request))
    except Conflict as refusal:
        return await _changed(request, refusal)
    except Gone:
        return await _dead(request, await opened(request))
    return go_to("/set-up/done")


async def _changed(request: Request, refusal: Conflict) -> Response:
    """The page that is right by now, where somebody has got a user, or lost it, since theirs was opened."""
    if refusal.code in {"has_user", "needs_user"}:
        return await _now(request, await opened(request), has_changed=True)
    return await error_page(request, refusal.status, sentence=NOT_NOW)  # said in words for staff


async def _now(
    request: Request,
    view: LinkView,
    typed: dict[str, str] | None = None,
    fault: Invalid | None = None,
    *,
    has_changed: bool = False,
) -> Response:
    if view.refusal is not None:
        return await _dead(request, view)
    if view.needs_consent:
        return _page(request, view, "accept.html", has_changed=has_changed or fault is not None)
    prefilled = {"username": view.invitation.address, "name": view.invitation.name}
    kept = {"username": view.username} if view.username else {}
    values = prefilled | (typed or {}) | kept
    faults = {} if fault is None else forms.by_field(fault)
    return _page(request, view, "set_up.html", has_changed=has_changed, values=values, faults=faults)


def _page(request: Request, view: LinkView, template: str, *, has_changed: bool = False, **values: object) -> Response:
    status = CHANGED if has_changed else FAULTY if values.get("faults") else 200
    own = {"invitation": view.invitation, "username": view.username, "has_changed": has_changed}
    return page_of(request, face_of(view.invitation), template, status=status, **own, **values)


def _require_same(view: LinkView, invitation: str) -> None:
    """A browser carries one link: the form of an earlier one, left open in another tab, must not answer this one."""
    if invitation not in {"", str(view.invitation.id)}:
        raise Conflict(OTHER_LINK, OTHER_LINK_SAID)


async def done(request: Request) -> Response:
    """What happens next."""
    view = await opened(request)
    if view.invitation.state not in SET_UP:
        return go_to("/set-up")
    return page_of(request, face_of(view.invitation), "set_up_done.html", invitation=view.invitation)


async def ask_decline(request: Request) -> Response:
    """What "not me" would do, and the button for it."""
    view = await opened(request)
    if not _can_decline(view):
        return await _dead(request, view)
    return _page(request, view, "decline.html")


async def decline(request: Request) -> Response:
    """End the invitation."""
    site = site_of(request)
    view = await opened(request)
    form = forms.checked(LinkForm, await forms.typed(request))
    _require_same(view, form.invitation)
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
    return page_of(request, face_of(view.invitation), "declined.html")


async def renew(request: Request) -> Response:
    """Send a new link to the address of the invitation; only for an expired one, so that an old link, perhaps in the
    wrong hands, cannot keep killing the newest.
    """  # noqa: D205 - one sentence that is longer than a line
    site = site_of(request)
    view = await opened(request)
    form = forms.checked(LinkForm, await forms.typed(request))
    _require_same(view, form.invitation)
    if view.refusal is None:
        return go_to("/set-up")
    if view.refusal.code != "expired":
        return await _dead(request, view)
    try:
        await site.doorstep.request_new_link(site.cookies.read(request, Cookie.LINK), source=source_of(request))
    except Conflict:  # said in words for staff
        return await dead_link(request, "cannot_renew", face_of(view.invitation))
    return go_to("/set-up/sent")


async def sent(request: Request) -> Response:
    """Where the new link went; the address is masked, since an old link may be in other hands."""
    view = await opened(request)
    return page_of(request, face_of(view.invitation), "link_sent.html", address=mask(view.invitation.address))


async def _dead(request: Request, view: LinkView) -> Response:
    invitation = view.invitation
    code = "link_unknown" if view.refusal is None else view.refusal.code
    return await dead_link(
        request,
        code,
        face_of(invitation),
        newest=invitation.link_made_at,
        is_approved=invitation.state is State.APPROVED,
        was_declined=invitation.state is State.DECLINED,
        invitation=str(invitation.id),
    )


ROUTES = [
    get("/invitation/{token}", enter),
    get("/set-up", show),
    post("/set-up", set_up),
    post("/set-up/accept", accept),
    get("/set-up/done", done),
    get("/set-up/decline", ask_decline),
    post("/set-up/decline", decline),
    get("/set-up/declined", declined),
    post("/set-up/new-link", renew),
    get("/set-up/sent", sent),
]
