"""Files of a page: tables that a spreadsheet opens, and charts that a page shows as pictures."""

from collections.abc import AsyncIterator

from fastapi import Response
from fastapi.responses import StreamingResponse

CHART_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
"""A chart brings its own colours, and nothing in it runs or loads."""


async def table(pieces: AsyncIterator[str], name: str) -> StreamingResponse:
    """A table, sent piece by piece; what it refuses, it refuses with the first one, before anything is sent."""
    first = await anext(pieces)

    async def all_of_it() -> AsyncIterator[str]:
        yield first
        async for piece in pieces:
            yield piece

    return StreamingResponse(all_of_it(), media_type="text/csv; charset=utf-8", headers=_named(name))


def whole_table(content: str, name: str) -> Response:
    """A table that is there as a whole."""
    return Response(content, media_type="text/csv; charset=utf-8", headers=_named(name))


def chart(drawn: str) -> Response:
    """A picture, which the page shows as an image: no style of it reaches the page."""
    return Response(drawn, media_type="image/svg+xml; charset=utf-8", headers={"Content-Security-Policy": CHART_POLICY})


def _named(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}.csv"'}
