"""The kinds of fields: texts that can be kept, codes, moments with a zone; and the two kinds of models."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

NO_NUL = r"^[^\x00]*$"
"""PostgreSQL keeps no NUL in a text."""

Line = Annotated[str, StringConstraints(max_length=200, pattern=NO_NUL)]
Note = Annotated[str, StringConstraints(max_length=1000, pattern=NO_NUL)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=NO_NUL)]
Address = Annotated[str, StringConstraints(min_length=1, max_length=320, pattern=NO_NUL)]


def _in_range(moment: datetime) -> datetime:
    # The ends of the calendar cannot be turned into another zone.
    if not 1 < moment.year < 9999:  # noqa: PLR2004 - the first and the last year
        raise ValueError("Use a moment between the years 2 and 9998")
    return moment.astimezone(UTC)


Moment = Annotated[
    AwareDatetime,
    AfterValidator(_in_range),
    Field(description="RFC 3339, with a zone.", examples=["2026-11-22T09:00:00Z"]),
]


class Request(BaseModel):
    """What a system sends: nothing that is not in the document is taken (T19)."""

    model_config = ConfigDict(extra="forbid")


class Answer(BaseModel):
    """What it gets back."""

    model_config = ConfigDict(from_attributes=True)
