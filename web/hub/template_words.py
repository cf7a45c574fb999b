"""What the pages about templates say of each message: who gets it and when, and why the text of some is ours alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from babel import Locale

from doorstep.domain.messages import Message
from doorstep.domain.templates import Template, TemplateVersion
from doorstep.mail.moments import TRANSLATED

GOES_TO: Mapping[Message, str] = {
    Message.INVITATION: "The invitee, with the link to set up a user",
    Message.REMINDER: "The invitee, before the link ends",
    Message.SET_UP_RECEIVED: "The invitee, after the set-up",
    Message.APPROVAL_NEEDED: "The username administrators, when somebody waits for a decision",
    Message.APPROVAL_REMINDER: "The username administrators, when nobody has decided yet",
    Message.APPROVAL_ESCALATION: "The username administrators, when a decision is overdue",
    Message.APPROVED: "The user, after the approval",
    Message.WELCOME: "The user, as a welcome",
    Message.WELCOME_EXISTING: "Somebody who had a user already, as a welcome",
    Message.SET_PASSWORD: "A user whom staff added, with the link to set the passwords",
    Message.REJECTED: "The invitee, where they are told of a refusal",
    Message.DECLINED_NOTICE: "Whoever invited somebody who declined",
    Message.READDRESSED_NOTICE: "The address before, when an invitation goes to another one",
    Message.BOUNCE_NOTICE: "Whoever invited, when an invitation cannot be delivered",
    Message.PASSWORD_RESET: "A user who forgot the password",
    Message.PASSWORD_CHANGED: "A user whose password was changed",
    Message.WEBHOOK_DISABLED: "The owner of a webhook that was turned off",
    Message.STAFF_LINK: "Staff and username administrators, with the link to the Team Hub",
    Message.STAFF_CODE_OFF: "Somebody on the staff, when their one-time code was taken away",
}
WITH_A_LINK = frozenset({Message.INVITATION, Message.SET_PASSWORD, Message.PASSWORD_RESET, Message.STAFF_LINK})
LOCKED_LINK = "Locked: its link is how somebody gets in, so its words are the same for every office."
LOCKED_SAFETY = "Locked: it says what keeps people safe, so its words are the same for every office."


@dataclass(frozen=True)
class Language:
    """A language that a text can be in, and what the office wrote in it: `number` of the version, 0 for nothing."""

    code: str
    name: str
    number: int


def why_locked(template: Template) -> str:
    """Why nobody changes it (S2.16); empty for one that an office may write."""
    if not template.is_locked:
        return ""
    return LOCKED_LINK if template.message in WITH_A_LINK else LOCKED_SAFETY


def language_name(code: str) -> str:
    """What a language is called in English."""
    return str(Locale.parse(code).get_display_name("en"))


def languages(texts: Iterable[TemplateVersion], *more: str) -> list[Language]:
    """Those that an office wrote in, ours, and `more`, in the order of their names."""
    written = {each.locale: each.number for each in texts if each.text is not None}
    codes = sorted({*written, *TRANSLATED, *more}, key=language_name)
    return [Language(code, language_name(code), written.get(code, 0)) for code in codes]
