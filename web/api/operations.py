"""What every operation of the API has in common: who may do it, and which problems it may answer with."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from doorstep.domain.keys import Scope
from web.api import repeats
from web.api.callers import come_in
from web.api.problems import MEDIA_TYPE

SECURITY = "key"
NOT_MODIFIED = 304
NOT_KEPT = "x-answer-not-kept"
ALWAYS = (400, 401, 403, 422, 429, 500, 503)
ANSWERS = {
    400: "The request cannot be read.",
    401: "No API key, or one that opens nothing.",
    403: "The key, or whoever decides, may not do that.",
    404: "There is no such thing in the office of the key.",
    409: "The state does not allow it, or the same request is being answered just now.",
    412: "Somebody changed it after you read it.",
    413: "What was sent is too large.",
    415: "What was sent is of another kind than this address takes.",
    422: "Something in the request is not right.",
    429: "Too often; wait as long as Retry-After says.",
    500: "A fault of ours.",
    503: "A part of the portal does not answer just now; nothing was changed.",
}


def operation(scope: Scope, *refusals: int, is_kept: bool = True) -> dict[str, Any]:
    """What an operation declares, for the decorators of a router.

    Args:
        scope: what the key has to be good for.
        refusals: the statuses of problems beside those that every operation may answer with.
        is_kept: False where the answer is a secret, which is never kept for a repetition (invariant 3).
    """
    extra: dict[str, Any] = {"security": [{SECURITY: [str(scope)]}]}
    if not is_kept:
        extra[NOT_KEPT] = True
    return {"responses": {status: answer(status) for status in sorted({*ALWAYS, *refusals})}, "openapi_extra": extra}


def answer(status: int) -> dict[str, Any]:
    """How a problem stands in the document."""
    if status == NOT_MODIFIED:
        return {"description": "It is what you have still."}
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": ANSWERS[status], "content": {MEDIA_TYPE: {"schema": schema}}}


def scope_of(route: APIRoute) -> Scope:
    """What a key has to be good for to use a route."""
    return Scope((route.openapi_extra or {})["security"][0][SECURITY][0])


class Operation(APIRoute):
    """Lets in by key and scope before anything of the request is read, and answers a repeated request once."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers a request."""
        handle = super().get_route_handler()
        scope = scope_of(self)
        is_kept = NOT_KEPT not in (self.openapi_extra or {})

        async def guarded(request: Request) -> Response:
            request.state.caller = await come_in(request, scope)
            if is_kept and request.method in repeats.CHANGES:
                return await repeats.once(request, handle)
            return await handle(request)

        return guarded
