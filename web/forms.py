"""The forms of the pages: one class an action, nothing beyond its fields (T19), faults in a person's words."""

from collections.abc import Callable, Mapping
from typing import ClassVar, TypeVar
from urllib.parse import parse_qsl

from fastapi import HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from doorstep.domain.errors import Invalid
from doorstep.security import passwords
from doorstep.store.users import check_username
from web.languages import N_

MOST_FIELDS = 20
LONGEST = 254
IN_FORM = "form_field_invalid"
TOO_LONG = "form_field_too_long"
FORM_TYPE = "application/x-www-form-urlencoded"
WHOLE_FORM = ""
"""The field of a fault that no field is to blame for."""


Rule = Callable[[str], object]


def _if_any(rule: Rule) -> Rule:
    """The same rule for a field that may stay empty."""
    return lambda value: rule(value) if value else None


class Form(BaseModel):
    """What every form of ours is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    empty: ClassVar[Mapping[str, str]] = {}
    """What to say about a field that was left empty."""

    rules: ClassVar[Mapping[str, Rule]] = {}
    """What a field has to keep to; asked here as well, so that a form shows everything that is wrong at once."""


class SetUpForm(Form):
    """The user to be; `invitation` names the one that the page showed, since a browser carries one link at a time."""

    empty = {"username": N_("Enter a username."), "password": N_("Choose a password.")}
    rules = {"username": check_username, "password": passwords.check}

    username: str = Field(min_length=1)
    password: SecretStr = Field(min_length=1)
    name: str = ""
    invitation: str = ""


class LinkForm(Form):
    """A button on the page of a link."""

    invitation: str = ""


class SignInForm(Form):
    """A username and a password."""

    empty = {"username": N_("Enter your username."), "password": N_("Enter your password.")}

    username: str = Field(min_length=1, max_length=LONGEST)
    password: SecretStr = Field(min_length=1)


class ForgotForm(Form):
    """Whose password is forgotten."""

    empty = {"username": N_("Enter your username.")}

    username: str = Field(min_length=1, max_length=LONGEST)


class ResetForm(Form):
    """A new password; for a login pair that of the staff login beside it, which may wait (S4.12)."""

    empty = {"password": N_("Enter a new password.")}
    rules = {"password": passwords.check, "staff_password": _if_any(passwords.check)}

    password: SecretStr = Field(min_length=1)
    staff_password: SecretStr = SecretStr("")


class EmptyForm(Form):
    """A button alone."""


class Faults(Invalid):
    """Everything that is wrong with a form, by field; each fault has a code, and says it in English."""

    def __init__(self, by_field: Mapping[str, Invalid]) -> None:
        first = next(iter(by_field))
        super().__init__("form_invalid", by_field[first].message, field=first)
        self.by_field = dict(by_field)


F = TypeVar("F", bound=Form)


async def typed(request: Request, *, most: int = MOST_FIELDS) -> dict[str, str]:
    """What was sent, by field.

    Raises:
        Faults: for a body that no page of ours sends, `most` fields being more than any has; HTTPException: 413, 415.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in {FORM_TYPE, ""}:
        raise HTTPException(415)
    body = await request.body()
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=most)
    except ValueError:
        raise _unreadable() from None
    values = dict(pairs)
    if len(values) != len(pairs):
        raise _unreadable()
    return values


def _unreadable() -> Faults:
    return Faults({WHOLE_FORM: _fault(WHOLE_FORM, N_("The form did not arrive as it was sent. Please try again."))})


def checked(form: type[F], values: Mapping[str, str]) -> F:
    """The form, filled in.

    Raises:
        Faults: naming every field that is wrong.
    """
    faults = {n: _fault(n, said) for n, said in form.empty.items() if _is_empty(n, values.get(n, ""))}
    for name in ("username", "name"):
        if not values.get(name, "").isprintable():
            faults.setdefault(name, _fault(name, N_("Leave out characters that cannot be seen.")))
    for name, rule in form.rules.items():
        broken = None if name in faults else _broken(rule, values.get(name, ""))
        if broken is not None:
            faults[name] = broken
    try:
        filled = form.model_validate(dict(values))
    except ValidationError as error:
        for item in error.errors(include_input=False, include_url=False):
            name, fault = _misfit(form, str(item["loc"][0]))
            faults.setdefault(name, fault)
        raise Faults(_in_order(form, faults)) from None
    if faults:
        raise Faults(_in_order(form, faults))
    return filled


def _is_empty(name: str, value: str) -> bool:
    return not (value if name == "password" else value.strip())  # fifteen spaces are a password


def _broken(rule: Rule, value: str) -> Invalid | None:
    try:
        rule(value)
    except Invalid as fault:
        return fault
    return None


def _misfit(form: type[Form], name: str) -> tuple[str, Invalid]:
    if name not in form.model_fields:
        said = N_("The form holds something that does not belong to it. Please try again.")
        return WHOLE_FORM, _fault(WHOLE_FORM, said)
    return name, _fault(name, f"Use at most {LONGEST} characters.", TOO_LONG)


def _fault(name: str, said: str, code: str = IN_FORM) -> Invalid:
    return Invalid(code, said, field=name)


def _in_order(form: type[Form], faults: Mapping[str, Invalid]) -> dict[str, Invalid]:
    order = [WHOLE_FORM, *form.model_fields]
    return {name: faults[name] for name in order if name in faults}


def by_field(fault: Invalid) -> dict[str, Invalid]:
    """What to show beside the fields of a form."""
    return fault.by_field if isinstance(fault, Faults) else {fault.field: fault}
