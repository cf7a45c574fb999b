"""Answers that are files: sent piece by piece, or as a whole, under a name to keep them by."""

from collections.abc import AsyncIterator

from fastapi import Response
from fastapi.responses import StreamingResponse

CSV = "text/csv"
SVG = "image/svg+xml"


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
