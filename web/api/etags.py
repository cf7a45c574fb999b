"""`ETag`, `If-Match` and `If-None-Match`: nobody overwrites what somebody else has just changed, or reads it twice."""

import hashlib
import re
from datetime import datetime
from typing import Annotated

from fastapi import Header, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from doorstep.domain.editions import changed_meanwhile

LONGEST = 1000
NOT_MODIFIED = 304
OURS = re.compile(r'"([\x21\x23-\x7e]{1,80})-[0-9a-f]{16}"')
REV = re.compile(r"[0-9]{1,9}")
ANY = "*"

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=LONGEST,
        description="The `ETag` that you read: if it has been changed since, nothing is done, and the answer is 412.",
    ),
]
IfNoneMatch = Annotated[
    str | None,
    Header(
        alias="If-None-Match", max_length=LONGEST, description="The `ETag` that you have: 304 if it is the same still."
    ),
]


def one(request: Request, rev: int | str, shown: BaseModel, *, status: int = 200, location: str = "") -> Response:
    """A single thing with its `ETag`: the revision, which `If-Match` is about, and a mark of all that is told."""
    body = shown.model_dump(mode="json")
    response: Response = JSONResponse(body, status)
    tag = f'"{rev}-{hashlib.sha256(response.body).hexdigest()[:16]}"'
    if request.method == "GET" and _is_among(tag, request.headers.get("if-none-match", "")):
        response = Response(status_code=NOT_MODIFIED)
    response.headers["ETag"] = tag
    if location:
        response.headers["Location"] = location
    return response


def rev_of(if_match: str | None) -> int | None:
    """The revision that a change is made for; None where it does not matter.

    Raises:
        Changed: `changed_meanwhile`, for a tag that none of ours can be.
    """
    edition = edition_of(if_match)
    if edition is not None and not REV.fullmatch(edition):
        raise changed_meanwhile()
    return None if edition is None else int(edition)


def edition_of(if_match: str | None) -> str | None:
    """The same for what has an edition that is no number, such as the moment of the last change.

    Raises:
        Changed: `changed_meanwhile`, for a tag that none of ours can be.
    """
    if if_match is None or if_match.strip() == ANY:
        return None
    found = OURS.fullmatch(if_match.strip())
    if found is None:
        raise changed_meanwhile()
    return found[1]


def moment_of(if_match: str | None) -> datetime | None:
    """The same for what goes by the moment of its last change.

    Raises:
        Changed: `changed_meanwhile`, for a tag that none of ours can be.
    """
    edition = edition_of(if_match)
    try:
        return None if edition is None else datetime.fromisoformat(edition)
    except ValueError:
        raise changed_meanwhile() from None


def _is_among(tag: str, sent: str) -> bool:
    return sent.strip() == ANY or tag in (each.strip().removeprefix("W/") for each in sent.split(","))
