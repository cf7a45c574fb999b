"""Where the API begins: everything under `/v1` is answered by it, and refused as it refuses."""

from collections.abc import Awaitable, Callable

from fastapi import Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from web.api.problems import problem

ROOT = "/v1"


def is_api(scope: Scope) -> bool:
    """True for what belongs to the API."""
    path: str = scope["path"]
    return path == ROOT or path.startswith(f"{ROOT}/")


class Api:
    """Hands the API its requests, inside of the guards that stand before every page."""

    def __init__(self, app: ASGIApp, *, api: ASGIApp) -> None:
        """`app` has the rest."""
        self._app = app
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        is_ours = scope["type"] == "http" and is_api(scope)
        await (self._api if is_ours else self._app)(scope, receive, send)


def refused(page: Callable[[Request, int], Awaitable[Response]]) -> Callable[[Request, int], Awaitable[Response]]:
    """What a guard answers: a page, or a problem."""

    async def either(request: Request, status: int) -> Response:
        return problem(status) if is_api(request.scope) else await page(request, status)

    return either


def broken(page: Callable[[Request, str], ASGIApp]) -> Callable[[Request, str], ASGIApp]:
    """What a fault is answered with: a page, or a problem."""

    def either(request: Request, reference: str) -> ASGIApp:
        return problem(500, reference=reference) if is_api(request.scope) else page(request, reference)

    return either


def denied(page: ASGIApp) -> ASGIApp:
    """What a form of another site is answered with: a page, or a problem (T12)."""

    async def either(scope: Scope, receive: Receive, send: Send) -> None:
        await (problem(403) if is_api(scope) else page)(scope, receive, send)

    return either
