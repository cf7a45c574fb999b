"""The outer edge of every request: one log line, the figures, and the page for what nobody expected (T02)."""

import secrets
import time
import traceback
from collections.abc import Callable

import structlog
from fastapi import Request
from prometheus_client import CollectorRegistry, Counter, Histogram, PlatformCollector, ProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger()
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
ROUTINE = ("/health/", "/metrics", "/static")


class Metrics:
    """The figures of one process."""

    def __init__(self) -> None:
        """A registry of its own, so that two applications in one process do not share their counts."""
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.requests = Counter(
            "doorstep_web_requests", "Requests answered", ["route", "method", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "doorstep_web_request_seconds", "Time to answer", ["route", "method"], registry=self.registry
        )
        self.sign_ins_refused = Counter(
            "doorstep_web_sign_ins_refused", "Sign-ins refused", ["code"], registry=self.registry
        )
        self.set_ups = Counter("doorstep_web_set_ups", "Users set up", registry=self.registry)


class Observed:
    """Notes the pattern of the route and never the address that was asked for: it may hold a token."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, broken: Callable[[Request, str], ASGIApp]) -> None:
        """`broken` makes the page for a fault, from the request and a reference to quote."""
        self._app = app
        self._metrics = metrics
        self._broken = broken

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status: list[int] = []
        began = time.perf_counter()

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                status.append(message["status"])
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=secrets.token_hex(4)):
            try:
                await self._app(scope, receive, noted)
            except Exception as error:  # noqa: BLE001 - the edge of a request: whatever it is, a person gets a page
                await self._fail(error, scope, receive, noted, has_begun=bool(status))
            self._note(scope, status[0] if status else 0, time.perf_counter() - began)

    async def _fail(self, error: Exception, scope: Scope, receive: Receive, send: Send, *, has_begun: bool) -> None:
        # The places alone: the words of an error, and a traceback as logs print it, may quote what somebody typed.
        places = [
            f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
        ]
        log.error("request_failed", route=route_of(scope), error=type(error).__name__, places=places)
        if not has_begun:
            reference = str(structlog.contextvars.get_contextvars().get("request_id", ""))
            await self._broken(Request(scope), reference)(scope, receive, send)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = route_of(scope)
        method = scope["method"] if scope["method"] in METHODS else "other"
        self._metrics.requests.labels(route, method, str(status)).inc()
        self._metrics.seconds.labels(route, method).observe(seconds)
        write = log.debug if route.startswith(ROUTINE) else log.info
        write("request", route=route, method=method, status=status, milliseconds=round(seconds * 1000))


def route_of(scope: Scope) -> str:
    """The pattern that matched, such as `/invitation/{token}`; `none` where nothing did."""
    route = scope.get("route")
    if route is None:
        return "/static" if scope["path"].startswith("/static/") else "none"
    return str(route.path)
