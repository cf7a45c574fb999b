"""What stands before every page: headers of the browser's protections, whose host it is, how much may be sent."""

from collections.abc import Awaitable, Callable

from fastapi import HTTPException, Request, Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from doorstep.settings import Settings
from web.cookies import is_https
from web.fronts import Fronts, host_of

MOST_BYTES = 64 * 1024
MORE_BYTES = {"/delivery-events/": 1024 * 1024, "/v1/batches": 20 * 1024 * 1024, "/hub/offices/": 20 * 1024 * 1024}
"""Where more may be sent than in any form: events of a provider come by the thousand, and so do rows of a batch or of
an export of the ERP, which staff send in a form once the door has let them in."""
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Robots-Tag": "noindex, nofollow",
}
ONE_YEAR = "max-age=31536000"
UNGUARDED = ("/health/",)
"""A probe asks by the address of a machine, and the answer holds no link."""


class Headers:
    """Puts the headers on every answer, errors and files included (T13, T25)."""

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        """HSTS only where https is there to be kept."""
        self._app = app
        self._headers = HEADERS | ({"Strict-Transport-Security": ONE_YEAR} if is_https(settings) else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                # What shows a mail inside of a page says by itself who may frame it.
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers["Cache-Control"] = _caching(scope, message["status"])
            await send(message)

        await self._app(scope, receive, guarded if scope["type"] == "http" else send)


def _caching(scope: Scope, status: int) -> str:
    # A style sheet's address changes with its content; everything else is about one person.
    is_file = scope["path"].startswith("/static/") and status in (200, 304)
    return f"public, {ONE_YEAR}, immutable" if is_file else "no-store"


class Hosts:
    """Lets in what asks for a host of ours and nothing else (T17); `X-Forwarded-Host` is never looked at."""

    def __init__(self, app: ASGIApp, *, fronts: Fronts, refuse: Callable[[Request, int], Awaitable[Response]]) -> None:
        """`refuse` makes the page."""
        self._app = app
        self._fronts = fronts
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"].startswith(UNGUARDED):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        if len(request.headers.getlist("host")) == 1 and await self._fronts.is_ours(asked_host(request)):
            await self._app(scope, receive, send)
        else:
            await (await self._refuse(request, 400))(scope, receive, send)


def asked_host(request: Request) -> str:
    """The host that was asked for, without the port."""
    host = request.headers.get("host", "")
    return "" if "/" in host or "@" in host else host_of(f"//{host}")


class BodyLimit:
    """Ends the reading of a body that is too long, whether or not it said so at the beginning (T27)."""

    def __init__(self, app: ASGIApp) -> None:
        """Stands inside of whatever makes a page of an HTTPException."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = next((more for path, more in MORE_BYTES.items() if scope["path"].startswith(path)), MOST_BYTES)
        announced = Request(scope).headers.get("content-length", "")
        is_too_long = announced.isdecimal() and int(announced) > most
        seen = 0

        async def limited() -> Message:
            nonlocal seen
            message: Message = {} if is_too_long else await receive()
            seen += len(message.get("body", b""))
            if is_too_long or seen > most:
                raise HTTPException(413)
            return message

        await self._app(scope, limited, send)
