"""What an invitation waits for and since when, what was done so far, and what helps where nothing is wrong."""

from datetime import datetime
from shlex import quote

from doorstep.domain.addresses import address_key
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from starter.moments import age, on_the_clock

LINKS = {Message.INVITATION: "the invitation", Message.REMINDER: "the reminder"}
REQUESTS = {Message.APPROVAL_NEEDED: "the request to approve", Message.APPROVAL_REMINDER: "a reminder"}
NEWS = {Message.APPROVED: "the good news", Message.WELCOME_EXISTING: "the welcome"}
WENT_OUT = {
    State.PENDING: LINKS,
    State.EXPIRED: LINKS,
    State.AWAITING_APPROVAL: REQUESTS,
    State.ACTIVE: NEWS,
    State.REJECTED: {Message.REJECTED: "the refusal"},
}


def what_it_waits_for(invitation: Invitation, *, has_signed_in: bool = False) -> str:
    """One sentence: the state in words, and since when."""
    since = f"since {moment(invitation, invitation.since)} ({age(invitation.now - invitation.since)})"
    match invitation.state:
        case State.DRAFT:
            told = f"It has been a draft {since}; nothing was sent."
        case State.PENDING if any(each.is_unsent for each in invitation.of(Message.INVITATION)):
            told = f"It has waited {since} for the invitation to go out."
        case State.PENDING:
            told = f"It has waited {since} for the invitee to open the link, which dies at {_end(invitation)}."
        case State.AWAITING_APPROVAL:
            told = f"The user is set up, and it has waited {since} for {_whom(invitation)} to approve."
        case State.APPROVED:
            told = f"It has been approved {since} and waits for the account to be activated."
        case State.EXPIRED if invitation.closed_at is None:
            begin = moment(invitation, invitation.expired_at or invitation.since)
            told = f"The link expired unused at {begin}; it can be sent again until {_end(invitation)}."
        case State.ACTIVE if not has_signed_in:
            told = f"It has been active {since} and waits for the person to sign in for the first time."
        case state:
            told = f"It has been {state} {since}; it waits for nothing."
    return told


def what_was_done(invitation: Invitation) -> str:
    """One sentence: which messages went out, and when; empty where there is nothing to tell."""
    told: list[str] = []
    for message, name in WENT_OUT.get(invitation.state, {}).items():
        sent = [each.sent_at for each in invitation.of(message) if each.sent_at is not None]
        if sent:
            told.append(f"{name} {'' if told else 'went out '}at {moment(invitation, max(sent))}")
    sentence = " and ".join(told)
    if invitation.state is State.AWAITING_APPROVAL:
        overdue = f"it counts as overdue from {moment(invitation, overdue_at(invitation))} on"
        sentence = f"{sentence}; {overdue}" if sentence else overdue
    return f"{sentence[0].upper()}{sentence[1:]}." if sentence else ""


def what_helps(invitation: Invitation, *, has_signed_in: bool = False) -> tuple[str, ...]:
    """The command that moves it on where nothing is wrong."""
    match invitation.state:
        case State.DRAFT:
            return (f"doorstep send {invitation.id}",)
        case State.AWAITING_APPROVAL:
            return (approve_command(invitation),)
        case State.PENDING | State.EXPIRED if invitation.closed_at is None:
            return (f"doorstep resend {invitation.id}",)
        case State.ACTIVE if not has_signed_in:
            return (f"doorstep resend {invitation.id}",)
    return ()


def deciders(invitation: Invitation) -> tuple[str, ...]:
    """The office's present administrators who may decide; where four eyes are asked for, not the inviter."""
    approvers = invitation.office.approvers
    if not invitation.policy.four_eyes:
        return approvers
    return tuple(each for each in approvers if address_key(each) != address_key(invitation.invited_by))


def approve_command(invitation: Invitation) -> str:
    """What an administrator types to approve."""
    who = deciders(invitation)
    return f"doorstep approve {invitation.id} --as {quote(who[0]) if who else 'ADDRESS'}"


def overdue_at(invitation: Invitation) -> datetime:
    """When the decision counts as overdue."""
    return (invitation.set_up_at or invitation.since) + invitation.policy.approval_escalation


def moment(invitation: Invitation, at: datetime) -> str:
    """A moment on the clock of its office."""
    return on_the_clock(at, invitation.office.time_zone)


def _end(invitation: Invitation) -> str:
    """When the link dies, or when an expired one can no longer be sent again."""
    if invitation.state is State.EXPIRED:
        return moment(invitation, (invitation.expired_at or invitation.since) + invitation.policy.reissue_window)
    return moment(invitation, invitation.expires_at or invitation.since + invitation.policy.validity)


def _whom(invitation: Invitation) -> str:
    who = deciders(invitation)
    if not who:
        return "somebody"
    return who[0] if len(who) == 1 else f"one of {len(who)} username administrators, {' or '.join(who)},"
