"""The office as systems see and change it: what it is called, and its rules."""

from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints

from doorstep.domain.invitation import Office
from doorstep.domain.policy import MAX_APPROVERS
from web.api.texts import NO_NUL, Address, Answer, Line, Request

DAY = 86_400
MOST_SECONDS = 3660 * DAY
"""Ten years: more can be added to no moment of ours."""

POLICY: dict[str, Any] = {
    "validity_seconds": DAY,
    "grace_seconds": 0,
    "reminder_share": 0.5,
    "resend_cooldown_seconds": 60,
    "reissue_window_seconds": 7 * DAY,
    "approval_required": True,
    "approval_reminder_seconds": DAY,
    "approval_escalation_seconds": 3 * DAY,
    "four_eyes": False,
    "places_per_job": 3,
    "account_required": False,
    "required_fields": [],
    "existing_users": "grant",
    "expired_holds_place": False,
    "retention_seconds": None,
    "fails_over": False,
}
OFFICE: dict[str, Any] = {
    "code": "nz",
    "name": "Kauri New Zealand",
    "region": "NZ",
    "locale": "en_NZ",
    "time_zone": "Pacific/Auckland",
    "public_url": "https://portal.kauri.example",
    "sender": "Kauri <hello@kauri.example>",
    "help_email": "help@kauri.example",
    "help_phone": "+64 9 555 0142",
    "client_guide": "",
    "welcome_template": "",
    "any_staff_invites": False,
    "policy_version": 4,
    "policy": POLICY,
}
IN_SECONDS = "_seconds"
Seconds = Annotated[int, Field(ge=0, le=MOST_SECONDS)]
Short = Annotated[str, StringConstraints(max_length=40, pattern=NO_NUL)]
Required = Literal["name", "job", "roles", "email", "phone"]


class PolicyPatch(Request):
    """The rules to change; those left out stay. An invitation keeps the rules that it began with."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"validity_seconds": 2 * DAY}]})

    validity_seconds: Annotated[int, Field(ge=1, le=MOST_SECONDS, description="How long a link lives.")] = DAY
    grace_seconds: Annotated[Seconds, Field(description="How long an open form may be sent after that.")] = 0
    reminder_share: Annotated[
        float, Field(ge=0.05, le=1, description="After which share of that to remind; 1 is never.")
    ] = 0.5
    resend_cooldown_seconds: Annotated[Seconds, Field(description="The least time between two links.")] = 60
    reissue_window_seconds: Annotated[Seconds, Field(description="How long an expired one can be sent again.")] = (
        7 * DAY
    )
    approval_required: Annotated[bool, Field(description="An administrator has to approve.")] = True
    approval_reminder_seconds: Annotated[Seconds, Field(description="When the administrators are reminded.")] = DAY
    approval_escalation_seconds: Annotated[Seconds, Field(description="When a decision is overdue.")] = 3 * DAY
    four_eyes: Annotated[bool, Field(description="The inviter may not decide.")] = False
    places_per_job: Annotated[int, Field(ge=1, le=1000, description="How many people a job has place for.")] = 3
    account_required: Annotated[bool, Field(description="An invitation needs an account.")] = False
    required_fields: Annotated[
        tuple[Required, ...], Field(max_length=5, description="What else each invitation needs.")
    ] = ()
    existing_users: Annotated[
        Literal["grant", "consent"], Field(description="Somebody with a user is let in, or asked first.")
    ] = "grant"
    expired_holds_place: Annotated[bool, Field(description="An expired invitation keeps its place.")] = False
    retention_seconds: Annotated[
        int | None, Field(ge=1, le=MOST_SECONDS, description="How long unanswered ones are kept; null for ever.")
    ] = None
    fails_over: Annotated[bool, Field(description="What cannot be delivered goes to the other address.")] = False

    def rules(self) -> dict[str, object]:
        """The rules that were named, as the client API takes them."""
        return {name.removesuffix(IN_SECONDS): _as_kept(name, getattr(self, name)) for name in self.model_fields_set}


def _as_kept(name: str, value: object) -> object:
    if name.endswith(IN_SECONDS) and isinstance(value, int):
        return timedelta(seconds=value)
    return tuple(dict.fromkeys(value)) if isinstance(value, tuple) else value


class OfficePatch(Request):
    """What to change of the office; what is left out stays, and an empty text takes a thing away."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"help_phone": "+64 9 555 0142"}]})

    name: Annotated[Line, Field(min_length=1, description="What people read in mails and pages.")] = ""
    region: Annotated[Short, Field(description="The country of numbers without a prefix.")] = "NZ"
    locale: Annotated[Short, Field(description="How dates are written.")] = "en_NZ"
    time_zone: Annotated[Short, Field(description="Whose clock the mails show.")] = "Pacific/Auckland"
    public_url: Annotated[Line, Field(description="Where its people reach the pages.")] = ""
    sender: Annotated[Line, Field(description="From of its mails.")] = ""
    help_email: Annotated[Line, Field(description="Printed on pages and mails.")] = ""
    help_phone: Annotated[Line, Field(description="Printed on pages and mails.")] = ""
    client_guide: Annotated[Line, Field(description="A page that mails link to.")] = ""
    welcome_template: Annotated[Line, Field(description="The welcome mail where an invitation names none.")] = ""
    any_staff_invites: Annotated[bool, Field(description="All of its staff may invite.")] = False
    policy: Annotated[PolicyPatch | None, Field(description="Its rules; null leaves them.")] = None

    def own(self) -> dict[str, object]:
        """What was named of the office itself."""
        return {name: getattr(self, name) for name in self.model_fields_set if name != "policy"}


