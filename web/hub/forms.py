"""What the forms of the Team Hub send: fields that may come more than once, files, and one class a form (T19)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from fastapi import HTTPException, Request
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException

from doorstep.domain.errors import Invalid, InvalidFields

MOST_FIELDS = 2_000
"""Of one form: a page of a list with a checkbox a row, and all that is beside it."""

MOST_FILES = 1
LONGEST = 20_000
"""Characters of one field: the text of a template, or a list of ids."""

TYPES = {"application/x-www-form-urlencoded", "multipart/form-data"}
UNREADABLE = "The form did not arrive as it was sent. Please open the page again."


@dataclass(frozen=True)
class Sent:
    """What a form sent: every value of every field, and the file where one was chosen."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    file: bytes = b""

    def one(self, name: str) -> str:
        """The value of a field, without blanks around it; empty where it was not sent."""
        return self.fields.get(name, [""])[-1].strip()

    def every(self, name: str) -> list[str]:
        """The values of a field that may come more than once: checkboxes, choices."""
        return [value.strip() for value in self.fields.get(name, []) if value.strip()]


class HubForm(BaseModel):
    """What every form of the Hub is: a class of its own, and nothing beyond its fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, str_max_length=LONGEST)


class ButtonForm(HubForm):
    """A button and nothing else."""


F = TypeVar("F", bound=HubForm)


async def sent_by(request: Request) -> Sent:
    """What came with a request.

    Raises:
        Invalid: `form_field_invalid`, for a body that no page of ours sends; HTTPException: 413, 415.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in TYPES | {""}:
        raise HTTPException(415)
    try:
        form = await request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS)
    except (MultiPartException, UnicodeDecodeError, ValueError):
        raise Invalid("form_field_invalid", UNREADABLE, field="") from None
    fields: dict[str, list[str]] = {}
    content = b""
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            content = await value.read()
            await value.close()
        else:
            fields.setdefault(name, []).append(value.replace("\r\n", "\n"))
    return Sent(fields, content)


def filled(form: type[F], sent: Sent | None) -> F:
    """The form, filled in: a field of a list takes every value that came, any other the one.

    Raises:
        Invalid: `form_field_invalid`, `form_field_too_long`, for what no page of ours sends (T19).
    """
    given = {} if sent is None else sent.fields
    values = {name: _value(form, name, each) for name, each in given.items()}
    try:
        return form.model_validate(values)
    except ValidationError as error:
        item = error.errors(include_input=False, include_url=False)[0]
        name = str(item["loc"][0])
        if name in form.model_fields and item["type"] == "string_too_long":
            raise Invalid("form_field_too_long", f"Use at most {LONGEST} characters.", field=name) from None
        raise Invalid("form_field_invalid", UNREADABLE, field="") from None


def _value(form: type[HubForm], name: str, values: Sequence[str]) -> object:
    known = form.model_fields.get(name)
    is_list = known is not None and str(known.annotation).startswith("tuple")
    if not is_list and len(values) != 1:
        raise Invalid("form_field_invalid", UNREADABLE, field="")
    return [each for each in values if each.strip()] if is_list else values[0]


def faults_of(refusal: Invalid) -> Mapping[str, Invalid]:
    """What to show beside the fields of a form, by their names; the empty name is the form as a whole."""
    if isinstance(refusal, InvalidFields):  # one sentence for each field that is missing (S0.9)
        return {name: Invalid(refusal.code, sentence, field=name) for name, sentence in refusal.by_field.items()}
    return {refusal.field: refusal}
