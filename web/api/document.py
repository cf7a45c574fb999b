"""The document of the API, OpenAPI 3.1: what the routes say, with what the frame adds to each of them."""

from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from web.api.operations import NOT_KEPT, SECURITY
from web.api.problems import FieldProblem, Problem
from web.api.repeats import CHANGES, HEADER

DESCRIPTION = """
Invite people to the customer portal, follow what becomes of them, and decide.

- **Keys.** `Authorization: Bearer dsk_…`. A key belongs to one office and is good for what its scopes say; make one
  with `doorstep key add`. What belongs to another office is not there.
- **Errors** are problem details (RFC 9457), with a stable `code`.
- **Twice is once.** Send an `Idempotency-Key` with whatever changes something: the same key and the same request get
  the same answer for 24 hours.
- **Lists** come in pages: send `next_cursor` as `cursor`. What is added meanwhile moves nothing.
- **Two at once.** Send the `ETag` that you read as `If-Match`: if somebody was there first, nothing is done (412).
- **Moments** are RFC 3339 with a zone, in UTC.
"""
REPEAT_PARAMETER: dict[str, Any] = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "The same key with the same request gets the same answer for 24 hours, and it is done once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[\\x21-\\x7e]+$"},
    "example": "7f9c2ba4-e88f-4f1d-a9d2-6b0b0f6a5b1e",
}
FAR_PROBLEM = {
    "type": "/v1/problems/job_full",
    "title": "Conflict",
    "status": 409,
    "detail": "This job has all of its 3 invitations. Revoke one of them first to invite another person.",
    "code": "job_full",
}


def document(app: FastAPI) -> dict[str, Any]:
    """The document over the routes of `app`."""
    made = get_openapi(
        title="Doorstep",
        version=version("doorstep"),
        summary="People on the doorstep of a customer portal, until the right person lets them in.",
        description=DESCRIPTION.strip(),
        routes=app.routes,
        separate_input_output_schemas=False,
    )
    parts = made.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    schemas["FieldProblem"] = FieldProblem.model_json_schema()
    own = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    own.pop("$defs", None)
    schemas["Problem"] = own | {"examples": [FAR_PROBLEM]}
    scheme = {"type": "http", "scheme": "bearer", "bearerFormat": "dsk_…", "description": "A key of one office."}
    parts["securitySchemes"] = {SECURITY: scheme}
    made["servers"] = [{"url": "/"}]
    for path in made["paths"].values():
        for method, each in path.items():
            _complete(method.upper(), each)
    return made


def _complete(method: str, operation: dict[str, Any]) -> None:
    operation["summary"] = operation["description"].partition("\n")[0].rstrip(".")
    is_kept = not operation.pop(NOT_KEPT, False)
    if method in CHANGES and is_kept:
        operation.setdefault("parameters", []).append(REPEAT_PARAMETER)
