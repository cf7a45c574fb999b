"""The options of `office set`: what an office is called, and its policy; each named as the field that it sets."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any

import typer

from doorstep.domain.policy import CONSENT, GRANT
from starter.commands.arguments import read_duration
from starter.commands.printing import NEVER

FOR_EVER = timedelta.max
"""What stands for a retention without an end while it is an option; None is one that was not typed."""


class RequiredField(StrEnum):
    """What an office may ask of each invitation; `none` asks for nothing again."""

    NAME = "name"
    JOB = "job"
    ROLES = "roles"
    EMAIL = "email"
    PHONE = "phone"
    NONE = "none"


class ExistingUsers(StrEnum):
    """What becomes of somebody who has a user already: let in and welcomed, or asked first."""

    GRANT = GRANT
    CONSENT = CONSENT


def read_retention(text: str) -> timedelta:
    """`90d`, or `never`.

    Raises:
        typer.BadParameter: for anything else.
    """
    return FOR_EVER if text == NEVER else read_duration(text)


OFFICE, HOW_LONG, INSISTS = "The office", "How long things take", "What it insists on"
"""Panels of `--help`, each with columns of its own: in one, the names would be cut in a terminal of 80 columns."""


def _text(help_text: str) -> Any:
    option = typer.Option(help=help_text, metavar="TEXT", show_default=False, rich_help_panel=OFFICE)
    return Annotated[str | None, option]


def _duration(help_text: str, reader: Callable[[str], timedelta] = read_duration) -> Any:
    option = typer.Option(
        help=help_text, metavar="DURATION", parser=reader, show_default=False, rich_help_panel=HOW_LONG
    )
    return Annotated[timedelta | None, option]


def _yes_or_no(flags: str, help_text: str) -> Any:
    # Without a blank for the kind of value, the names would be cut in a terminal of 80 columns.
    option = typer.Option(flags, help=help_text, metavar=" ", show_default=False, rich_help_panel=INSISTS)
    return Annotated[bool | None, option]


OWN: Mapping[str, object] = {
    "name": _text("What people read in mails and pages."),
    "region": _text("The country of numbers without a prefix, such as NZ."),
    "locale": _text("How dates are written, such as en_NZ."),
    "time_zone": _text("Whose clock the mails show, such as Pacific/Auckland."),
    "public_url": _text("Where its people reach the pages, if not at the common address."),
    "sender": _text("From of its mails, such as 'Kauri <hello@kauri.example>'."),
    "help_email": _text("Printed on pages and mails."),
    "help_phone": _text("Printed on pages and mails."),
    "client_guide": _text("A page that mails link to, such as https://kauri.example/guide; '' for none."),
    "welcome_template": _text("The welcome mail where an invitation names none; '' for the built-in one."),
    "any_staff_invites": _yes_or_no(
        "--any-staff-invites/--no-any-staff-invites", "Whether all of its staff may invite; at first no."
    ),
}

RULES: Mapping[str, object] = {
    "validity": _duration("How long a link lives; at first 24h."),
    "grace": _duration("How long a form that is open may still be sent after that; at first 0m."),
    "reminder_share": Annotated[
        float | None,
        typer.Option(
            min=0.05,
            max=1.0,
            metavar="SHARE",
            help="After which share of the validity to remind, 0.05 to 1; at first 0.5; 1: never.",
            show_default=False,
            rich_help_panel=HOW_LONG,
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
        typer.Option(
            min=1,
            max=1000,
            metavar="NUMBER",
            help="How many invitations a job has, 1 to 1000; at first 3.",
            show_default=False,
            rich_help_panel=OFFICE,
        ),
    ],
    "account_required": _yes_or_no(
        "--account-required/--no-account-required", "Whether an invitation needs an account; at first no."
    ),
    "required_fields": Annotated[
        list[RequiredField] | None,
        typer.Option(
            "--required-field",
            metavar="FIELD",
            help=f"What each invitation needs: {', '.join(RequiredField)}; repeat it for more.",
            show_default=False,
            rich_help_panel=OFFICE,
        ),
    ],
    "existing_users": Annotated[
        ExistingUsers | None,
        typer.Option(
            metavar="WHAT",
            help="Somebody with a user elsewhere: grant lets them in, consent asks them first; at first grant.",
            show_default=False,
            rich_help_panel=OFFICE,
        ),
    ],
    "expired_holds_place": _yes_or_no(
        "--expired-holds-place/--expired-frees-place", "Whether an expired one keeps its place; at first no."
    ),
    "fails_over": _yes_or_no(
        "--fails-over/--no-fails-over",
        "Whether an invitation that cannot be delivered goes to the person's other address; at first no.",
    ),
    "retention": _duration(
        "How long unanswered invitations are kept, or never to erase them; at first never.", read_retention
    ),
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
    if "existing_users" in rules:
        rules["existing_users"] = str(rules["existing_users"])
    if rules.get("retention") == FOR_EVER:
        rules["retention"] = None
    return rules
