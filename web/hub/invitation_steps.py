"""What somebody may do about an invitation now: the buttons that are there, and no others (S4.4)."""

from enum import StrEnum

from doorstep.domain.authority import Authority, Right
from doorstep.domain.invitation import Invitation
from doorstep.domain.states import Command, State, allowed_commands


class Step(StrEnum):
    """A button on the page of an invitation; the name is the end of its address."""

    SEND = "send"
    RESEND = "resend"
    READDRESS = "readdress"
    REVOKE = "revoke"
    REMIND = "remind"
    LINK = "link"
    RESTART = "restart"
    ERASE = "erase"


RIGHTS = dict.fromkeys(Step, Right.INVITE) | {Step.LINK: Right.LINK, Step.ERASE: Right.ERASE}
"""What each takes; the client API decides."""

BY_COMMAND = {
    Command.SEND: Step.SEND,
    Command.RESEND: Step.RESEND,
    Command.CHANGE_ADDRESS: Step.READDRESS,
    Command.REVOKE: Step.REVOKE,
}


def steps(
    who: Authority, invitation: Invitation, *, has_signed_in: bool = True, is_lost: bool = False
) -> frozenset[Step]:
    """The steps that `who` may take.

    Args:
        who: the rights of whoever looks.
        invitation: as it stands.
        has_signed_in: the person has been there, so that nothing can be taken back any more (S2.10).
        is_lost: its workflow does not run.
    """
    accounts = [account.id for account in invitation.accounts]
    now = _open_to(invitation, has_signed_in=has_signed_in) | ({Step.RESTART} if is_lost else set())
    return frozenset(step for step in now if who.covers(RIGHTS[step], accounts))


def _open_to(invitation: Invitation, *, has_signed_in: bool) -> set[Step]:
    """What the state allows, whoever asks."""
    commands = allowed_commands(invitation.state, is_closed=invitation.closed_at is not None)
    found = {BY_COMMAND[command] for command in commands if command in BY_COMMAND}
    match invitation.state:
        case State.PENDING if invitation.expires_at is not None and invitation.now < invitation.expires_at:
            found.add(Step.LINK)
        case State.AWAITING_APPROVAL if invitation.office.approvers and not invitation.is_nudged:
            found.add(Step.REMIND)
        case State.ACTIVE if not has_signed_in and invitation.user_id is not None:
            found |= {Step.RESEND, Step.REVOKE}
    return found | (set() if invitation.state is State.ERASED else {Step.ERASE})
