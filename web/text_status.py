"""Where the text gateway reports what became of a text: believed by its signature alone (S0.17)."""

from uuid import UUID

from fastapi import HTTPException, Request, Response

from doorstep.domain.errors import Invalid
from doorstep.text import callbacks
from web import forms
from web.routes import post
from web.site import site_of

MOST_FIELDS = 100
"""More than any report has; the gateway adds fields without notice."""

NO_CONTENT = 204


async def report(request: Request) -> Response:
    """Note a report; one that the gateway did not sign, over our own address and every field, changes nothing."""
    site = site_of(request)
    delivery_id = _delivery(request)
    try:
        fields = await forms.typed(request, most=MOST_FIELDS)
    except Invalid:
        raise HTTPException(403) from None  # whatever it is, nobody signed it
    signature = request.headers.get(callbacks.SIGNATURE_HEADER, "")
    own_url = site.doorstep.settings.public_url  # never the Host header, which is the word of whoever sent it
    if site.gateway is None or not callbacks.is_genuine(site.gateway, own_url, delivery_id, fields, signature):
        raise HTTPException(403)
    news = callbacks.report_of(fields)
    if news is not None:
        await site.doorstep.text_status(delivery_id, news)
    return Response(status_code=NO_CONTENT)


def _delivery(request: Request) -> UUID:
    try:
        return UUID(request.path_params["delivery_id"])
    except ValueError:
        raise HTTPException(404) from None


ROUTES = [post(f"{callbacks.PATH}/{{delivery_id}}", report)]
