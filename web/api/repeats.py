"""`Idempotency-Key`: whoever sends a request twice gets the answer of the first time, and it is done once (F17)."""

import hashlib
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID

import structlog
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from doorstep.domain.errors import DoorstepError, Invalid, Unavailable
from doorstep.store import kept_answers
from doorstep.store.engine import transact
from doorstep.store.kept_answers import Claim, KeptAnswer
from web.api.callers import Caller, caller_of
from web.api.problems import on_http, on_refused

log = structlog.get_logger()
HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
KEY = re.compile(r"[\x21-\x7e]{1,255}")
CHANGES = frozenset({"POST", "PUT", "PATCH"})
OF_THE_ANSWER = ("content-type", "etag", "link", "location")
FIRST_FAULT = 500
TOO_MANY = 429

Handler = Callable[[Request], Awaitable[Response]]


async def once(request: Request, handle: Handler) -> Response:
    """Answer, or say again what was answered to the same request before.

    Raises:
        Invalid: `idempotency_key_invalid`, `idempotency_key_reused`; Conflict: `idempotency_in_flight`.
    """
    sent = request.headers.getlist(HEADER)
    if not sent:
        return await handle(request)
    if len(sent) > 1 or not KEY.fullmatch(sent[0]):
        sentence = "Send one Idempotency-Key of at most 255 visible characters, such as a UUID."
        raise Invalid("idempotency_key_invalid", sentence, field=HEADER)
    caller = caller_of(request)
    asked = kept_answers.Request(str(caller.key.id), sent[0], await _fingerprint(request))
    found = await transact(caller.doorstep.engine, lambda tx: kept_answers.claim(tx, asked))
    if isinstance(found, KeptAnswer):
        return Response(found.body, found.status, headers={**found.headers, REPLAYED: "true"})
    request.state.caller = replace(caller, repeat_key=f"api/{caller.key.id}/{sent[0]}")
    return await _answered(request, handle, caller, found)


async def _answered(request: Request, handle: Handler, caller: Caller, claim: Claim) -> Response:
    try:
        answer = await _answer(request, handle)
    except BaseException:
        await _end(caller, claim, None)
        raise
    is_kept = answer.status_code < FIRST_FAULT and answer.status_code != TOO_MANY
    await _end(caller, claim, _to_keep(request, answer) if is_kept else None)
    return answer


async def _answer(request: Request, handle: Handler) -> Response:
    """The answer; a refusal is one too, except of what never began because it does not fit the document."""
    try:
        return await handle(request)
    except DoorstepError as refusal:
        return await on_refused(request, refusal)
    except RequestValidationError:
        raise
    except HTTPException as refusal:
        return await on_http(request, refusal)


async def _end(caller: Caller, claim: Claim, answer: KeptAnswer | None) -> None:
    """Keep the answer, or give the claim back; what cannot be written now is taken over after a minute."""
    engine = caller.doorstep.engine
    try:
        if answer is None:
            await transact(engine, lambda tx: kept_answers.release(tx, claim))
        else:
            await transact(engine, lambda tx: kept_answers.keep(tx, claim, answer))
    except Unavailable:
        log.warning("answer_not_kept")


async def _fingerprint(request: Request) -> bytes:
    target = f"{request.method} {request.url.path}?{request.url.query}\0{request.headers.get('if-match', '')}\0"
    return hashlib.sha256(target.encode() + await request.body()).digest()


def _to_keep(request: Request, answer: Response) -> KeptAnswer:
    headers = {name: answer.headers[name] for name in OF_THE_ANSWER if name in answer.headers}
    body = bytes(answer.body)
    return KeptAnswer(answer.status_code, headers, body, _subject(request, body))


def _subject(request: Request, body: bytes) -> UUID | None:
    """Whom or what the answer tells of, so that it goes when they are erased."""
    try:
        said = json.loads(body) if body else None
    except ValueError:
        said = None
    named = said.get("id") if isinstance(said, dict) else None
    for each in (named, *request.path_params.values()):
        try:
            return UUID(str(each))
        except ValueError:
            continue
    return None
