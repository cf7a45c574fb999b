"""Everything that is not well, as problem details (RFC 9457): the stable code, and a sentence for a person."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any

import structlog
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from doorstep.domain.errors import DoorstepError, Invalid, InvalidFields, TooMany, Unavailable

MEDIA_TYPE = "application/problem+json"
TYPES = "/v1/problems/"
TRY_AGAIN_SECONDS = 5
MOST_ERRORS = 50
LONGEST_DETAIL = 2000
BY_STATUS: Mapping[int, tuple[str, str]] = {
    400: ("bad_request", "The request cannot be read. Check the address, the Host header and the body."),
    401: ("unauthorized", "This takes an API key that is valid now: Authorization: Bearer dsk_…"),
    403: ("cross_origin", "The request came from a page of another site. Systems call without a browser."),
    404: ("no_such_path", "There is nothing at this address. /v1/openapi.json lists what there is."),
    405: ("method_not_allowed", "That cannot be done to this address. The Allow header names what can."),
    413: ("too_large", "What was sent is larger than this address takes."),
    415: ("media_type", "Send JSON, with Content-Type: application/json."),
    422: ("invalid_request", "Something in the request is not right; `errors` names each field."),
    500: ("fault", "The fault is ours, and it was noted. Try again in a while."),
    503: ("unavailable", "A part of the portal does not answer just now. Nothing was changed; try again."),
}
"""Codes and sentences of what the frame itself refuses, by status."""


class FieldProblem(BaseModel):
    """One field that is not right."""

    field: Annotated[str, Field(description="Where it is, such as `accounts.0`.", examples=["email"])]
    message: Annotated[str, Field(description="What is wrong with it.", examples=["Field required"])]


class Problem(BaseModel):
    """What was wrong, as RFC 9457 has it; scripts go by `code`, which is stable."""

    type: Annotated[str, Field(description="Where the code is explained.", examples=["/v1/problems/job_full"])]
    title: Annotated[str, Field(description="The status in words.", examples=["Conflict"])]
    status: Annotated[int, Field(description="The status of the answer.", examples=[409])]
    detail: Annotated[str, Field(description="What is wrong and what to do, for a person.", max_length=LONGEST_DETAIL)]
    code: Annotated[str, Field(description="The stable code of the refusal.", examples=["job_full"])]
    field: Annotated[str | None, Field(description="The field that is meant, where it is one.")] = None
    errors: Annotated[list[FieldProblem] | None, Field(description="A sentence for each field.")] = None
    retry_after: Annotated[int | None, Field(description="Seconds to wait, as Retry-After says too.")] = None
    reference: Annotated[str | None, Field(description="What to quote when you report a fault of ours.")] = None


def problem(
    status: int, code: str = "", detail: str = "", *, headers: Mapping[str, str] | None = None, **more: Any
) -> Response:
    """The answer; where only the status is known, with the code and the sentence that belong to it."""
    own_code, own_detail = BY_STATUS.get(status, BY_STATUS[500 if status >= 500 else 400])  # noqa: PLR2004 - our faults
    said = Problem(
        type=TYPES + (code or own_code),
        title=HTTPStatus(status).phrase,
        status=status,
        detail=(detail or own_detail)[:LONGEST_DETAIL],
        code=code or own_code,
        **more,
    )
    wait = {} if said.retry_after is None else {"Retry-After": str(said.retry_after)}
    body = said.model_dump_json(exclude_none=True)
    return Response(body, status, headers={**(headers or {}), **wait}, media_type=MEDIA_TYPE)


async def on_refused(_request: Request, error: Exception) -> Response:
    """A refusal of the client API, with what only the caller may read, or a dependency that is down."""
    if not isinstance(error, DoorstepError):
        raise error
    more: dict[str, Any] = {}
    if isinstance(error, TooMany):
        more["retry_after"] = error.retry_after
    elif isinstance(error, Unavailable):
        more["retry_after"] = TRY_AGAIN_SECONDS
    elif isinstance(error, InvalidFields):
        more["errors"] = _errors(error.by_field.items())
    elif isinstance(error, Invalid) and error.field:
        more["errors"] = _errors([(error.field, error.message)])
    field = error.field if isinstance(error, Invalid) and error.field else None
    headers = CHALLENGE if error.status == 401 else None  # noqa: PLR2004 - who are you?
    return problem(error.status, error.code, error.full_message, headers=headers, field=field, **more)


CHALLENGE = {"WWW-Authenticate": 'Bearer realm="doorstep"'}


async def on_http(request: Request, error: Exception) -> Response:
    """What the router refuses, and guards in front of it."""
    if not isinstance(error, HTTPException):
        raise error
    headers = error.headers
    if error.status_code == 405:  # noqa: PLR2004 - the router names the methods of the first route alone
        headers = {"Allow": ", ".join(sorted(_methods_at(request)))}
    return problem(error.status_code, headers=headers)


def _methods_at(request: Request) -> set[str]:
    """What can be done to the address of a request, over all routes."""
    routes = [route for route in request.app.routes if isinstance(route, APIRoute)]
    return {method for route in routes if route.path_regex.match(request.url.path) for method in route.methods or ()}


async def on_invalid(_request: Request, error: Exception) -> Response:
    """What does not fit the document; the answer repeats nothing of what was sent."""
    if not isinstance(error, RequestValidationError):
        raise error
    found = [(".".join(map(str, each["loc"][1:])) or "body", each["msg"]) for each in error.errors()[:MOST_ERRORS]]
    errors = _errors(found)
    return problem(422, field=errors[0].field if len(errors) == 1 else None, errors=errors)


async def on_fault(_request: Request, _error: Exception) -> Response:
    """A fault of ours; the log has where, under the same reference."""
    return problem(500, reference=str(structlog.contextvars.get_contextvars().get("request_id", "")))


def _errors(found: Sequence[tuple[str, str]] | Any) -> list[FieldProblem]:
    return [FieldProblem(field=field, message=message) for field, message in found]
