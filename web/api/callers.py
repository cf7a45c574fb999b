"""Who asks: the key of a system, what it may do, and the client API in its hands."""

from dataclasses import dataclass, replace
from typing import Annotated, cast

from fastapi import Depends, Request

from doorstep.domain.authority import Right
from doorstep.domain.errors import Forbidden, Refused
from doorstep.domain.keys import PREFIX, ApiKey, Scope
from doorstep.store.audit import Actor
from starter.client import Doorstep
from starter.keys import recognised
from starter.limits import pace_of_keys
from web.api.problems import BY_STATUS
from web.site import site_of, source_of

LONGEST_SECRET = 200


class Unauthorized(Refused):
    """No key, or none that opens anything: the same answer for an unknown, an expired and a revoked one."""

    status = 401


@dataclass(frozen=True)
class Caller:
    """A system that may come in; `repeat_key` is what the domain knows a repeated request by."""

    key: ApiKey
    doorstep: Doorstep
    repeat_key: str | None = None

    @property
    def office(self) -> str:
        """The one office that the key opens."""
        return self.key.office


async def come_in(request: Request, scope: Scope) -> Caller:
    """Let a system in that may do what `scope` allows.

    Raises:
        Unauthorized: the key opens nothing; Forbidden: `scope_missing`; TooMany: `too_many_tries`.
    """
    site = site_of(request)
    pace = pace_of_keys(site.doorstep.settings.api_requests_per_minute)
    secret = _secret_of(request)
    key = await recognised(site.doorstep.engine, secret, source=source_of(request), pace=pace) if secret else None
    if key is None:
        raise Unauthorized(*BY_STATUS[401])
    if not _is_enough(key, scope):
        raise Forbidden("scope_missing", f"This key may not do that. It takes the scope {scope}.")
    actor = Actor(f"key {key.name}", "api", key_id=key.id)
    return Caller(key, replace(site.doorstep, actor=actor))


def _secret_of(request: Request) -> str:
    """The key of the one Authorization header; a cookie counts for nothing here (T12)."""
    sent = request.headers.getlist("authorization")
    scheme, _, secret = sent[0].partition(" ") if len(sent) == 1 else ("", "", "")
    is_one = scheme.lower() == "bearer" and secret.startswith(PREFIX) and len(secret) <= LONGEST_SECRET
    return secret if is_one else ""


def _is_enough(key: ApiKey, scope: Scope) -> bool:
    # Whoever may change a thing sees it, so reading is part of most scopes.
    return scope in key.scopes or (scope is Scope.READ and Right.SEE in key.authority.rights)


def caller_of(request: Request) -> Caller:
    """Who sent a request that was let in."""
    return cast("Caller", request.state.caller)


Called = Annotated[Caller, Depends(caller_of)]
