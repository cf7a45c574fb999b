"""Answers that are files: tables that a spreadsheet opens, and charts; each declared with its kind and an example."""

from collections.abc import AsyncIterator
from typing import Any

from fastapi import Response
from fastapi.responses import StreamingResponse

CSV = "text/csv"
SVG = "image/svg+xml"
EXAMPLES = {CSV: "id,state\n0199a7c2-5a80-7000-8000-000000000000,pending\n", SVG: "<svg></svg>"}


def file(declared: dict[str, Any], media_type: str) -> dict[str, Any]:
    """What an operation declares whose answer is a file of that kind."""
    content = {media_type: {"schema": {"type": "string"}, "example": EXAMPLES[media_type]}}
    answers = declared["responses"] | {200: {"description": "The file.", "content": content}}
    return declared | {"responses": answers, "response_class": Response, "response_model": None}


async def table(pieces: AsyncIterator[str], name: str) -> StreamingResponse:
    """A table, sent piece by piece; what it refuses, it refuses with the first one, before anything is sent."""
    first = await anext(pieces)

    async def all_of_it() -> AsyncIterator[str]:
        yield first
        async for piece in pieces:
            yield piece

    return StreamingResponse(all_of_it(), media_type=f"{CSV}; charset=utf-8", headers=_named(f"{name}.csv"))


def text(content: str, media_type: str, name: str) -> Response:
    """A file that is there as a whole."""
    return Response(content, media_type=f"{media_type}; charset=utf-8", headers=_named(name))


def _named(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
