"""The application of the API: routers, handlers of whatever goes wrong, the document and the pages about it."""

import functools

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from doorstep.domain.errors import DoorstepError
from web.api import (
    accounts,
    audit,
    batches,
    contacts,
    deliveries,
    document,
    erp,
    invitations,
    jobs,
    offices,
    pages,
    statistics,
    templates,
    users,
    webhooks,
)
from web.api.problems import on_fault, on_http, on_invalid, on_refused
from web.routes import get
from web.site import Site

ROUTERS = (
    *(invitations.router, deliveries.router, accounts.router, contacts.router, jobs.router, users.router),
    *(batches.router, templates.router, offices.router, webhooks.router, erp.router, statistics.router),
    audit.router,
)


def create_api(site: Site) -> FastAPI:
    """The API beside the pages, over the same client API."""
    api = FastAPI(
        title="Doorstep",
        openapi_url=None,
        routes=[*(route for router in ROUTERS for route in router.routes), *PAGES],
        redirect_slashes=False,
        exception_handlers={
            DoorstepError: on_refused,
            HTTPException: on_http,
            RequestValidationError: on_invalid,
            Exception: on_fault,
        },
    )
    api.state.site = site
    api.openapi = functools.cache(functools.partial(document.document, api))  # type: ignore[method-assign]
    return api


async def openapi(request: Request) -> Response:
    """The document; it holds no secret."""
    return JSONResponse(await pages.document(request))


PAGES = [
    get("/v1/openapi.json", openapi),
    get("/v1", pages.overview),
    get("/v1/", pages.overview),
    get("/v1/docs", pages.overview),
    get("/v1/problems/{code}", pages.problem),
]
