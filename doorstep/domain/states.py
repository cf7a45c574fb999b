"""States of an invitation, the commands that move it, and which command each state allows.

The table is the one of the design; it is data here so that the guards of the store, the answers of `status` and the
documents cannot drift apart.
"""

from enum import StrEnum


class State(StrEnum):
    """Where an invitation stands."""

    DRAFT = "draft"
    PENDING = "pending"
    AWAITING_APPROVAL = "awaiting_approval"
    APPROVED = "approved"
    ACTIVE = "active"
    EXPIRED = "expired"
    REJECTED = "rejected"
    DECLINED = "declined"
    REVOKED = "revoked"
    ERASED = "erased"


class Command(StrEnum):
    """What somebody may ask of an invitation."""

    SEND = "send"
    SET_UP = "set_up"
    REQUEST_NEW_LINK = "request_new_link"
    RESEND = "resend"
    CHANGE_ADDRESS = "change_address"
    DECLINE = "decline"
    REVOKE = "revoke"
    APPROVE = "approve"
    REJECT = "reject"
    ERASE = "erase"


class Attention(StrEnum):
    """Flags that ask for a human; none of them is a state."""

    UNDELIVERABLE = "undeliverable"
    APPROVAL_OVERDUE = "approval_overdue"
    NO_APPROVER = "no_approver"
    ACTIVATION_FAILING = "activation_failing"


OPEN = frozenset({State.DRAFT, State.PENDING, State.AWAITING_APPROVAL, State.APPROVED, State.EXPIRED})
"""Not at an end: something can still happen. An expired one is open until its reissue window is over."""

HOLDS_A_PLACE = frozenset({State.PENDING, State.AWAITING_APPROVAL, State.APPROVED, State.ACTIVE})
"""What counts towards the places of a job (S2.4)."""

IN_THE_WAY = frozenset({State.DRAFT, State.PENDING, State.AWAITING_APPROVAL, State.APPROVED})
"""What answers a second invitation of the same person with itself (S1.19, S4.37)."""

_ALLOWED: dict[Command, frozenset[State]] = {
    Command.SEND: frozenset({State.DRAFT}),
    Command.SET_UP: frozenset({State.PENDING}),
    Command.REQUEST_NEW_LINK: frozenset({State.PENDING, State.EXPIRED}),
    Command.RESEND: frozenset({State.PENDING, State.EXPIRED}),
    Command.CHANGE_ADDRESS: frozenset({State.PENDING, State.EXPIRED}),
    Command.DECLINE: frozenset({State.PENDING, State.EXPIRED}),
    Command.REVOKE: frozenset({State.DRAFT, State.PENDING, State.EXPIRED, State.AWAITING_APPROVAL}),
    Command.APPROVE: frozenset({State.AWAITING_APPROVAL}),
    Command.REJECT: frozenset({State.AWAITING_APPROVAL}),
    Command.ERASE: frozenset(State) - {State.ERASED},
}


def states_that_allow(command: Command) -> frozenset[State]:
    """The states in which `command` can succeed."""
    return _ALLOWED[command]


def allowed_commands(state: State, *, is_closed: bool = False) -> tuple[Command, ...]:
    """The commands that can move on what is in `state`; none once an expired invitation is closed.

    An erasure is none of them: it is no step of an invitation, and can be asked for at any time.
    """
    if is_closed:
        return ()
    return tuple(command for command, states in _ALLOWED.items() if state in states and command is not Command.ERASE)
