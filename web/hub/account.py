"""The person's own page: how they sign in, and where they are signed in."""

from fastapi import Response

from doorstep.domain.errors import Conflict, Invalid, NotFound
from web.hub import qr
from web.hub.browsers import in_words
from web.hub.forms import ButtonForm, HubForm, faults_of, filled
from web.hub.visits import Visit, act, look

ACCOUNT = "/hub/account"
CODE = "/hub/account/code"


class CodeForm(HubForm):
    """A one-time code."""

    code: str = ""


async def show(visit: Visit) -> Response:
    """Code, provider, sessions and password."""
    return await _page(visit)


async def end_session(visit: Visit) -> Response:
    """End one of the sessions."""
    filled(ButtonForm, visit.sent)
    await visit.doorstep.hub_end_session(visit.insider, visit.identifier("session"))
    return visit.go(ACCOUNT, done="session-ended")


async def end_others(visit: Visit) -> Response:
    """End every session besides this one."""
    filled(ButtonForm, visit.sent)
    await visit.doorstep.hub_end_other_sessions(visit.insider)
    return visit.go(ACCOUNT, done="sessions-ended")


async def begin_code(visit: Visit) -> Response:
    """Make the secret that the app is set up with; one that was begun before is good for nothing from now on."""
    filled(ButtonForm, visit.sent)
    await visit.doorstep.hub_code_begin(visit.insider)
    return visit.go(CODE)


async def show_code(visit: Visit) -> Response:
    """The secret, until a code of it came back."""
    return await _code_page(visit, None)


async def turn_code_on(visit: Visit) -> Response:
    """Ask for a code from now on, since the app shows the right ones."""
    try:
        await visit.doorstep.hub_code_on(visit.insider, filled(CodeForm, visit.sent).code)
    except Invalid as refusal:
        return await _code_page(visit, refusal)
    return visit.go(ACCOUNT, done="code-on")


async def turn_code_off(visit: Visit) -> Response:
    """Ask for none any more, for whoever still has the app."""
    try:
        await visit.doorstep.hub_code_off(visit.insider, filled(CodeForm, visit.sent).code)
    except Invalid as refusal:
        return await _page(visit, refusal)
    return visit.go(ACCOUNT, done="code-off")


async def untie(visit: Visit) -> Response:
    """Forget who the person is at the provider."""
    filled(ButtonForm, visit.sent)
    await visit.doorstep.hub_openid_untie(visit.insider)
    return visit.go(ACCOUNT, done="untied")


async def _page(visit: Visit, refusal: Invalid | None = None) -> Response:
    sessions = await visit.doorstep.hub_sessions(visit.insider)
    rows = [(each, in_words(each.agent), each.id == visit.insider.session_id) for each in sessions]
    faults = faults_of(refusal) if refusal else {}
    provider = visit.doorstep.settings.oidc_name
    return visit.page(
        "account.html", status=refusal.status if refusal else 200, rows=rows, faults=faults, provider=provider
    )


async def _code_page(visit: Visit, refusal: Invalid | None) -> Response:
    try:
        setup = await visit.doorstep.hub_code_setup(visit.insider)
    except (Conflict, NotFound):  # it is on by now, or nobody began
        return visit.go(ACCOUNT)
    groups = [setup.secret[start : start + 4] for start in range(0, len(setup.secret), 4)]
    faults = faults_of(refusal) if refusal else {}
    status = refusal.status if refusal else 200
    return visit.page("account_code.html", status=status, drawing=qr.svg(setup.address), groups=groups, faults=faults)


ROUTES = [
    look(ACCOUNT, show),
    act(ACCOUNT + "/sessions/end-others", end_others),
    act(ACCOUNT + "/sessions/{session}/end", end_session),
    act(CODE + "/begin", begin_code),
    look(CODE, show_code),
    act(CODE, turn_code_on),
    act(CODE + "/off", turn_code_off),
    act(ACCOUNT + "/openid/untie", untie),
]
