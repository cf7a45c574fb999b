"""Where mail providers report what became of our mail, in one documented form: believed by its signature alone."""

import json
from collections.abc import Iterable
from uuid import UUID

from fastapi import HTTPException, Request, Response
from fastapi.responses import JSONResponse
from standardwebhooks import Webhook, WebhookVerificationError

from starter.delivery_sources import MOST_EVENTS, PATH
from web.routes import post
from web.site import site_of

LONGEST_ID = 200


async def report(request: Request) -> Response:
    """Note events, and answer for each; what the source did not sign, now and in these words, changes nothing (T32)."""
    doorstep = site_of(request).doorstep
    source_id = _source(request)
    body = await request.body()
    if not _is_genuine(request, body, await doorstep.delivery_secrets(source_id)):
        return _refused(403, "signature_invalid", "The source is not known, or did not sign this just now.")
    events = _events_in(body)
    if events is None:
        return _refused(422, "events_invalid", "Send a JSON list of events.")
    if len(events) > MOST_EVENTS:
        return _refused(413, "events_too_many", f"Send at most {MOST_EVENTS} events at once.")
    answers = await doorstep.delivery_events(source_id, events)
    told = [_id_of(event) | {"outcome": str(answer)} for event, answer in zip(events, answers, strict=True)]
    return JSONResponse({"events": told})


def _source(request: Request) -> UUID:
    try:
        return UUID(request.path_params["source_id"])
    except ValueError:
        raise HTTPException(404) from None


def _is_genuine(request: Request, body: bytes, secrets: Iterable[str]) -> bool:
    """True where one of the secrets signed these bytes within the last five minutes."""
    headers = dict(request.headers)
    for secret in secrets:
        try:
            Webhook(secret).verify(body, headers, json_parse=False)
        except (WebhookVerificationError, ValueError):  # also of a header, or a body, that is no text at all
            continue
        return True
    return False


def _events_in(body: bytes) -> list[object] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) else None


def _id_of(event: object) -> dict[str, str]:
    """The id that the source gave an event, so that it finds the answer."""
    said = event.get("id") if isinstance(event, dict) else None
    return {"id": said} if isinstance(said, str) and len(said) <= LONGEST_ID else {}


def _refused(status: int, code: str, sentence: str) -> Response:
    return JSONResponse({"code": code, "message": sentence}, status)


ROUTES = [post(f"{PATH}/{{source_id}}", report)]
