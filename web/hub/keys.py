"""API keys of the office: made, shown once, revoked."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from fastapi import Response

from doorstep.domain.errors import Invalid, Refused
from doorstep.domain.keys import ApiKey, Scope
from web.hub.forms import ButtonForm, HubForm, filled
from web.hub.visits import Visit, act, look

SCOPES: Mapping[Scope, str] = {
    Scope.READ: "Read invitations, contacts, users, statistics and the audit",
    Scope.INVITE: "Invite, resend, revoke, and read a live link",
    Scope.APPROVE: "Approve and reject in the name of a username administrator",
    Scope.CONTACTS: "Add and change contacts",
    Scope.IMPORT: "Import customers",
    Scope.USERS: "Add users, suspend and delete them",
    Scope.TEMPLATES: "Change templates",
    Scope.SETTINGS: "Change settings, staff, keys and webhooks",
    Scope.ERASE: "Erase people for good",
}
LASTS = (("90", "90 days"), ("30", "30 days"), ("365", "1 year"), ("", "until it is revoked"))


class KeyForm(HubForm):
    """What a new key is for."""

    name: str = ""
    scope: tuple[str, ...] = ()
    expires_in: str = ""


async def show(visit: Visit) -> Response:
    """The keys, and the form for another."""
    return await _page(visit, {"expires_in": LASTS[0][0]})


async def add(visit: Visit) -> Response:
    """Make a key; the answer is the only page that ever shows it."""
    try:
        form = filled(KeyForm, visit.sent)
        lasts = timedelta(days=int(form.expires_in)) if form.expires_in in dict(LASTS) and form.expires_in else None
        made = await visit.doorstep.key_add(visit.code, form.name, scopes=form.scope, expires_in=lasts)
    except Refused as refusal:
        typed = {} if visit.sent is None else {name: visit.sent.one(name) for name in ("name", "expires_in")}
        chosen = () if visit.sent is None else tuple(visit.sent.every("scope"))
        return await _page(visit, typed, chosen, refusal)
    return visit.page("keys_made.html", made=made)


async def revoke(visit: Visit) -> Response:
    """End a key at once."""
    filled(ButtonForm, visit.sent)
    await visit.doorstep.key_revoke(visit.code, str(visit.identifier("key")))
    return visit.go(f"/hub/offices/{visit.code}/settings/keys", done="key-revoked")


async def _page(
    visit: Visit, values: Mapping[str, str], chosen: tuple[str, ...] = (), refusal: Refused | None = None
) -> Response:
    found = await visit.doorstep.keys(visit.code)
    field = refusal.field if isinstance(refusal, Invalid) else ""
    now = datetime.now(UTC)  # noqa: TID251 - for eyes alone, nothing is decided by it
    return visit.page(
        "keys.html",
        status=200 if refusal is None else refusal.status,
        live=[each for each in found if _is_live(each, now)],
        ended=[each for each in found if not _is_live(each, now)],
        values=values,
        chosen=chosen,
        faults={} if refusal is None else {field: refusal},
        scopes=[(scope.value, words) for scope, words in SCOPES.items()],
        lasts=LASTS,
    )


def _is_live(key: ApiKey, now: datetime) -> bool:
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > now)


PATH = "/hub/offices/{office}/settings/keys"
ROUTES = [
    look(PATH, show),
    act(PATH, add),
    act(f"{PATH}/{{key}}/revoke", revoke),
]
