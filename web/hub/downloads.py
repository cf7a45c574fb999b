"""Charts, which a page shows as pictures."""

from fastapi import Response

CHART_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
"""A chart brings its own colours, and nothing in it runs or loads."""


def chart(drawn: str) -> Response:
    """A picture, which the page shows as an image: no style of it reaches the page."""
    return Response(drawn, media_type="image/svg+xml; charset=utf-8", headers={"Content-Security-Policy": CHART_POLICY})
