"""How an operation declares that its answer is a file: its kind, and an example."""

from typing import Any

from fastapi import Response

from web.files import CSV, SVG

EXAMPLES = {CSV: "id,state\n0199a7c2-5a80-7000-8000-000000000000,pending\n", SVG: "<svg></svg>"}


def file(declared: dict[str, Any], media_type: str) -> dict[str, Any]:
    """What an operation declares whose answer is a file of that kind."""
    content = {media_type: {"schema": {"type": "string"}, "example": EXAMPLES[media_type]}}
    answers = declared["responses"] | {200: {"description": "The file.", "content": content}}
    return declared | {"responses": answers, "response_class": Response, "response_model": None}