class PolicyAnswer(PolicyPatch):
    """The rules as they are; an invitation keeps those that it began with."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [POLICY]})


class OfficeAnswer(Answer):
    """The office of the key."""

    model_config = ConfigDict(json_schema_extra={"examples": [OFFICE]})

    code: Annotated[str, Field(description="Its code, which never changes.")]
    name: Annotated[str, Field(description="What people read in mails and pages.")]
    region: Annotated[str, Field(description="The country of numbers without a prefix.")]
    locale: Annotated[str, Field(description="How dates are written.")]
    time_zone: Annotated[str, Field(description="Whose clock the mails show.")]
    public_url: Annotated[str, Field(description="Where its people reach the pages; the common address where empty.")]
    sender: Annotated[str, Field(description="From of its mails.")]
    help_email: Annotated[str, Field(description="Printed on pages and mails.")]
    help_phone: Annotated[str, Field(description="Printed on pages and mails.")]
    client_guide: Annotated[str, Field(description="A page that mails link to.")]
    welcome_template: Annotated[str, Field(description="The welcome mail where an invitation names none.")]
    any_staff_invites: Annotated[bool, Field(description="All of its staff may invite.")]
    policy_version: Annotated[int, Field(description="Which version of its rules.")]
    policy: Annotated[PolicyAnswer, Field(description="Its rules.")]

    @classmethod
    def of(cls, office: Office) -> Self:
        """What is told of an office."""
        own = {name: getattr(office, name) for name in cls.model_fields if name != "policy"}
        return cls.model_validate(own | {"policy": _policy(office)})


def _policy(office: Office) -> dict[str, Any]:
    return {name: _as_told(getattr(office.policy, name.removesuffix(IN_SECONDS))) for name in PolicyAnswer.model_fields}


def _as_told(value: object) -> object:
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    return list(value) if isinstance(value, tuple) else value


class Approvers(Request):
    """The username administrators: one to three, who are mailed and decide."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"approvers": ["boss@kauri.example"]}]})

    approvers: Annotated[
        list[Address], Field(min_length=1, max_length=MAX_APPROVERS, description="Their addresses, all of them.")
    ]


class ApproversAnswer(Answer):
    """The username administrators as they are; while there is none, nothing can be sent."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"approvers": ["boss@kauri.example"]}]})

    approvers: Annotated[list[str], Field(description="Their addresses.")]
