"""The application: pages, guards around them, and one look for whatever goes wrong."""

from asgi_cross_origin_protection import CrossOriginProtection
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from doorstep.domain.errors import DoorstepError
from doorstep.text.gateway import gateway_from
from starter.client import Doorstep
from web import account, delivery_events, forgotten, health, invitee, text_status
from web.api import edge
from web.api.app import create_api
from web.cookies import Cookies
from web.fronts import Fronts
from web.guards import BodyLimit, Headers, Hosts
from web.hub import app as hub
from web.observing import Metrics, Observed
from web.refusals import deny_cross_origin, error_page, fault_page, on_http, on_refused
from web.rendering import STATIC, environments
from web.site import Site

ROUTES = [
    *account.ROUTES,
    *invitee.ROUTES,
    *forgotten.ROUTES,
    *text_status.ROUTES,
    *delivery_events.ROUTES,
    *health.ROUTES,
    *hub.ROUTES,
]


def create_app(doorstep: Doorstep) -> FastAPI:
    """The application over a client API; it opens and closes nothing itself.

    Raises:
        SettingsError: the settings name a text gateway that is none.
    """
    settings = doorstep.settings
    site = Site(
        doorstep=doorstep,
        fronts=Fronts(doorstep.fronts, settings.public_url),
        cookies=Cookies.of(settings),
        metrics=Metrics(),
        templates=environments(),
        gateway=gateway_from(settings),
    )
    app = FastAPI(
        title="Doorstep",
        openapi_url=None,
        routes=[*ROUTES, Mount("/static", StaticFiles(directory=STATIC), name="static")],
        # A redirect to the same path with or without a slash is made from the Host header (T17).
        redirect_slashes=False,
        exception_handlers={DoorstepError: on_refused, HTTPException: on_http},
        middleware=[  # the first one is the outermost
            Middleware(Headers, settings=settings),
            Middleware(Observed, metrics=site.metrics, broken=edge.broken(fault_page)),
            Middleware(Hosts, fronts=site.fronts, refuse=edge.refused(error_page)),
            Middleware(BodyLimit),
            Middleware(CrossOriginProtection, deny_app=edge.denied(deny_cross_origin)),
            Middleware(edge.Api, api=create_api(site)),
        ],
    )
    app.state.site = site
    return app
