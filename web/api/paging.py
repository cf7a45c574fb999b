"""Lists in pages: an opaque cursor that fits the list it was given for, a limit, and the link to the next page."""

import base64
import binascii
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response
from pydantic import Field

from doorstep.domain.pages import LONGEST_PAGE, Page, cursor_invalid
from web.api.texts import Answer

USUAL = 50
LONGEST_CURSOR = 300
MARK_BYTES = 6
T = TypeVar("T")
Row = TypeVar("Row")


class Listed(Answer, Generic[T]):
    """One page of a list."""

    data: Annotated[list[T], Field(description="The things of this page, in their order.")]
    next_cursor: Annotated[
        str | None, Field(description="Send it as `cursor` for the next page; null where this is the last.")
    ]


@dataclass(frozen=True)
class Paging:
    """Where a page begins, and how long it is; `after` is a place as the store names it, empty for the first page."""

    limit: int
    after: str
    mark: bytes
    request: Request

    def answer(self, response: Response, page: Page[Row], shown: Callable[[Row], T]) -> Listed[T]:
        """The page as it is answered, with the `Link` of the next one."""
        cursor = _encoded(self.mark, page.next) if page.next else None
        if cursor is not None:
            others = [(name, value) for name, value in self.request.query_params.multi_items() if name != "cursor"]
            target = f"{self.request.url.path}?{urlencode([*others, ('cursor', cursor)])}"
            response.headers["Link"] = f'<{target}>; rel="next"'
        return Listed(data=[shown(row) for row in page.items], next_cursor=cursor)


def _paging(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE, description="How many things a page has.")] = USUAL,
    cursor: Annotated[
        str,
        Query(max_length=LONGEST_CURSOR, description="`next_cursor` of the page before; leave it out for the first."),
    ] = "",
) -> Paging:
    mark = _mark(request)
    return Paging(limit, _decoded(mark, cursor) if cursor else "", mark, request)


Paged = Annotated[Paging, Depends(_paging)]


def _mark(request: Request) -> bytes:
    """What a cursor belongs to: the list and its filters, not the length of a page."""
    filters = sorted(
        (name, value) for name, value in request.query_params.multi_items() if name not in {"cursor", "limit"}
    )
    said = repr((request.url.path, filters)).encode(errors="surrogatepass")
    return hashlib.sha256(said).digest()[:MARK_BYTES]


def _encoded(mark: bytes, place: str) -> str:
    return base64.urlsafe_b64encode(mark + place.encode()).decode().rstrip("=")


def _decoded(mark: bytes, cursor: str) -> str:
    try:
        said = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        place = said[MARK_BYTES:].decode()
    except (binascii.Error, ValueError):
        raise cursor_invalid() from None
    if said[:MARK_BYTES] != mark or not place or "\0" in place:
        raise cursor_invalid()
    return place
