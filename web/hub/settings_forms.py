"""The forms of an office's settings: what is typed, what it means, and the words for what stands there already."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

from doorstep.domain.errors import Invalid
from doorstep.domain.invitation import Office
from doorstep.domain.policy import Policy
from web.hub.forms import HubForm
from web.hub.settings_durations import duration_in_words, read_duration

YES = "yes"
FOR_EVER = "for ever"
DURATIONS = (
    *("validity", "grace", "resend_cooldown", "reissue_window"),
    *("approval_reminder", "approval_escalation", "retention"),
)
SWITCHES = ("approval_required", "four_eyes", "account_required", "expired_holds_place", "fails_over")
OWN = (
    *("name", "region", "locale", "time_zone", "public_url", "sender"),
    *("help_email", "help_phone", "client_guide", "welcome_template"),
)
Required = Literal["name", "job", "roles", "email", "phone"]


class OfficeForm(HubForm):
    """What an office is called and where it is reached; `seen` is the edition that was on the page."""

    seen: str = ""
    name: str = ""
    region: str = ""
    locale: str = ""
    time_zone: str = ""
    public_url: str = ""
    sender: str = ""
    help_email: str = ""
    help_phone: str = ""
    client_guide: str = ""
    welcome_template: str = ""
    any_staff_invites: str = ""

    def own(self) -> dict[str, object]:
        """As the client API takes it."""
        return {name: getattr(self, name) for name in OWN} | {"any_staff_invites": self.any_staff_invites == YES}


class RulesForm(HubForm):
    """The rules of an office, durations in words."""

    seen: str = ""
    validity: str = ""
    grace: str = ""
    reminder_percent: str = ""
    resend_cooldown: str = ""
    reissue_window: str = ""
    approval_required: str = ""
    approval_reminder: str = ""
    approval_escalation: str = ""
    four_eyes: str = ""
    places_per_job: str = ""
    account_required: str = ""
    required_fields: tuple[Required, ...] = ()
    existing_users: Literal["grant", "consent"] = "grant"
    expired_holds_place: str = ""
    retention: str = ""
    fails_over: str = ""

    def rules(self) -> tuple[dict[str, object], dict[str, Invalid]]:
        """The rules that could be read, and what is wrong with the others."""
        rules: dict[str, object] = {name: getattr(self, name) == YES for name in SWITCHES}
        rules |= {"required_fields": tuple(dict.fromkeys(self.required_fields)), "existing_users": self.existing_users}
        faults: dict[str, Invalid] = {}
        for name in DURATIONS:
            typed = getattr(self, name)
            if name == "retention" and typed.casefold() in {"", FOR_EVER, "never"}:
                rules[name] = None
            elif (span := read_duration(typed)) is None:
                sentence = "Write a length of time, such as 24 hours, 90 seconds or 7 days."
                faults[name] = Invalid("duration", sentence, field=name)
            else:
                rules[name] = span
        for name, rule, part in (("reminder_percent", "reminder_share", 100), ("places_per_job", "places_per_job", 1)):
            number = _number(getattr(self, name))
            if number is None or (part == 1 and number % 1):
                faults[name] = Invalid("rule_number", "Write a number in digits.", field=name)
            else:
                rules[rule] = number / part if part > 1 else int(number)
        return rules, faults


def _number(text: str) -> float | None:
    plain = text.removesuffix("%").strip()
    is_number = plain.isascii() and plain.replace(".", "", 1).isdecimal() and len(plain) <= LONGEST_NUMBER
    return float(plain) if is_number else None


LONGEST_NUMBER = 12


def own_values(office: Office) -> dict[str, object]:
    """What stands in the fields of an office."""
    return {name: getattr(office, name) for name in (*OWN, "any_staff_invites")}


def rule_values(policy: Policy) -> dict[str, object]:
    """What stands in the fields of its rules."""
    values: dict[str, object] = {name: getattr(policy, name) for name in (*SWITCHES, "required_fields")}
    values |= {"existing_users": policy.existing_users, "places_per_job": policy.places_per_job}
    values["reminder_percent"] = f"{policy.reminder_share * 100:g}"
    return values | {name: _in_words(getattr(policy, name)) for name in DURATIONS}


def _in_words(span: timedelta | None) -> str:
    return FOR_EVER if span is None else duration_in_words(span)


def said_of(value: object) -> str:
    """A rule as a page says it, before and after a change."""
    match value:
        case bool():
            return "yes" if value else "no"
        case timedelta() | None:
            return _in_words(value)
        case tuple():
            return ", ".join(str(each) for each in value) or "nothing"
        case float():
            return f"{value * 100:g} %"
    return str(value)


def typed_values(form: Mapping[str, list[str]]) -> dict[str, object]:
    """What was typed, for the same fields again."""
    values: dict[str, object] = {name: each[-1].strip() for name, each in form.items()}
    switches = (*SWITCHES, "any_staff_invites")
    values |= {name: values.get(name) == YES for name in switches}
    return values | {"required_fields": tuple(form.get("required_fields", ()))}
