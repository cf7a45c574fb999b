"""The pages about the API, for people: what there is, and what a code means."""

import asyncio
import re
from http import HTTPStatus
from typing import Any

from fastapi import HTTPException, Request, Response

from web.api.problems import BY_STATUS
from web.site import page

CODE = re.compile(r"[a-z]+(_[a-z0-9]+)*")
LONGEST_CODE = 60
METHODS = ("get", "post", "put", "patch", "delete")


async def document(request: Request) -> dict[str, Any]:
    """The document; made at its first use, which takes a second, and nobody else waits for it."""
    said: dict[str, Any] = await asyncio.to_thread(request.app.openapi)
    return said


async def overview(request: Request) -> Response:
    """Every operation of the document, by what it is about."""
    said = await document(request)
    groups: dict[str, list[dict[str, str]]] = {}
    for path, methods in said["paths"].items():
        for method in METHODS:
            if method in methods:
                each = methods[method]
                scope = each["security"][0]["key"][0]
                line = {"method": method.upper(), "path": path, "summary": each["summary"], "scope": scope}
                groups.setdefault(each["tags"][0], []).append(line)
    return await page(request, "api.html", groups=groups, version=said["info"]["version"])


async def problem(request: Request) -> Response:
    """What a code is, and where a person reads on."""
    code = request.path_params["code"]
    if len(code) > LONGEST_CODE or not CODE.fullmatch(code):
        raise HTTPException(404)
    known = {own: (f"{status} {HTTPStatus(status).phrase}", sentence) for status, (own, sentence) in BY_STATUS.items()}
    phrase, sentence = known.get(code, ("", ""))
    return await page(request, "api_problem.html", code=code, phrase=phrase, sentence=sentence)
