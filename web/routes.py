"""How a page is tied to its address; a page that can be looked at can also be asked for by HEAD."""

from collections.abc import Awaitable, Callable

from fastapi import Request, Response
from fastapi.routing import APIRoute

Endpoint = Callable[[Request], Awaitable[Response]]


def get(path: str, endpoint: Endpoint) -> APIRoute:
    """A page to look at."""
    return APIRoute(path, endpoint, methods=["GET", "HEAD"], include_in_schema=False)


def post(path: str, endpoint: Endpoint) -> APIRoute:
    """What a form is sent to."""
    return APIRoute(path, endpoint, methods=["POST"], include_in_schema=False)
