"""The options of `office set`: what an office is called, and its policy; each named as the field that it sets."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any

import typer

from starter.commands.arguments import read_duration


class RequiredField(StrEnum):
    """What an office may ask of each invitation; `none` asks for nothing again."""

    NAME = "name"
    JOB = "job"
    ROLES = "roles"
    NONE = "none"


def _text(help_text: str) -> Any:
    return Annotated[str | None, typer.Option(help=help_text, metavar="TEXT", show_default=False)]


def _duration(help_text: str) -> Any:
    option = typer.Option(help=help_text, metavar="DURATION", parser=read_duration, show_default=False)
    return Annotated[timedelta | None, option]


def _yes_or_no(flags: str, help_text: str) -> Any:
    return Annotated[bool | None, typer.Option(flags, help=help_text, show_default=False)]


OWN: Mapping[str, object] = {
    "name": _text("What people read in mails and pages."),
    "region": _text("The country of numbers without a prefix, such as NZ."),
    "locale": _text("How dates are written, such as en_NZ."),
    "time_zone": _text("Whose clock the mails show, such as Pacific/Auckland."),
    "public_url": _text("Where its people reach the pages, if not at the common address."),
    "sender": _text("From of its mails, such as 'Kauri <hello@kauri.example>'."),
    "help_email": _text("Printed on pages and mails."),
    "help_phone": _text("Printed on pages and mails."),
}

RULES: Mapping[str, object] = {
    "validity": _duration("How long a link lives; at first 24h."),
    "grace": _duration("How long a form that is open may still be sent after that; at first 0m."),
    "reminder_share": Annotated[
        float | None,
        typer.Option(
            min=0.05,
            max=1.0,
            help="After which share of the validity to remind; at first 0.5; 1: never.",
            show_default=False,
        ),
    ],
    "resend_cooldown": _duration("The least time between two links; at first 60s."),
    "reissue_window": _duration("How long an expired invitation can be sent again; at first 7d."),
    "approval_required": _yes_or_no("--approval/--no-approval", "Whether an administrator approves; at first yes."),
    "approval_reminder": _duration("When the administrators are reminded; at first 24h."),
    "approval_escalation": _duration("When a decision is overdue; at first 72h."),
    "four_eyes": _yes_or_no("--four-eyes/--no-four-eyes", "Whether the inviter may not decide; at first no."),
    "places_per_job": Annotated[
        int | None,
        typer.Option(min=1, max=1000, help="How many invitations a job has; at first 3.", show_default=False),
    ],
    "account_required": _yes_or_no(
        "--account-required/--no-account-required", "Whether an invitation needs an account; at first no."
    ),
    "required_fields": Annotated[
        list[RequiredField] | None,
        typer.Option("--required-field", help="What each invitation needs; repeat it for more.", show_default=False),
    ],
}


def given(options: Mapping[str, object], names: Mapping[str, object]) -> dict[str, Any]:
    """The options that were typed, out of `names`."""
    return {name: options[name] for name in names if options[name] is not None}


def rules_of(options: Mapping[str, object]) -> dict[str, object]:
    """The rules of the policy that were typed."""
    rules = given(options, RULES)
    if "required_fields" in rules:
        asked = dict.fromkeys(str(each) for each in rules["required_fields"])
        rules["required_fields"] = tuple(name for name in asked if name != RequiredField.NONE)
    return rules
