"""What machines ask: whether the process lives, whether it can serve, and its figures."""

import ipaddress

from fastapi import HTTPException, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from starter import checks
from web.routes import get
from web.site import site_of


async def live(_request: Request) -> Response:
    """The process answers; nothing else is asked, so that a slow database restarts nobody."""
    return JSONResponse({"status": "live"})


async def ready(request: Request) -> Response:
    """The database answers and has the schema of this code; Temporal may be down, a set-up works without it (F05)."""
    engine = site_of(request).doorstep.engine
    findings = [await checks.database(engine)]
    if findings[0].is_ok:
        findings.append(await checks.migrations(engine))
    is_ready = all(finding.is_ok for finding in findings)
    told = {finding.name: "ok" if finding.is_ok else "not ok" for finding in findings}
    return JSONResponse({"status": "ready" if is_ready else "not ready", **told}, 200 if is_ready else 503)


async def metrics(request: Request) -> Response:
    """The figures, for the addresses that the settings name."""
    site = site_of(request)
    if not _is_among(request, site.doorstep.settings.metrics_clients):
        raise HTTPException(404)
    return Response(generate_latest(site.metrics.registry), media_type=CONTENT_TYPE_LATEST)


def _is_among(request: Request, clients: str) -> bool:
    try:
        address = ipaddress.ip_address("" if request.client is None else request.client.host)
    except ValueError:
        return False
    networks = (ipaddress.ip_network(part.strip(), strict=False) for part in clients.split(",") if part.strip())
    return any(address in network for network in networks)


ROUTES = [
    get("/health/live", live),
    get("/health/ready", ready),
    get("/metrics", metrics),
]
